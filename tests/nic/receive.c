// SPDX-License-Identifier: GPL-2.0
/*
 * From the wire to the stack: the card looks at a frame, chooses a queue and fills its ring; the
 * driver makes skbs of what is there.
 *
 * Bad frames: as e1000e has it (drivers/net/ethernet/intel/e1000e/netdev.c), they are counted and
 * dropped, or counted and handed up with NETIF_F_RXALL, which takes other VLANs, too, and PAUSE
 * frames. With NETIF_F_RXFCS all frames come up with their FCS.
 */
#include <linux/crc32.h>
#include <linux/if_vlan.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <net/flow_dissector.h>
#include <net/ip6_checksum.h>

#include "nic.h"

#define COPIED	256	/* bytes of a frame that are copied; of a longer one its headers only */

/* --- The card --------------------------------------------------------------------------------- */

static bool has(const struct nic_card *card, netdev_features_t feature)
{
	return card->netdev->features & feature;
}

static bool has_good_fcs(const u8 *frame, unsigned int len)
{
	len -= ETH_FCS_LEN;
	return get_unaligned_le32(frame + len) == (u32)~crc32_le(~0, frame, len);
}

/* Counts what is wrong with a frame, once. Return: whether something is */
static bool is_bad(struct nic_card *card, const u8 *frame, unsigned int len)
{
	unsigned int most = READ_ONCE(card->netdev->mtu) + ETH_HLEN + 2 * VLAN_HLEN + ETH_FCS_LEN;

	if (len < ETH_ZLEN + ETH_FCS_LEN)
		card->stats.rx_short++;
	else if (!has_good_fcs(frame, len))
		card->stats.rx_crc_errors++;
	else if (len > most)
		card->stats.rx_long++;
	else
		return false;
	return true;
}

static bool is_for_address(const struct nic_card *card, const u8 *frame)
{
	if (READ_ONCE(card->promiscuous) || is_broadcast_ether_addr(frame))
		return true;
	if (is_multicast_ether_addr(frame))
		return READ_ONCE(card->all_multicast) ||
		       READ_ONCE(card->multicast) & nic_multicast_bit(frame);
	return ether_addr_equal_unaligned(frame, card->netdev->dev_addr);
}

static bool is_for_vlan(const struct nic_card *card, const u8 *frame)
{
	const struct vlan_ethhdr *tagged = (const struct vlan_ethhdr *)frame;
	bool outer = tagged->h_vlan_proto == htons(ETH_P_8021AD);

	if (READ_ONCE(card->promiscuous) || !(ntohs(tagged->h_vlan_TCI) & VLAN_VID_MASK) ||
	    !(tagged->h_vlan_proto == htons(ETH_P_8021Q) ?
	      has(card, NETIF_F_HW_VLAN_CTAG_FILTER) :
	      outer && has(card, NETIF_F_HW_VLAN_STAG_FILTER)))
		return true;
	return test_bit(ntohs(tagged->h_vlan_TCI) & VLAN_VID_MASK, card->vlans[outer]);
}

/* Return: the frame's start, behind which @slot tells of the tag that is gone */
static u8 *strip_tag(const struct nic_card *card, u8 *frame, unsigned int *len,
		     struct nic_rx_slot *slot)
{
	const struct vlan_ethhdr *tagged = (const struct vlan_ethhdr *)frame;
	__be16 proto = tagged->h_vlan_proto;

	if (*len < VLAN_ETH_HLEN ||
	    !(proto == htons(ETH_P_8021Q) ? has(card, NETIF_F_HW_VLAN_CTAG_RX) :
	      proto == htons(ETH_P_8021AD) && has(card, NETIF_F_HW_VLAN_STAG_RX)))
		return frame;
	slot->vlan_proto = proto;
	slot->vlan_tci = ntohs(tagged->h_vlan_TCI);
	memmove(frame + VLAN_HLEN, frame, 2 * ETH_ALEN);
	*len -= VLAN_HLEN;
	return frame + VLAN_HLEN;
}

