// SPDX-License-Identifier: GPL-2.0
/*
 * A digest of an skb: all its bytes, used or not, and what forwarding looks at.
 *
 * Not in it: what cloning changes for good (the bit that says so) or for a while (reference
 * counts), and the control block, which belongs to whoever has the skb.
 */
#include <linux/highmem.h>
#include <linux/if_vlan.h>
#include <linux/jhash.h>
#include <linux/skbuff.h>
#include "skbwatch.h"

/* A hash of the kernel's that is in its headers: not all configurations have a better one. */
static u64 add(const void *data, u32 length, u64 digest)
{
	return (u64)jhash(data, length, (u32)digest) << 32 | jhash(data, length, digest >> 32);
}

/* What is said of the bytes; padding is zeroed. */
struct facts {
	const void *head, *data, *dev;
	u32 len, data_len, tail, end, truesize;
	u32 hash, priority, mark, csum;
	u16 mac_header, network_header, transport_header, mac_len;
	u16 inner_mac_header, inner_network_header, inner_transport_header;
	u16 queue_mapping, vlan_tci, protocol, vlan_proto, inner_protocol;
	u16 gso_size, gso_segs;
	u32 gso_type;
	u8 pkt_type, ip_summed, csum_level, encapsulation, nr_frags, tx_flags, ignore_df, nf_skip;
};

static void collect(struct facts *facts, const struct sk_buff *skb)
{
	const struct skb_shared_info *shared = skb_shinfo(skb);

	memset(facts, 0, sizeof(*facts));
	facts->head = skb->head;
	facts->data = skb->data;
	facts->dev = skb->dev;
	facts->len = skb->len;
	facts->data_len = skb->data_len;
	facts->tail = skb_tail_pointer(skb) - skb->head;
	facts->end = skb_end_offset(skb);
	facts->truesize = skb->truesize;
	facts->hash = skb->hash;
	facts->priority = skb->priority;
	facts->mark = skb->mark;
	facts->csum = (__force u32)skb->csum;
	facts->mac_header = skb->mac_header;
	facts->network_header = skb->network_header;
	facts->transport_header = skb->transport_header;
	facts->mac_len = skb->mac_len;
	facts->inner_mac_header = skb->inner_mac_header;
	facts->inner_network_header = skb->inner_network_header;
	facts->inner_transport_header = skb->inner_transport_header;
	facts->queue_mapping = skb->queue_mapping;
	facts->vlan_tci = skb_vlan_tag_present(skb) ? skb_vlan_tag_get(skb) : 0;
	facts->protocol = (__force u16)skb->protocol;
	facts->vlan_proto = (__force u16)skb->vlan_proto;
	facts->inner_protocol = (__force u16)skb->inner_protocol;
	facts->gso_size = shared->gso_size;
	facts->gso_segs = shared->gso_segs;
	facts->gso_type = shared->gso_type;
	facts->pkt_type = skb->pkt_type;
	facts->ip_summed = skb->ip_summed;
	facts->csum_level = skb->csum_level;
	facts->encapsulation = skb->encapsulation;
	facts->nr_frags = shared->nr_frags;
	facts->tx_flags = shared->tx_flags;
	facts->ignore_df = skb->ignore_df;
}

static u64 add_frag(u64 digest, const skb_frag_t *frag)
{
	u32 begin = skb_frag_off(frag);
	u32 at, length, done;
	struct page *page;

	skb_frag_foreach_page(frag, begin, skb_frag_size(frag), page, at, length, done) {
		const void *mapped = kmap_local_page(page);

		digest = add(mapped + at, length, digest);
		kunmap_local(mapped);
	}
	return digest;
}

/* From @start on: what is before it in the head is left out. */
static u64 digest_from(const struct sk_buff *skb, const unsigned char *start, u64 digest)
{
	const struct skb_shared_info *shared = skb_shinfo(skb);
	const struct sk_buff *each;
	struct facts facts;
	int i;

	collect(&facts, skb);
	digest = add(&facts, sizeof(facts), digest);
	digest = add(start, skb_end_pointer(skb) - start, digest);
	for (i = 0; i < shared->nr_frags; i++)
		digest = add_frag(digest, &shared->frags[i]);
	/*
	 * Their senders gave up what is before the payload (skb_header_release()): segmentation
	 * may put headers there, as it will when the frame is sent.
	 */
	for (each = shared->frag_list; each; each = each->next)
		digest = digest_from(each, each->data, digest);
	return digest;
}

/**
 * skbwatch_digest - sum up an skb
 * @skb: any; those in its frag_list are summed up, too
 *
 * Context: any.
 * Return: the digest.
 */
u64 skbwatch_digest(const struct sk_buff *skb)
{
	return digest_from(skb, skb->head, 0);
}
