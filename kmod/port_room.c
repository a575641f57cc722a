// SPDX-License-Identifier: GPL-2.0
/*
 * Whether the largest super-frame that a port can hand up has room in a CPU's buffer. With policy
 * record, one that has none is held back however often it is sent, and its connection hangs.
 *
 * What it takes is the records of its segments. How small these are nobody knows before: they are
 * taken to be as small as hosts send when the other one says nothing (RFC 9293, 3.7.1). Those that
 * are smaller still, and have no room, are told of when they come (capture.c).
 *
 * A frame that is none has room in any sub-buffer, see SUBBUF_KB_MIN in settings.c.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/if_vlan.h>
#include <linux/rtnetlink.h>
#include <net/rtnetlink.h>
#include "compat/compat.h"
#include "port_offloads.h"
#include "port_room.h"
#include "tap.h"

#define SEGMENT_PAYLOAD	536
#define SEGMENT_HEADERS	(ETH_HLEN + 2 * VLAN_HLEN + 40 + 20)	/* IPv6, TCP without options */

static u32 largest_by(const struct net_device *dev)
{
	u32 largest = max(READ_ONCE(dev->gso_max_size), READ_ONCE(dev->gro_max_size));

	return max(largest, softtap_ipv4_max_size(dev));
}

/* The device that a virtual one leads to, in whatever namespace: a veth's peer. Or @dev itself. */
static const struct net_device *other_end(struct net_device *dev)
{
	const struct rtnl_link_ops *ops = dev->rtnl_link_ops;
	struct net *net = ops && ops->get_link_net ? ops->get_link_net(dev) : dev_net(dev);

	return __dev_get_by_index(net, dev_get_iflink(dev)) ?: dev;
}

/*
 * Bytes of the largest super-frame that a device can hand up, 0 for none. A card that merges
 * nothing hands up what came; a virtual device what was given to its other end.
 */
static u32 largest_of(struct net_device *dev)
{
	if (dev->dev.parent && !softtap_offloads_merge(dev))
		return 0;
	return max(largest_by(dev), largest_by(other_end(dev)));
}

/* Sub-buffers a CPU that always have room for it: of one perhaps nothing is left. */
static u32 subbufs_for(const struct softtap_channel *channel, u32 bytes, u32 snaplen)
{
	u32 captured = min_not_zero(snaplen, (u32)(SEGMENT_HEADERS + SEGMENT_PAYLOAD));
	u32 record = SOFTTAP_EPB_OVERHEAD + ALIGN(captured, 4);
	u32 records = (channel->subbuf_size - SOFTTAP_FILLER_MIN) / record;

	return DIV_ROUND_UP(DIV_ROUND_UP(bytes, SEGMENT_PAYLOAD), records) + 1;
}

/* Sets what would do. Return: bytes of the largest super-frame if there may be no room, or 0. */
static u32 too_large(const struct softtap_tap *tap, struct net_device *dev, u32 snaplen,
		     u32 *subbufs)
{
	const struct softtap_channel *channel = tap->channel;
	u32 largest = largest_of(dev);

	*subbufs = subbufs_for(channel, largest, snaplen);
	return *subbufs > channel->buffer_size / channel->subbuf_size ? largest : 0;
}

/**
 * softtap_room_check - see whether super-frames of a tap's ports have room
 * @tap: a tap; only the ports that have a device are looked at
 * @policy: that is to be its policy
 * @snaplen: that is to be its limit, 0 for none
 *
 * Logs one line when it refuses.
 *
 * Context: RTNL.
 * Return: 0, or -EINVAL when with policy record some might be held back for ever.
 */
int softtap_room_check(const struct softtap_tap *tap, enum softtap_policy policy, u32 snaplen)
{
	unsigned int i;

	for (i = 0; i < tap->ports && policy == SOFTTAP_POLICY_RECORD; i++) {
		struct net_device *dev = rtnl_dereference(tap->port[i].dev);
		u32 subbufs, bytes = dev ? too_large(tap, dev, snaplen, &subbufs) : 0;

		if (!bytes)
			continue;
		pr_err("policy record: a frame of %u bytes, as %s can hand up (gso_max_size), would be held back for ever: subbufs=%u would do\n",
		       bytes, dev->name, subbufs);
		return -EINVAL;
	}
	return 0;
}

/**
 * softtap_room_warn - say when super-frames of a port may have no room any more
 * @port: attached; something about its device has changed
 *
 * Once for a size.
 *
 * Context: RTNL.
 */
void softtap_room_warn(struct softtap_port *port)
{
	const struct softtap_channel *channel = port->tap->channel;
	struct net_device *dev = rtnl_dereference(port->dev);
	u32 subbufs, bytes;

	if (READ_ONCE(channel->recording.policy) != SOFTTAP_POLICY_RECORD)
		return;
	bytes = too_large(port->tap, dev, READ_ONCE(channel->recording.snaplen), &subbufs);
	if (bytes && bytes != port->too_large)
		netdev_warn(dev, "softtap: policy record: a frame of %u bytes, as it can hand up now (gso_max_size), would be held back for ever: make the tap with subbufs=%u\n",
			    bytes, subbufs);
	port->too_large = bytes;
}