static bool transport_is_right(u8 proto, const u8 *data, unsigned int len, __wsum pseudo)
{
	const struct udphdr *udp = (const struct udphdr *)data;

	if (proto == IPPROTO_UDP ? len < sizeof(*udp) || !udp->check : proto != IPPROTO_TCP)
		return false;
	return !csum_fold(csum_partial(data, len, pseudo));
}

static bool ip4_is_right(const u8 *data, unsigned int len)
{
	const struct iphdr *ip = (const struct iphdr *)data;
	unsigned int header, total;

	if (len < sizeof(*ip) || ip->version != 4)
		return false;
	header = ip->ihl * 4;
	total = ntohs(ip->tot_len);
	if (header < sizeof(*ip) || total < header || total > len || ip_is_fragment(ip) ||
	    ip_fast_csum(ip, ip->ihl))
		return false;
	return transport_is_right(ip->protocol, data + header, total - header,
				  csum_tcpudp_nofold(ip->saddr, ip->daddr, total - header,
						     ip->protocol, 0));
}

static bool ip6_is_right(const u8 *data, unsigned int len)
{
	const struct ipv6hdr *ip = (const struct ipv6hdr *)data;
	unsigned int payload;

	if (len < sizeof(*ip) || ip->version != 6)
		return false;
	payload = ntohs(ip->payload_len);
	if (payload > len - sizeof(*ip))
		return false;
	return transport_is_right(ip->nexthdr, data + sizeof(*ip), payload,
				  ~csum_unfold(csum_ipv6_magic(&ip->saddr, &ip->daddr, payload,
							       ip->nexthdr, 0)));
}

/* Of TCP and UDP without a tag, or behind one that was taken out. */
static bool checksum_is_right(const u8 *frame, unsigned int len)
{
	switch (ntohs(((const struct ethhdr *)frame)->h_proto)) {
	case ETH_P_IP:
		return ip4_is_right(frame + ETH_HLEN, len - ETH_HLEN);
	case ETH_P_IPV6:
		return ip6_is_right(frame + ETH_HLEN, len - ETH_HLEN);
	}
	return false;
}

static void check_sum(const struct nic_card *card, const u8 *frame, unsigned int len,
		      struct nic_rx_slot *slot)
{
	if (!has(card, NETIF_F_RXCSUM))
		return;
	if (card->settings.private_flags & NIC_RX_COMPLETE) {
		slot->csum = csum_partial(frame + ETH_HLEN, len - ETH_HLEN, 0);
		slot->flags |= NIC_RX_COMPLETE_SUM;
	} else if (checksum_is_right(frame, len)) {
		slot->flags |= NIC_RX_CHECKED;
	}
}

/* What is neither IP nor whole goes to queue 0. */
static struct nic_queue *choose_queue(struct nic_card *card, const u8 *frame, unsigned int len,
				      struct nic_rx_slot *slot)
{
	__be16 proto = ((const struct ethhdr *)frame)->h_proto;
	struct flow_keys keys = { };

	if ((proto == htons(ETH_P_IP) || proto == htons(ETH_P_IPV6) || eth_type_vlan(proto)) &&
	    __skb_flow_dissect(dev_net(card->netdev), NULL, &flow_keys_dissector, &keys, frame,
			       proto, ETH_HLEN, len, 0) && keys.control.addr_type) {
		slot->hash = flow_hash_from_keys(&keys);
		if (keys.ports.ports)
			slot->flags |= NIC_RX_L4_HASH;
	}
	return &card->queue[slot->hash ?
			    card->settings.indirection[slot->hash % NIC_INDIRECTION] : 0];
}

static unsigned int rx_room(const struct nic_rx_ring *ring)
{
	/* Pairs with take_frame(): its buffers are there. */
	return ring->size - (ring->filled - smp_load_acquire(&ring->cleaned));
}

/**
 * nic_rx_nearly_full - look whether it is time for a PAUSE frame
 * @queue: whose receive ring
 *
 * Return: whether it is
 */
bool nic_rx_nearly_full(const struct nic_queue *queue)
{
	return rx_room(&queue->rx) < queue->rx.size / 4;
}

/**
 * nic_rx_roomy - look whether all rings have room enough for the peer to go on
 * @card: whose
 *
 * Return: whether they have
 */
