// SPDX-License-Identifier: GPL-2.0
/*
 * HOT: from an skb to a pcapng record in this CPU's relay buffer.
 *
 * The record is what a wire would carry: the VLAN tag that the stack took out is put back, a
 * checksum that was left to the NIC is finished, a GSO super-frame becomes its segments. The skb
 * itself is only read.
 */
#include <linux/if_vlan.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <net/checksum.h>
#include "capture.h"
#include "channel.h"
#include "compat/compat.h"
#include "load.h"
#include "port.h"
#include "stats.h"

static __always_inline void count_captured(const struct softtap_port *port, u32 bytes)
{
	struct softtap_counters *counters = this_cpu_ptr(port->counters);

	u64_stats_update_begin(&counters->sync);
	u64_stats_inc(&counters->captured_frames);
	u64_stats_add(&counters->captured_bytes, bytes);
	u64_stats_update_end(&counters->sync);
}

/* The count goes into the port's next record on this CPU, too: that is where frames are missing. */
static noinline void count_lost(const struct softtap_port *port, struct softtap_buffer *buffer,
				u32 frames)
{
	struct softtap_counters *counters = this_cpu_ptr(port->counters);

	u64_stats_update_begin(&counters->sync);
	u64_stats_add(&counters->lost_frames, frames);
	u64_stats_update_end(&counters->sync);
	buffer->unplaced[port->index] += frames;
}

/* Copies the addresses and puts the VLAN tag behind them. Return: where the rest goes. */
static noinline u8 *copy_tagged_head(u8 *to, const u8 *from, const struct sk_buff *skb)
{
	const __be16 tag[] = { skb->vlan_proto, htons(skb_vlan_tag_get(skb)) };

	memcpy(to, from, 2 * ETH_ALEN);
	memcpy(to + 2 * ETH_ALEN, tag, sizeof(tag));
	return to + 2 * ETH_ALEN + sizeof(tag);
}

/* Copies the Ethernet frame of @skb, whose data is at the network header, with its VLAN tag. */
static __always_inline bool copy_frame(u8 *to, const struct sk_buff *skb)
{
	const u8 *from = skb->data - ETH_HLEN;
	u32 head = skb_headlen(skb) + ETH_HLEN;

	if (unlikely(skb_vlan_tag_present(skb))) {
		to = copy_tagged_head(to, from, skb);
		from += 2 * ETH_ALEN;
		head -= 2 * ETH_ALEN;
	}
	memcpy(to, from, head);
	if (likely(!skb->data_len))
		return true;
	return !skb_copy_bits(skb, skb_headlen(skb), to + head, skb->data_len);
}

/*
 * Finishes in the copy what the NIC was to sum up; like skb_checksum_help(), for which 0 is a
 * sum that was not made (RFC 768) and is sent as its other form.
 */
static noinline void finish_checksum(u8 *frame, u32 length, const struct sk_buff *skb)
{
	u32 start = skb_checksum_start_offset(skb) + ETH_HLEN + softtap_vlan_len(skb);
	u32 at = start + skb->csum_offset;
	__sum16 sum;

	if (start > length || at + sizeof(sum) > length)
		return;
	sum = csum_fold(csum_partial(frame + start, length - start, 0)) ?: CSUM_MANGLED_0;
	put_unaligned(sum, (__sum16 *)(frame + at));
}

static void *put_head(void *to, const struct softtap_port *port, u64 now, u32 total, u32 length)
{
	struct softtap_epb *head = to;

	head->block.type = SOFTTAP_PCAPNG_EPB;
	head->block.length = total;
	head->interface = port->index;
	head->time_high = upper_32_bits(now);
	head->time_low = lower_32_bits(now);
	head->captured = length;
	head->original = length;
	return head + 1;
}

static void *put_flags(void *to)
{
	struct softtap_epb_flags *flags = to;

	flags->option.code = SOFTTAP_OPT_EPB_FLAGS;
	flags->option.length = sizeof(flags->direction);
	flags->direction = SOFTTAP_EPB_INBOUND;
	return flags + 1;
}

static void *put_drops(void *to, u64 count)
{
	struct softtap_epb_drops *drops = to;

	drops->option.code = SOFTTAP_OPT_EPB_DROPS;
	drops->option.length = sizeof(count);
	drops->count_low = lower_32_bits(count);
	drops->count_high = upper_32_bits(count);
	return drops + 1;
}

static void put_end(void *to, u32 total)
{
	struct softtap_epb_end *end = to;

	end->option.code = SOFTTAP_OPT_END;
	end->option.length = 0;
	end->length = total;
}

/*
 * Writes a record of @length bytes of frame, behind @lost others of its port that are not there.
 * Return: false when there was no room.
 */
