/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _SOFTTAP_FRAME_H
#define _SOFTTAP_FRAME_H

#include <linux/if_vlan.h>
#include <linux/skbuff.h>

/**
 * struct softtap_load - what an skb amounts to on a wire
 * @frames: 1, or a GSO super-frame's segments
 * @bytes: of those frames, without FCS, VLAN tags included
 */
struct softtap_load {
	u32 frames;
	u32 bytes;
};

struct softtap_load softtap_load_gso(const struct sk_buff *skb, u32 pulled);

/**
 * softtap_vlan_len - bytes of the VLAN tag that is in the skb's metadata
 * @skb: any
 *
 * Return: 4 or 0.
 */
static inline u32 softtap_vlan_len(const struct sk_buff *skb)
{
	return skb_vlan_tag_present(skb) ? VLAN_HLEN : 0;
}

/**
 * softtap_load_of - count the frames of an skb
 * @skb: any
 * @pulled: bytes of the frame before its data: ETH_HLEN on receive, 0 on transmit
 *
 * Context: any.
 * Return: see struct softtap_load.
 */
static inline struct softtap_load softtap_load_of(const struct sk_buff *skb, u32 pulled)
{
	if (unlikely(skb_is_gso(skb)))
		return softtap_load_gso(skb, pulled);
	return (struct softtap_load) {
		.frames = 1,
		.bytes = skb->len + pulled + softtap_vlan_len(skb),
	};
}

#endif /* _SOFTTAP_FRAME_H */