bool nic_rx_roomy(const struct nic_card *card)
{
	unsigned int i;

	for (i = 0; i < card->settings.queues; i++)
		if (rx_room(&card->queue[i].rx) < card->queue[i].rx.size / 2)
			return false;
	return true;
}

/* The descriptor of the frame's end has what @last says of all of it. */
static void fill_ring(struct nic_queue *queue, const u8 *frame, unsigned int len,
		      const struct nic_rx_slot *last)
{
	struct nic_rx_ring *ring = &queue->rx;
	unsigned int filled = ring->filled;

	while (len) {
		struct nic_rx_slot *slot = &ring->slots[filled++ & (ring->size - 1)];
		unsigned int part = min(len, NIC_BUFFER);
		struct page *page = slot->page;

		len -= part;
		*slot = len ? (struct nic_rx_slot){ } : *last;
		slot->page = page;
		slot->len = part;
		memcpy(page_address(page), frame, part);
		frame += part;
	}
	smp_store_release(&ring->filled, filled);	/* pairs with nic_rx_clean() */
}

/**
 * nic_receive - the card's side of an arriving frame
 * @card: where it arrives, with @receiving set
 * @frame: the frame, which may be changed
 * @len: its bytes with the FCS
 *
 * Context: BH off, the wire's lock held
 */
void nic_receive(struct nic_card *card, u8 *frame, unsigned int len)
{
	struct nic_rx_slot last = { .flags = NIC_RX_END };
	bool all = has(card, NETIF_F_RXALL);
	struct nic_queue *queue;
	u64 truth = 0;
	bool bad;

	bad = is_bad(card, frame, len);
	if (bad && !all)
		return;
	if (!bad && nic_pause_obey(card, frame, len) && !all)
		return;
	if (!is_for_address(card, frame) || !(all || is_for_vlan(card, frame))) {
		card->stats.rx_filtered++;
		return;
	}
	if (!has(card, NETIF_F_RXFCS))
		len -= min(len, (unsigned int)ETH_FCS_LEN);
	if (len < ETH_HLEN)	/* nothing that a stack could take */
		return;
	card->stats.rx_multicast += is_multicast_ether_addr(frame) &&
				    !is_broadcast_ether_addr(frame);
	frame = strip_tag(card, frame, &len, &last);
	if (nic_wants_stamp(card, frame, len))
		last.time = nic_clock_stamp(card, &truth);
	check_sum(card, frame, len, &last);
	queue = choose_queue(card, frame, len, &last);
	if (rx_room(&queue->rx) < DIV_ROUND_UP(len, NIC_BUFFER)) {
		queue->stats.rx_missed++;
	} else {
		fill_ring(queue, frame, len, &last);
		nic_clock_note(card, truth);
		nic_raise(queue);
	}
	if (nic_rx_nearly_full(queue))
		WRITE_ONCE(card->pause_wanted, true);
}

/* --- The driver ------------------------------------------------------------------------------- */

static struct page *new_page(struct nic_queue *queue)
{
	return nic_fault(&queue->card->faults.no_memory) ? NULL : dev_alloc_page();
}

/* Return: the bytes that were copied from the first buffer; its page is needed if there are more */
static unsigned int copy_start(struct nic_queue *queue, struct sk_buff *skb,
			       const struct nic_rx_slot *slot)
{
	const void *data = page_address(slot->page);
	unsigned int len = slot->len;

	if (len > COPIED || !(slot->flags & NIC_RX_END))
		len = eth_get_headlen(queue->card->netdev, data, min_t(unsigned int, len, COPIED));
	memcpy(__skb_put(skb, len), data, len);
	return len;
}

/* Return: false if there was no memory: what was taken so far is to be given up */
static bool take_buffer(struct nic_queue *queue, struct sk_buff *skb, struct nic_rx_slot *slot)
{
	unsigned int copied = skb->len ? 0 : copy_start(queue, skb, slot);
	struct page *page;

	if (copied == slot->len)
		return true;
	page = new_page(queue);
	if (!page)
		return false;
	skb_add_rx_frag(skb, skb_shinfo(skb)->nr_frags, slot->page, copied, slot->len - copied,
			PAGE_SIZE);
	slot->page = page;
	return true;
}

