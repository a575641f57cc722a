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
#include "offloads.h"
#include "port.h"

/* What merges, and what only changes how GRO does it. */
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
 * softtap_offloads_take - turn off what merges frames, and remember what that was
 * @port: attached
 *
 * Context: RTNL. Calls the notifier once more, which then finds nothing to do.
 */
void softtap_offloads_take(struct softtap_port *port)
{
	struct net_device *dev = rtnl_dereference(port->dev);
	netdev_features_t wanted = dev->wanted_features & MERGING_FEATURES;

	if (!wanted)
		return;
	port->offloads |= wanted;
	dev->wanted_features &= ~wanted;
	netdev_update_features(dev);
	if (dev->features & MERGING)
		netdev_warn(dev, "softtap: offloads that merge frames cannot be turned off: %pNF\n",
			    &dev->features);
}

/**
 * softtap_offloads_give_back - undo softtap_offloads_take()
 * @port: no longer attached
 * @dev: to it
 *
 * Context: RTNL.
 */
void softtap_offloads_give_back(struct softtap_port *port, struct net_device *dev)
{
	dev->wanted_features |= port->offloads;
	port->offloads = 0;
	netdev_update_features(dev);
}
