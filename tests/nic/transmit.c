// SPDX-License-Identifier: GPL-2.0
/*
 * From the stack to the wire: the driver fills descriptors and rings the doorbell, the card reads
 * them, finishes checksum, VLAN tag, padding and FCS, and the driver cleans up behind it.
 */
#include <linux/crc32.h>
#include <linux/if_vlan.h>
#include <linux/udp.h>
#include <net/checksum.h>

#include "nic.h"

/* --- The driver ------------------------------------------------------------------------------- */

static unsigned int tx_room(const struct nic_tx_ring *ring)
{
	/* Pairs with nic_tx_clean(): it no longer looks at the slots. */
	return ring->size - (ring->filled - smp_load_acquire(&ring->cleaned));
}

static struct netdev_queue *txq_of(const struct nic_queue *queue)
{
	return netdev_get_tx_queue(queue->card->netdev, queue->index);
}

/* The card may read all that is filled. */
static void ring_doorbell(struct nic_queue *queue)
{
	queue->stats.doorbells++;
	smp_store_release(&queue->tx.door, queue->tx.filled);	/* pairs with may_move() */
	nic_tx_move(queue);
}

/* Frames that were promised a doorbell by one behind them get it also when that one cannot go. */
static netdev_tx_t busy(struct nic_queue *queue)
{
	queue->stats.tx_busy++;
	if (queue->tx.door != queue->tx.filled)
		ring_doorbell(queue);
	return NETDEV_TX_BUSY;
}

/* Stops the stack when the ring is full; whoever cleaned meanwhile did not see that. */
static void stop_if_full(struct nic_queue *queue)
{
	struct netdev_queue *txq = txq_of(queue);

	if (tx_room(&queue->tx))
		return;
	netif_tx_stop_queue(txq);
	smp_mb();	/* pairs with the one in nic_tx_clean() */
	if (tx_room(&queue->tx))
		netif_tx_start_queue(txq);
}

static bool wants_stamp(const struct nic_card *card, const struct sk_buff *skb)
{
	return unlikely(skb_shinfo(skb)->tx_flags & SKBTX_HW_TSTAMP) &&
	       card->settings.stamping.tx_type == HWTSTAMP_TX_ON;
}

/**
 * nic_start_xmit - ndo_start_xmit
 * @skb: a frame, or a super-frame that the card cuts
 * @dev: the card
 *
 * Context: BH off, the queue's transmit lock held
 * Return: NETDEV_TX_OK; NETDEV_TX_BUSY if there is no room, or as a fault
 */
netdev_tx_t nic_start_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct nic_card *card = netdev_priv(dev);
	struct nic_queue *queue = &card->queue[skb_get_queue_mapping(skb)];
	struct nic_tx_ring *ring = &queue->tx;
	unsigned int bytes = skb->len;
	struct nic_tx_slot *slot;

	if (nic_fault(&card->faults.tx_busy) || !tx_room(ring))
		return busy(queue);
	if (wants_stamp(card, skb))
		skb_shinfo(skb)->tx_flags |= SKBTX_IN_PROGRESS;
	skb_tx_timestamp(skb);
	slot = &ring->slots[ring->filled & (ring->size - 1)];
	slot->skb = skb;
	slot->bytes = bytes;
	ring->filled++;
	stop_if_full(queue);
	if (__netdev_tx_sent_queue(txq_of(queue), bytes, netdev_xmit_more()))
		ring_doorbell(queue);
	return NETDEV_TX_OK;
}

/**
 * nic_tx_clean - give back what is on the wire, and let the stack go on
 * @queue: whose
 *
 * Context: NAPI
 */
void nic_tx_clean(struct nic_queue *queue)
{
	struct nic_tx_ring *ring = &queue->tx;
	unsigned int moved = smp_load_acquire(&ring->moved);	/* pairs with nic_tx_move() */
	unsigned int cleaned = ring->cleaned, frames = moved - cleaned, bytes = 0;

	if (!frames)
		return;
	for (; cleaned != moved; cleaned++) {
		struct nic_tx_slot *slot = &ring->slots[cleaned & (ring->size - 1)];

		bytes += slot->bytes;
		napi_consume_skb(slot->skb, 1);
		slot->skb = NULL;
	}
	smp_store_release(&ring->cleaned, cleaned);	/* pairs with tx_room() */
	netdev_tx_completed_queue(txq_of(queue), frames, bytes);
	smp_mb();	/* pairs with the one in stop_if_full() */
	if (netif_tx_queue_stopped(txq_of(queue)) && tx_room(ring) >= ring->size / 4)
		netif_tx_wake_queue(txq_of(queue));
}

/**
 * nic_tx_create - make a transmit ring
 * @queue: whose
 *
 * Return: 0 or -ENOMEM
 */
int nic_tx_create(struct nic_queue *queue)
{
	struct nic_tx_ring ring = { .size = queue->card->settings.tx_ring };

	ring.slots = kvcalloc(ring.size, sizeof(*ring.slots), GFP_KERNEL);
	if (!ring.slots)
		return -ENOMEM;
	queue->tx = ring;
	netdev_tx_reset_queue(txq_of(queue));
	return 0;
}

/**
 * nic_tx_destroy - free a transmit ring and what waits in it
 * @queue: whose; nobody fills, moves or cleans any more
 */
void nic_tx_destroy(struct nic_queue *queue)
{
	struct nic_tx_ring *ring = &queue->tx;

	for (; ring->cleaned != ring->filled; ring->cleaned++)
		dev_kfree_skb_any(ring->slots[ring->cleaned & (ring->size - 1)].skb);
	kvfree(ring->slots);
	*ring = (struct nic_tx_ring){ };
}