static void describe(struct nic_queue *queue, struct sk_buff *skb, const struct nic_rx_slot *slot)
{
	struct nic_card *card = queue->card;

	if (slot->flags & NIC_RX_CHECKED) {
		skb->ip_summed = CHECKSUM_UNNECESSARY;
	} else if (slot->flags & NIC_RX_COMPLETE_SUM) {
		skb->ip_summed = CHECKSUM_COMPLETE;
		skb->csum = slot->csum;
	}
	if (slot->hash && has(card, NETIF_F_RXHASH))
		skb_set_hash(skb, slot->hash, slot->flags & NIC_RX_L4_HASH ?
			     PKT_HASH_TYPE_L4 : PKT_HASH_TYPE_L3);
	if (slot->vlan_proto)
		__vlan_hwaccel_put_tag(skb, slot->vlan_proto, slot->vlan_tci);
	if (slot->time)
		skb_hwtstamps(skb)->hwtstamp = ns_to_ktime(slot->time);
	skb_record_rx_queue(skb, queue->index);
	queue->stats.rx_frames++;
	queue->stats.rx_bytes += skb->len;
	skb->protocol = eth_type_trans(skb, card->netdev);
}

/* Takes one frame, of one or several buffers. Return: NULL if there was no memory */
static struct sk_buff *take_frame(struct nic_queue *queue)
{
	struct nic_rx_ring *ring = &queue->rx;
	struct sk_buff *skb = napi_alloc_skb(&queue->napi, COPIED);
	bool whole = skb;
	struct nic_rx_slot *slot;

	do {
		slot = &ring->slots[ring->cleaned & (ring->size - 1)];
		whole = whole && take_buffer(queue, skb, slot);
		if (whole && slot->flags & NIC_RX_END)
			describe(queue, skb, slot);
		smp_store_release(&ring->cleaned, ring->cleaned + 1);	/* pairs with rx_room() */
	} while (!(slot->flags & NIC_RX_END));
	if (whole)
		return skb;
	queue->stats.rx_no_memory++;
	dev_kfree_skb_any(skb);
	return NULL;
}

/**
 * nic_rx_clean - hand up what has arrived
 * @queue: whose
 * @budget: frames at most
 *
 * Context: NAPI
 * Return: frames
 */
int nic_rx_clean(struct nic_queue *queue, int budget)
{
	struct nic_rx_ring *ring = &queue->rx;
	int done;

	for (done = 0; done < budget; done++) {
		struct sk_buff *skb;

		/* Pairs with fill_ring(): the descriptors are complete. */
		if (ring->cleaned == smp_load_acquire(&ring->filled))
			break;
		skb = take_frame(queue);
		if (skb)
			nic_merge(queue, skb);
	}
	nic_merge_flush(queue);
	nic_pause_tell(queue->card);
	return done;
}

/**
 * nic_rx_create - make a receive ring with its buffers
 * @queue: whose
 *
 * Return: 0 or -ENOMEM
 */
int nic_rx_create(struct nic_queue *queue)
{
	struct nic_rx_ring *ring = &queue->rx;
	unsigned int i;

	*ring = (struct nic_rx_ring){ .size = queue->card->settings.rx_ring };
	ring->slots = kvcalloc(ring->size, sizeof(*ring->slots), GFP_KERNEL);
	if (!ring->slots)
		return -ENOMEM;
	for (i = 0; i < ring->size; i++) {
		ring->slots[i].page = alloc_page(GFP_KERNEL);
		if (!ring->slots[i].page) {
			nic_rx_destroy(queue);
			return -ENOMEM;
		}
	}
	return 0;
}

/**
 * nic_rx_destroy - free a receive ring and what is in it
 * @queue: whose; nobody fills or cleans any more
 */
void nic_rx_destroy(struct nic_queue *queue)
{
	struct nic_rx_ring *ring = &queue->rx;
	unsigned int i;

	for (i = 0; i < ring->size; i++)
		if (ring->slots[i].page)
			__free_page(ring->slots[i].page);
	kvfree(ring->slots);
	*ring = (struct nic_rx_ring){ };
}
