// SPDX-License-Identifier: GPL-2.0
/*
 * Offloads that merge frames before the handler sees them.
 *
 * They are off on a port. Below a port that is put together of others (bond, team, VLAN) they must
 * be off, too, as it is the lowest device that merges; but nobody changes a device there but its
 * owner.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/rtnetlink.h>
#include "compat/compat.h"
#include "port.h"
#include "port_bad_frames.h"
#include "port_offloads.h"

/* What merges, and what changes how GRO does it. */
#define MERGING			(NETIF_F_GRO | NETIF_F_GRO_HW | NETIF_F_LRO)
#define MERGING_FEATURES	(MERGING | NETIF_F_GRO_FRAGLIST | NETIF_F_GRO_UDP_FWD)

#define ADVICE_MAX	64

/* What turns it off. */
static void advise(char advice[ADVICE_MAX], const struct net_device *lower)
{
	snprintf(advice, ADVICE_MAX, "ethtool -K %s%s%s%s", lower->name,
		 lower->features & NETIF_F_GRO ? " gro off" : "",
		 lower->features & NETIF_F_GRO_HW ? " rx-gro-hw off" : "",
		 lower->features & NETIF_F_LRO ? " lro off" : "");
}

/**
 * softtap_offloads_merge - see whether a device merges frames
 * @dev: any device
 *
 * Context: RTNL.
 */
bool softtap_offloads_merge(const struct net_device *dev)
{
	return dev->features & MERGING;
}

static int stop_at_merging(struct net_device *dev, struct netdev_nested_priv *priv)
{
	if (!softtap_offloads_merge(dev))
		return 0;
	priv->data = dev;
	return 1;
}

/**
 * softtap_offloads_find_below - find a device that merges frames
 * @dev: any device
 *
 * Context: RTNL.
 * Return: the first one of those below @dev, or NULL.
 */
struct net_device *softtap_offloads_find_below(struct net_device *dev)
{
	struct netdev_nested_priv priv = { };

	netdev_walk_all_lower_dev(dev, stop_at_merging, &priv);
	return priv.data;
}

/**
 * softtap_offloads_check - see whether anything below a device merges frames
 * @dev: is to be a port
 *
 * Logs one line when it refuses.
 *
 * Context: RTNL.
 * Return: 0 or -EOPNOTSUPP.
 */
int softtap_offloads_check(struct net_device *dev)
{
	const struct net_device *lower = softtap_offloads_find_below(dev);
	char advice[ADVICE_MAX];

	if (!lower)
		return 0;
	advise(advice, lower);
	pr_err("%s: %s below it merges frames: %s first\n", dev->name, lower->name, advice);
	return -EOPNOTSUPP;
}

/**
 * softtap_offloads_warn - say that a device below a port merges frames
 * @dev: the port's
 * @lower: does
 *
 * Context: RTNL.
 */
void softtap_offloads_warn(const struct net_device *dev, const struct net_device *lower)
{
	char advice[ADVICE_MAX];

	advise(advice, lower);
	netdev_warn(dev, "softtap: %s below it merges frames: what passes may not be what came: %s\n",
		    lower->name, advice);
}

/**
 * softtap_offloads_take - turn off what merges frames, so that nobody turns it on
 * @port: attached
 *
 * What hands up broken frames is turned on, if that is wanted, so that nobody turns it off. Both
 * are taken out of dev->hw_features as well ("off [fixed]" to ethtool), as far as they are right:
 * whoever changes his mind about it meanwhile is told that he cannot, rather than that he could. In
 * dev->wanted_features alone it cannot stay, as drivers look at that (veth_open()).
 *
 * Context: RTNL, and the device's own lock. Calls the notifier once more, which then finds nothing
 * to do.
 */
void softtap_offloads_take(struct softtap_port *port)
{
	struct net_device *dev = rtnl_dereference(port->dev);
	netdev_features_t wanted = dev->wanted_features & MERGING_FEATURES;
	netdev_features_t missing = softtap_bad_frames_features(port) & ~dev->features;
	netdev_features_t changeable;

	if (wanted | missing) {
		port->offloads |= wanted;
		port->switched_on |= missing & ~dev->wanted_features;
		dev->wanted_features &= ~wanted;
		dev->wanted_features |= missing;
		netdev_update_features(dev);
		if (softtap_offloads_merge(dev))
			netdev_warn(dev, "softtap: offloads that merge frames cannot be turned off: %pNF\n",
				    &dev->features);
	}
	softtap_bad_frames_settle(port);
	changeable = dev->hw_features & MERGING_FEATURES & ~dev->features;
	changeable |= dev->hw_features & softtap_bad_frames_features(port) & dev->features;
	port->changeable |= changeable;
	dev->hw_features &= ~changeable;
}

/**
 * softtap_offloads_give_back - undo softtap_offloads_take()
 * @port: no longer attached
 * @dev: to it
 *
 * Of a device that is being taken away the driver is asked for nothing any more.
 *
 * Context: RTNL, but not the device's own lock.
 */
void softtap_offloads_give_back(struct softtap_port *port, struct net_device *dev)
{
	netdev_lock_ops(dev);
	dev->hw_features |= port->changeable;
	dev->wanted_features |= port->offloads;
	dev->wanted_features &= ~port->switched_on;
	port->changeable = 0;
	port->offloads = 0;
	port->switched_on = 0;
	if (dev->reg_state == NETREG_REGISTERED)
		netdev_update_features(dev);
	netdev_unlock_ops(dev);
}
