/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _SOFTTAP_FORWARD_H
#define _SOFTTAP_FORWARD_H

#include <linux/if_vlan.h>
#include <linux/netdevice.h>
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

rx_handler_result_t softtap_handle_frame(struct sk_buff **pskb);

#endif /* _SOFTTAP_FORWARD_H */
