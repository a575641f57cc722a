// SPDX-License-Identifier: GPL-2.0
/*
 * The frame check sequence of a frame that came up with it (NETIF_F_RXFCS).
 *
 * What is right and wrong with a frame is in IEEE 802.3: 3.2.9 the FCS, 3.2.7 and 4.2.3.3 the
 * shortest frame, 3.4 an invalid one.
 */
#include <linux/crc32.h>
#include <linux/if_vlan.h>
#include <linux/netdevice.h>
#include "compat/compat.h"
#include "frame.h"
#include "frame_fcs.h"
#include "softtap.h"

#define CRC_RESIDUE	0xdebb20e3	/* of a frame and its FCS, as crc32_le() has it */

static u32 crc_of_head(const struct sk_buff *skb)
{
	const __be16 tag[] = { skb->vlan_proto, htons(skb_vlan_tag_get(skb)) };
	const u8 *head = skb->data - ETH_HLEN;
	u32 crc = crc32_le(~0, head, 2 * ETH_ALEN);

	if (skb_vlan_tag_present(skb))
		crc = crc32_le(crc, (const u8 *)tag, sizeof(tag));
	return crc32_le(crc, head + 2 * ETH_ALEN, ETH_HLEN - 2 * ETH_ALEN);
}

static bool is_right(struct sk_buff *skb)
{
	u32 crc = crc_of_head(skb), done = 0, n;
	struct skb_seq_state state;
	const u8 *piece;

	skb_prepare_seq_read(skb, 0, skb->len, &state);
	while ((n = skb_seq_read(done, &piece, &state))) {
		crc = crc32_le(crc, piece, n);
		done += n;
	}
	return crc == CRC_RESIDUE;
}

/* Which has @length bytes on the wire. */
static u32 errors_of(const struct sk_buff *skb, u32 length, bool right)
{
	u32 longest = READ_ONCE(skb->dev->mtu) + ETH_HLEN + 2 * VLAN_HLEN + ETH_FCS_LEN;

	return (right ? 0 : SOFTTAP_EPB_ERROR_CRC) |
	       (length < ETH_ZLEN + ETH_FCS_LEN ? SOFTTAP_EPB_ERROR_SHORT : 0) |
	       (length > longest ? SOFTTAP_EPB_ERROR_LONG : 0);
}

/**
 * softtap_fcs_take - take the FCS out of a frame
 * @skb: with its data at the network header, not shared; no super-frame
 * @certain: it has one; where it is not, a frame that the FCS does not fit has none
 * @fcs: is filled
 *
 * Context: softirq.
 * Return: 0, or -ENOMEM: then it is still in there.
 */
int softtap_fcs_take(struct sk_buff *skb, bool certain, struct softtap_fcs *fcs)
{
	u32 length = skb->len + ETH_HLEN + softtap_vlan_len(skb);
	bool right = !softtap_frags_readable(skb) || is_right(skb);

	*fcs = (struct softtap_fcs){ };
	if (!right && !certain)
		return 0;
	fcs->errors = errors_of(skb, length, right);
	if (skb->len < ETH_FCS_LEN)	/* broken off before */
		return 0;
	fcs->length = ETH_FCS_LEN;
	if (softtap_frags_readable(skb))
		skb_copy_bits(skb, skb->len - ETH_FCS_LEN, &fcs->value, ETH_FCS_LEN);
	return pskb_trim(skb, skb->len - ETH_FCS_LEN);
}

/**
 * softtap_fcs_put_back - make a frame what it was on the wire
 * @skb: with its data at the MAC header; consumed when there is no memory
 * @fcs: what softtap_fcs_take() took
 *
 * Context: softirq.
 * Return: the frame, to be sent without another FCS; or NULL.
 */
struct sk_buff *softtap_fcs_put_back(struct sk_buff *skb, const struct softtap_fcs *fcs)
{
	if (skb_vlan_tag_present(skb))
		skb = __vlan_hwaccel_push_inside(skb);
	if (!skb)
		return NULL;
	if (skb_linearize(skb) ||
	    ((skb_cloned(skb) || skb_tailroom(skb) < fcs->length) &&
	     pskb_expand_head(skb, 0, fcs->length, GFP_ATOMIC))) {
		kfree_skb(skb);
		return NULL;
	}
	skb_put_data(skb, &fcs->value, fcs->length);
	skb->no_fcs = 1;
	return skb;
}
