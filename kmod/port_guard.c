// SPDX-License-Identifier: GPL-2.0
/*
 * The guard: what the host itself has to say does not leave by a port.
 *
 * A netfilter hook looks at all that enters the device's transmit path (__dev_queue_xmit(), and
 * packet_direct_xmit() or packet_xmit() for packet sockets that pass by the qdisc) and stops it.
 * The tap's own frames have a mark by which they pass all such hooks (transmit.c). What takes no
 * such path is not seen: see softtap(4).
 */
#include <linux/netdevice.h>
#include <linux/netfilter.h>
#include <linux/rtnetlink.h>
#include "compat/compat.h"
#include "counters.h"
#include "frame.h"
#include "port.h"
#include "port_guard.h"

#if SOFTTAP_HAS_EGRESS_MARK
/* Packet sockets that pass by the qdisc come here with softirqs enabled. */
static unsigned int stop_frame(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	const struct softtap_port *port = priv;
	struct softtap_load load = softtap_load_of(skb, 0);
	struct softtap_counters *counters;

	local_bh_disable();
	counters = this_cpu_ptr(port->counters);
	u64_stats_update_begin(&counters->sync);
	u64_stats_add(&counters->blocked_frames, load.frames);
	u64_stats_update_end(&counters->sync);
	local_bh_enable();
	return NF_DROP;
}

static int register_hook(struct softtap_port *port, struct net_device *dev)
{
	port->guard = (struct nf_hook_ops) {
		.hook = stop_frame,
		.dev = dev,
		.priv = port,
		.pf = NFPROTO_NETDEV,
		.hooknum = NF_NETDEV_EGRESS,
		.priority = INT_MIN,
	};
	return nf_register_net_hook(dev_net(dev), &port->guard);
}

static void unregister_hook(struct softtap_port *port)
{
	nf_unregister_net_hook(dev_net(port->guard.dev), &port->guard);
}
#else
static int register_hook(struct softtap_port *port, struct net_device *dev)
{
	return -EOPNOTSUPP;
}

static void unregister_hook(struct softtap_port *port)
{
}
#endif

/**
 * softtap_guard_supported - see whether this kernel has what the guard needs
 *
 * Context: any.
 * Return: whether there is an egress hook, and a mark by which frames pass it.
 */
bool softtap_guard_supported(void)
{
	return SOFTTAP_HAS_EGRESS_MARK;
}

/**
 * softtap_guard_arm - stop what the host sends out of a port
 * @port: where; nothing happens when its guard is armed
 * @dev: its device
 *
 * Context: RTNL.
 * Return: 0 or a negative errno.
 */
int softtap_guard_arm(struct softtap_port *port, struct net_device *dev)
{
	int err;

	ASSERT_RTNL();
	if (port->guarded)
		return 0;
	err = register_hook(port, dev);
	port->guarded = !err;
	return err;
}

/**
 * softtap_guard_disarm - let the host send again
 * @port: where; nothing happens when its guard is not armed
 *
 * Context: RTNL; sleeps for a grace period, after which nobody counts for the port.
 */
void softtap_guard_disarm(struct softtap_port *port)
{
	ASSERT_RTNL();
	if (!port->guarded)
		return;
	unregister_hook(port);
	synchronize_net();
	port->guarded = false;
}