/* --- The card --------------------------------------------------------------------------------- */

static unsigned int insert_tag(u8 *frame, unsigned int len, const struct sk_buff *skb)
{
	struct vlan_ethhdr *tagged = (struct vlan_ethhdr *)frame;

	memmove(frame + 2 * ETH_ALEN + VLAN_HLEN, frame + 2 * ETH_ALEN, len - 2 * ETH_ALEN);
	tagged->h_vlan_proto = skb->vlan_proto;
	tagged->h_vlan_TCI = htons(skb_vlan_tag_get(skb));
	return len + VLAN_HLEN;
}

static void finish_checksum(u8 *frame, unsigned int len, const struct sk_buff *skb)
{
	unsigned int start = skb_checksum_start_offset(skb);
	__sum16 *sum = (__sum16 *)(frame + start + skb->csum_offset);

	*sum = csum_fold(csum_partial(frame + start, len - start, 0));
	if (!*sum && skb->csum_offset == offsetof(struct udphdr, check))
		*sum = CSUM_MANGLED_0;	/* for UDP 0 means that there is none (RFC 768) */
}

/**
 * nic_append_fcs - put a frame's FCS behind it
 * @frame: the frame
 * @len: its bytes
 *
 * Return: its bytes with the FCS
 */
unsigned int nic_append_fcs(u8 *frame, unsigned int len)
{
	put_unaligned_le32(~crc32_le(~0, frame, len), frame + len);
	return len + ETH_FCS_LEN;
}

/* Return: bytes of the frame with its FCS, which the driver may have given (IFF_SUPP_NOFCS) */
static unsigned int assemble(const struct nic_card *card, u8 *frame, const struct sk_buff *skb)
{
	unsigned int len = skb->len;

	skb_copy_bits(skb, 0, frame, len);
	if (skb->ip_summed == CHECKSUM_PARTIAL)
		finish_checksum(frame, len, skb);
	if (skb_vlan_tag_present(skb))
		len = insert_tag(frame, len, skb);
	if (unlikely(skb->no_fcs))
		return len;
	if (len < ETH_ZLEN && card->settings.private_flags & NIC_PAD) {
		memset(frame + len, 0, ETH_ZLEN - len);
		len = ETH_ZLEN;
	}
	return nic_append_fcs(frame, len);
}

static void stamp(struct nic_card *card, struct sk_buff *skb)
{
	struct skb_shared_hwtstamps stamps = { };

	if (!wants_stamp(card, skb))
		return;
	stamps.hwtstamp = ns_to_ktime(nic_clock_now(card));
	skb_tstamp_tx(skb, &stamps);
}

static void send(struct nic_queue *queue, struct sk_buff *skb)
{
	struct nic_card *card = queue->card;
	struct nic_wire *wire = card->out;
	unsigned int len;

	if (skb->len > NIC_FRAME_MAX - VLAN_HLEN - ETH_FCS_LEN) {
		queue->stats.tx_dropped++;
		return;
	}
	spin_lock(&wire->lock);
	len = assemble(card, wire->frame, skb);
	queue->stats.tx_frames++;
	queue->stats.tx_bytes += len - ETH_FCS_LEN;
	stamp(card, skb);
	if (unlikely(card->faults.habits))
		nic_habits_send(card, wire, len);
	else
		nic_wire_carry(wire, len);
	spin_unlock(&wire->lock);
}

/* The card cuts TCP super-frames, with the stack's own knife. */
static void cut_and_send(struct nic_queue *queue, struct sk_buff *skb)
{
	struct sk_buff *segments, *segment, *next;

	segments = skb_gso_segment(skb, NETIF_F_SG | NETIF_F_HW_CSUM |
				   (queue->card->netdev->features & NETIF_F_HW_VLAN_CTAG_TX) |
				   (queue->card->netdev->features & NETIF_F_HW_VLAN_STAG_TX));
	if (IS_ERR_OR_NULL(segments)) {
		queue->stats.tx_dropped += skb_shinfo(skb)->gso_segs;
		return;
	}
	skb_list_walk_safe(segments, segment, next) {
		skb_mark_not_on_list(segment);
		send(queue, segment);
		consume_skb(segment);
	}
	stamp(queue->card, skb);
}

static bool may_move(struct nic_queue *queue)
{
	struct nic_card *card = queue->card;

	/* Pairs with ring_doorbell(): the slots are filled. */
	return card->sending && queue->tx.moved != smp_load_acquire(&queue->tx.door) &&
	       !(READ_ONCE(card->faults.tx_stalled) & BIT(queue->index)) &&
	       !nic_is_paused(card) && !nic_is_asleep(card);
}

/**
 * nic_tx_move - the card's DMA: put on the wire what the doorbell was rung for
 * @queue: whose; one that is not in use has nothing to move
 *
 * Context: any in which BH can be switched off. Raises the queue's interrupt when something moved.
 */
void nic_tx_move(struct nic_queue *queue)
{
	struct nic_tx_ring *ring = &queue->tx;
	struct sk_buff *skb;
	bool any = false;

	spin_lock_bh(&queue->dma_lock);
	for (;; any = true) {
		/* A peer without room says so again before the pause is over. */
		nic_pause_tell(rcu_dereference_bh(queue->card->out->to));
		if (!may_move(queue))
			break;
		skb = ring->slots[ring->moved & (ring->size - 1)].skb;
		if (skb_is_gso(skb))
			cut_and_send(queue, skb);
		else
			send(queue, skb);
		/* Pairs with nic_tx_clean(). */
		smp_store_release(&ring->moved, ring->moved + 1);
	}
	if (any)
		nic_raise(queue);
	spin_unlock_bh(&queue->dma_lock);
}