static __always_inline bool __record(const struct softtap_port *port,
				     struct softtap_buffer *buffer,
				     const struct sk_buff *skb, u32 length, u64 lost)
{
	u32 padded = ALIGN(length, 4);
	u32 total = SOFTTAP_EPB_OVERHEAD + padded + (lost ? sizeof(struct softtap_epb_drops) : 0);
	void *to = softtap_channel_reserve(buffer, total);

	if (unlikely(!to))
		return false;
	to = put_head(to, port, softtap_channel_now(buffer), total, length);
	*(u32 *)(to + padded - sizeof(u32)) = 0;
	if (unlikely(!copy_frame(to, skb)))
		return false;
	if (unlikely(skb->ip_summed == CHECKSUM_PARTIAL))
		finish_checksum(to, length, skb);
	to = put_flags(to + padded);
	if (lost)
		to = put_drops(to, lost);
	put_end(to, total);
	softtap_channel_commit(buffer, total);
	return true;
}

static noinline bool record_after_loss(const struct softtap_port *port,
				       struct softtap_buffer *buffer,
				       const struct sk_buff *skb, u32 length)
{
	if (!__record(port, buffer, skb, length, buffer->unplaced[port->index]))
		return false;
	buffer->unplaced[port->index] = 0;
	return true;
}

static __always_inline bool record(const struct softtap_port *port, struct softtap_buffer *buffer,
				   const struct sk_buff *skb, u32 length)
{
	if (unlikely(buffer->unplaced[port->index]))
		return record_after_loss(port, buffer, skb, length);
	return __record(port, buffer, skb, length, 0);
}

/* One frame of @length bytes: recorded and counted, or lost and counted. */
static __always_inline void capture_frame(const struct softtap_port *port,
					  struct softtap_buffer *buffer,
					  const struct sk_buff *skb, u32 length)
{
	if (likely(record(port, buffer, skb, length)))
		count_captured(port, length);
	else
		count_lost(port, buffer, 1);
}

/*
 * Splits a super-frame as a device without offloads would have it. The work is done on a clone,
 * as segmentation moves headers of its argument. Return: a list to free, or an ERR_PTR or NULL.
 */
static struct sk_buff *segment(const struct sk_buff *skb)
{
	struct sk_buff *clone = skb_clone((struct sk_buff *)skb, GFP_ATOMIC);
	struct sk_buff *segments;

	if (!clone)
		return NULL;
	skb_push(clone, ETH_HLEN);
	segments = skb_gso_segment(clone, 0);
	consume_skb(clone);
	return segments;
}

/* The number of segments made is the number of frames, whatever the sender claimed. */
static noinline struct softtap_load capture_segments(const struct softtap_port *port,
						     struct softtap_buffer *buffer,
						     const struct sk_buff *skb,
						     struct softtap_load load)
{
	struct sk_buff *segments = segment(skb);
	struct sk_buff *each, *next;

	if (IS_ERR_OR_NULL(segments)) {
		count_lost(port, buffer, load.frames);
		return load;
	}
	load = (struct softtap_load){};
	skb_list_walk_safe(segments, each, next) {
		u32 length = each->len + softtap_vlan_len(each);

		load.frames++;
		load.bytes += length;
		__skb_pull(each, ETH_HLEN);
		capture_frame(port, buffer, each, length);
		skb_mark_not_on_list(each);
		consume_skb(each);
	}
	return load;
}

/*
 * A checksum that is no Internet checksum (SCTP's CRC32c) is left to the stack, in a copy. Rare.
 */
static noinline void capture_crc32c(const struct softtap_port *port,
				    struct softtap_buffer *buffer, const struct sk_buff *skb,
				    u32 length)
{
	struct sk_buff *copy = skb_copy(skb, GFP_ATOMIC);

	if (copy && !skb_crc32c_csum_help(copy))
		capture_frame(port, buffer, copy, length);
	else
		count_lost(port, buffer, 1);
	kfree_skb(copy);
}

/**
 * softtap_capture - record what arrived on a port
 * @port: where it arrived
 * @buffer: this CPU's, which is recording
 * @skb: not changed; data at the network header
 * @load: its frames and bytes
 *
 * Every frame of the load is counted once, as captured or lost.
 *
 * Context: softirq (BH off), RCU read side. Allocates for GSO and SCTP only.
 * Return: the load; another when a super-frame has other segments than it said.
 */
struct softtap_load softtap_capture(const struct softtap_port *port, struct softtap_buffer *buffer,
				    const struct sk_buff *skb, struct softtap_load load)
{
	if (unlikely(skb_is_gso(skb)))
		return capture_segments(port, buffer, skb, load);
	if (unlikely(skb->ip_summed == CHECKSUM_PARTIAL && skb_csum_is_sctp((void *)skb)))
		capture_crc32c(port, buffer, skb, load.bytes);
	else
		capture_frame(port, buffer, skb, load.bytes);
	return load;
}
