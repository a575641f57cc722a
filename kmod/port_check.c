// SPDX-License-Identifier: GPL-2.0
/*
 * Whether a device can be a port: the end of a wire, whose frames nobody else has.
 *
 * What is taken although it is no card: veth, tun in its mode tap, tunnels for Ethernet frames
 * (VXLAN, GRE, Geneve), VLAN devices, MACsec, the ports of a DSA switch, bond and team. All of them
 * hand up what a wire or a tunnel carries, and send what they are given; what is below them is
 * looked at as well, as far as the kernel knows it.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/if_arp.h>
#include <linux/if_vlan.h>
#include <linux/rtnetlink.h>
#include <net/dsa.h>
#include "port.h"
#include "port_offloads.h"
#include "tap.h"

static bool is_modem(const struct net_device *dev)
{
	return dev->dev.type && !strcmp(dev->dev.type->name, "wwan");
}

static int check_ethernet(const struct net_device *dev)
{
	if (dev->flags & IFF_LOOPBACK) {
		pr_err("%s is the loopback: a port must be an Ethernet device\n", dev->name);
		return -EINVAL;
	}
	if (dev->type != ARPHRD_ETHER || dev->hard_header_len < ETH_HLEN || is_modem(dev)) {
		pr_err("%s is not Ethernet (type %u): a port must be\n", dev->name, dev->type);
		return -EINVAL;
	}
	return 0;
}

/*
 * What of a wire's frames a device does not hand up, or does not send as they are. ipvlan and VRF
 * have no rx_handler at all.
 */
static const char *shortcoming(const struct net_device *dev)
{
	if (netif_is_bridge_master(dev))
		return "is a bridge, which floods, filters and learns";
	if (netif_is_macvlan(dev))
		return "is a macvlan, which sees frames for its own address only";
	if (dev->priv_flags & IFF_NO_RX_HANDLER)
		return "hands its frames to IP alone (VRF or ipvlan?)";
	if (dev->priv_flags & IFF_DONT_BRIDGE)
		return "cannot send frames of others (Wi-Fi?)";
	return NULL;
}

static int check_wire(const struct net_device *dev)
{
	const char *reason = shortcoming(dev);

	if (!reason)
		return 0;
	pr_err("%s %s: a port must be the end of a wire\n", dev->name, reason);
	return -EOPNOTSUPP;
}

/* Who has the device, for the message: its master, or what is stacked on it. */
static const char *owner(struct net_device *dev)
{
	struct net_device *upper = netdev_master_upper_dev_get(dev);
	struct list_head *iter = &dev->adj_list.upper;

	if (upper)
		return upper->name;
	rcu_read_lock();
	upper = netdev_upper_get_next_dev_rcu(dev, &iter);
	rcu_read_unlock();
	return upper ? upper->name : "another module";
}

static const char *owner_kind(const struct net_device *dev)
{
	if (netif_is_bridge_port(dev))
		return "bridge";
	if (netif_is_bond_slave(dev))
		return "bond";
	if (netif_is_team_port(dev))
		return "team";
	if (netif_is_macvlan_port(dev))
		return "macvlan";
	if (netif_is_ovs_port(dev))
		return "Open vSwitch";
	if (netif_is_l3_slave(dev))
		return "VRF";
	return "device";
}

/* Frames that others take before the handler sees them. */
static int check_takers(const struct net_device *dev)
{
	if (netdev_uses_dsa(dev)) {
		pr_err("%s leads to a switch (DSA), whose ports would lose their frames: tap one of these\n",
		       dev->name);
		return -EBUSY;
	}
	if (vlan_uses_dev(dev)) {
		pr_err("%s has a VLAN device on it, which would take its frames: delete that first\n",
		       dev->name);
		return -EBUSY;
	}
	return 0;
}

static int check_owner(struct net_device *dev)
{
	const struct softtap_port *other = softtap_port_of(dev);

	if (other) {
		pr_err("%s is already port %c of %s\n", dev->name, 'a' + other->index,
		       other->tap->name);
		return -EBUSY;
	}
	if (netdev_is_rx_handler_busy(dev) || netdev_has_any_upper_dev(dev)) {
		pr_err("%s is in use by %s %s: take it out of there first\n",
		       dev->name, owner_kind(dev), owner(dev));
		return -EBUSY;
	}
	return 0;
}

/**
 * softtap_port_check - see whether a device can be a port
 * @dev: any device
 *
 * Logs one line when it refuses.
 *
 * Context: RTNL.
 * Return: 0, -EINVAL (not Ethernet), -EBUSY (somebody else's), -EOPNOTSUPP (does not hand up or
 * send frames as a wire carries them).
 */
int softtap_port_check(struct net_device *dev)
{
	int err = check_ethernet(dev);

	if (!err)
		err = check_wire(dev);
	if (!err)
		err = check_takers(dev);
	if (!err)
		err = check_owner(dev);
	return err ?: softtap_offloads_check(dev);
}
