// SPDX-License-Identifier: GPL-2.0
/*
 * Merging on receive, as cards do it (NETIF_F_LRO, NETIF_F_GRO_HW): consecutive segments of a TCP
 * flow over IPv4 become one super-frame, which GSO can cut into what arrived.
 */
#include <linux/ip.h>
#include <linux/tcp.h>
#include <net/checksum.h>
#include <net/ip.h>

#include "nic.h"

static struct iphdr *ip_of(const struct sk_buff *skb)
{
	return (struct iphdr *)skb->data;	/* behind eth_type_trans() */
}

static struct tcphdr *tcp_of(const struct sk_buff *skb)
{
	return (struct tcphdr *)(skb->data + sizeof(struct iphdr));
}

static unsigned int headers_of(const struct sk_buff *skb)
{
	return sizeof(struct iphdr) + tcp_of(skb)->doff * 4;
}

static unsigned int payload_of(const struct sk_buff *skb)
{
	return skb->len - headers_of(skb);
}

/* Of a frame without padding, with its headers in the linear part and its data behind it. */
static bool can_merge(const struct sk_buff *skb)
{
	const struct iphdr *ip = ip_of(skb);

	if (skb->protocol != htons(ETH_P_IP) || skb->ip_summed != CHECKSUM_UNNECESSARY ||
	    skb_headlen(skb) < sizeof(*ip) + sizeof(struct tcphdr) ||
	    ip->ihl != 5 || ip->protocol != IPPROTO_TCP || !(ip->frag_off & htons(IP_DF)) ||
	    ntohs(ip->tot_len) != skb->len)
		return false;
	return skb_headlen(skb) == headers_of(skb) && payload_of(skb) &&
	       (tcp_flag_word(tcp_of(skb)) & ~TCP_DATA_OFFSET & htonl(0xffff0000)) == TCP_FLAG_ACK;
}

/* All but lengths, sequence numbers and checksums are the same, and IDs go up. */
static bool goes_on(const struct nic_queue *queue, const struct sk_buff *skb)
{
	const struct sk_buff *first = queue->merging;
	const struct tcphdr *a = tcp_of(first), *b = tcp_of(skb);

	return ntohs(ip_of(skb)->id) ==
	       (u16)(ntohs(ip_of(first)->id) + skb_shinfo(first)->gso_segs) &&
	       ip_of(first)->saddr == ip_of(skb)->saddr &&
	       ip_of(first)->daddr == ip_of(skb)->daddr &&
	       ip_of(first)->tos == ip_of(skb)->tos && ip_of(first)->ttl == ip_of(skb)->ttl &&
	       first->vlan_proto == skb->vlan_proto && first->vlan_tci == skb->vlan_tci &&
	       a->source == b->source && a->dest == b->dest && a->ack_seq == b->ack_seq &&
	       a->window == b->window && a->doff == b->doff &&
	       !memcmp(a + 1, b + 1, a->doff * 4 - sizeof(*a)) &&
	       ntohl(b->seq) == queue->merging_next &&
	       payload_of(skb) <= skb_shinfo(first)->gso_size &&
	       skb_shinfo(first)->nr_frags + skb_shinfo(skb)->nr_frags <= MAX_SKB_FRAGS &&
	       first->len + payload_of(skb) <= IP_MAX_MTU;
}

/* The pages of @skb become the end of the frame that is merged; the rest of it goes. */
static void append(struct nic_queue *queue, struct sk_buff *skb)
{
	struct sk_buff *first = queue->merging;
	unsigned int i, payload = payload_of(skb);

	for (i = 0; i < skb_shinfo(skb)->nr_frags; i++)
		skb_shinfo(first)->frags[skb_shinfo(first)->nr_frags++] = skb_shinfo(skb)->frags[i];
	skb_shinfo(skb)->nr_frags = 0;
	skb->len -= payload;
	skb->data_len -= payload;
	first->len += payload;
	first->data_len += payload;
	first->truesize += i * PAGE_SIZE;
	skb->truesize -= i * PAGE_SIZE;
	skb_shinfo(first)->gso_segs++;
	queue->merging_next += payload;
	queue->stats.rx_merged++;
	consume_skb(skb);
}

/* What is cut again needs the sum over the pseudo header, as a sender leaves it. */
static void finish(struct sk_buff *skb)
{
	struct iphdr *ip = ip_of(skb);
	struct tcphdr *tcp = tcp_of(skb);

	ip->tot_len = htons(skb->len);
	ip->check = 0;
	ip->check = ip_fast_csum(ip, ip->ihl);
	skb_set_network_header(skb, 0);
	skb_set_transport_header(skb, sizeof(*ip));
	skb_shinfo(skb)->gso_type = SKB_GSO_TCPV4;
	tcp->check = ~csum_tcpudp_magic(ip->saddr, ip->daddr, skb->len - sizeof(*ip),
					IPPROTO_TCP, 0);
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = skb_transport_header(skb) - skb->head;
	skb->csum_offset = offsetof(struct tcphdr, check);
}

/**
 * nic_merge_flush - hand up what was merged
 * @queue: whose
 *
 * Context: NAPI
 */
void nic_merge_flush(struct nic_queue *queue)
{
	struct sk_buff *skb = queue->merging;

	if (!skb)
		return;
	queue->merging = NULL;
	if (skb_shinfo(skb)->gso_segs > 1)
		finish(skb);
	else
		skb_shinfo(skb)->gso_size = skb_shinfo(skb)->gso_segs = 0;
	napi_gro_receive(&queue->napi, skb);
}

/**
 * nic_merge - hand up a frame, or keep it for those that follow, if the card is to merge
 * @queue: where it arrived
 * @skb: the frame
 *
 * Context: NAPI
 */
void nic_merge(struct nic_queue *queue, struct sk_buff *skb)
{
	bool merges = queue->card->netdev->features & (NETIF_F_LRO | NETIF_F_GRO_HW);
	bool can = merges && can_merge(skb);

	if (can && queue->merging && goes_on(queue, skb)) {
		unsigned int payload = payload_of(skb);

		append(queue, skb);
		/* Only the last may be short. */
		if (payload < skb_shinfo(queue->merging)->gso_size)
			nic_merge_flush(queue);
		return;
	}
	nic_merge_flush(queue);
	if (!can) {
		napi_gro_receive(&queue->napi, skb);
		return;
	}
	queue->merging = skb;
	queue->merging_next = ntohl(tcp_of(skb)->seq) + payload_of(skb);
	skb_shinfo(skb)->gso_size = payload_of(skb);
	skb_shinfo(skb)->gso_segs = 1;
}
