// SPDX-License-Identifier: GPL-2.0
/*
 * HOT: from an skb to a pcapng record in this CPU's relay buffer.
 *
 * The record is what a wire would carry: the VLAN tag that the stack took out is put back, a
 * checksum that was left to the NIC is finished, a GSO super-frame becomes its segments. What no
 * CPU can read is left out, as if the record were cut there. The skb itself is only read.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/if_vlan.h>
#include <linux/netdevice.h>
#include <linux/ratelimit.h>
#include <linux/skbuff.h>
#include <net/checksum.h>
#include "capture.h"
#include "capture_filter.h"
#include "channel.h"
#include "compat/compat.h"
#include "counters.h"
#include "frame.h"
#include "frame_fcs.h"
#include "port.h"
#include "port_stamps.h"

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

static noinline void count_filtered(const struct softtap_port *port, u32 frames)
{
	struct softtap_counters *counters = this_cpu_ptr(port->counters);

	u64_stats_update_begin(&counters->sync);
	u64_stats_add(&counters->filtered_frames, frames);
	u64_stats_update_end(&counters->sync);
}

/* Copies the addresses and puts the VLAN tag behind them. Return: where the rest goes. */
static noinline u8 *copy_tagged_head(u8 *to, const u8 *from, const struct sk_buff *skb)
{
	const __be16 tag[] = { skb->vlan_proto, htons(skb_vlan_tag_get(skb)) };

	memcpy(to, from, 2 * ETH_ALEN);
	memcpy(to + 2 * ETH_ALEN, tag, sizeof(tag));
	return to + 2 * ETH_ALEN + sizeof(tag);
}

/* How many of its @length bytes can be copied. */
static u32 readable_length(const struct sk_buff *skb, u32 length)
{
	if (likely(softtap_frags_readable(skb)))
		return length;
	return skb_headlen(skb) + ETH_HLEN + softtap_vlan_len(skb);
}

/* Copies the first @length bytes only. */
static noinline bool copy_start(u8 *to, const struct sk_buff *skb, u32 length)
{
	u8 tagged[2 * ETH_ALEN + VLAN_HLEN];
	u32 head = 0;

	if (skb_vlan_tag_present(skb)) {
		copy_tagged_head(tagged, skb->data - ETH_HLEN, skb);
		head = min_t(u32, length, sizeof(tagged));
		memcpy(to, tagged, head);
		if (head == length)
			return true;
	}
	return !skb_copy_bits(skb, (int)head - (int)softtap_vlan_len(skb) - ETH_HLEN, to + head,
			      length - head);
}

/* Copies the Ethernet frame of @skb, whose data is at the network header, with its VLAN tag. */
static __always_inline bool copy_whole(u8 *to, const struct sk_buff *skb)
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
 * Finishes in the copy, of @length bytes, what the NIC was to sum up, be it half of it; like
 * skb_checksum_help(), for which 0 is a sum that was not made (RFC 768) and is sent as its other
 * form.
 */
static noinline void finish_checksum(u8 *frame, u32 length, const struct sk_buff *skb)
{
	int start = skb_checksum_start_offset(skb);
	u32 at = start + ETH_HLEN + softtap_vlan_len(skb) + skb->csum_offset;
	__sum16 sum;

	if (start > (int)skb->len || at >= length || !softtap_frags_readable(skb))
		return;
	sum = csum_fold(skb_checksum(skb, start, skb->len - start, 0)) ?: CSUM_MANGLED_0;
	memcpy(frame + at, &sum, min_t(u32, length - at, sizeof(sum)));
}

static void *put_head(void *to, const struct softtap_port *port, u64 now, u32 total, u32 length,
		      u32 original)
{
	struct softtap_epb *head = to;

	head->block.type = SOFTTAP_PCAPNG_EPB;
	head->block.length = total;
	head->interface = port->index;
	head->time_high = upper_32_bits(now);
	head->time_low = lower_32_bits(now);
	head->captured = length;
	head->original = original;
	return head + 1;
}

static void *put_flags(void *to, const struct softtap_fcs *fcs)
{
	struct softtap_epb_flags *flags = to;

	flags->option.code = SOFTTAP_OPT_EPB_FLAGS;
	flags->option.length = sizeof(flags->direction);
	flags->direction = SOFTTAP_EPB_INBOUND;
	if (fcs)
		flags->direction |= SOFTTAP_EPB_FCS_LENGTH(fcs->length) | fcs->errors;
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

static __always_inline u32 record_length(u32 captured, bool lost)
{
	return SOFTTAP_EPB_OVERHEAD + ALIGN(captured, 4) +
	       (lost ? sizeof(struct softtap_epb_drops) : 0);
}

/* Copies @captured bytes of a frame of @length bytes, of which @fcs is the end. */
static bool copy_with_fcs(u8 *to, const struct sk_buff *skb, u32 length, u32 captured,
			  const struct softtap_fcs *fcs)
{
	u32 body = min(captured, length - fcs->length);

	memcpy(to + body, &fcs->value, captured - body);
	return copy_start(to, skb, body);
}

static __always_inline bool copy(u8 *to, const struct sk_buff *skb, u32 length, u32 captured,
				 const struct softtap_fcs *fcs)
{
	if (fcs)
		return copy_with_fcs(to, skb, length, captured, fcs);
	return captured == length ? copy_whole(to, skb) : copy_start(to, skb, captured);
}

static __always_inline u64 time_of(const struct softtap_port *port,
				   const struct softtap_buffer *buffer, const struct sk_buff *skb,
				   bool stamped)
{
	if (stamped)
		return softtap_stamps_time(port, skb) + buffer->clock;
	return softtap_channel_now(buffer);
}

/*
 * Writes a record of @captured bytes of a frame of @length bytes, behind @lost others of its port
 * that are not there; with @fcs if there is one, with the card's time if it is @stamped.
 * Return: false when there was no room.
 */
static __always_inline bool __record(const struct softtap_port *port,
				     struct softtap_buffer *buffer,
				     const struct sk_buff *skb, u32 length, u32 captured, u64 lost,
				     const struct softtap_fcs *fcs, bool stamped)
{
	u32 padded = ALIGN(captured, 4);
	u32 total = record_length(captured, lost);
	void *to = softtap_channel_reserve(buffer, total);

	if (unlikely(!to))
		return false;
	to = put_head(to, port, time_of(port, buffer, skb, stamped), total, captured, length);
	*(u32 *)(to + padded - sizeof(u32)) = 0;
	if (unlikely(!copy(to, skb, length, captured, fcs)))
		return false;
	if (unlikely(skb->ip_summed == CHECKSUM_PARTIAL))
		finish_checksum(to, captured, skb);
	to = put_flags(to + padded, fcs);
	if (lost)
		to = put_drops(to, lost);
	put_end(to, total);
	softtap_channel_commit(buffer, total);
	buffer->inside[port->index]++;
	return true;
}

/*
 * The first record after a loss, those with a time of the card, and those that are cut, or end
 * where nobody can read on. Return: false when there was no room.
 */
static noinline bool record_special(const struct softtap_port *port,
				    struct softtap_buffer *buffer,
				    const struct sk_buff *skb, u32 length, u32 captured)
{
	captured = min(captured, readable_length(skb, length));
	if (!__record(port, buffer, skb, length, captured, buffer->unplaced[port->index], NULL,
		      buffer->stamped))
		return false;
	buffer->unplaced[port->index] = 0;
	count_captured(port, captured);
	return true;
}

/* Return: false when there was no room. */
static __always_inline bool record(const struct softtap_port *port, struct softtap_buffer *buffer,
				   const struct sk_buff *skb, u32 length, u32 snaplen)
{
	if (unlikely(length > snaplen || buffer->unplaced[port->index]))
		return record_special(port, buffer, skb, length,
				      min(length, snaplen ?: READ_ONCE(buffer->limit)));
	if (unlikely(!__record(port, buffer, skb, length, length, 0, NULL, false)))
		return !softtap_frags_readable(skb) &&
		       record_special(port, buffer, skb, length, length);
	count_captured(port, length);
	return true;
}

/* Return: false when there was no room. */
static bool record_with_fcs(const struct softtap_port *port, struct softtap_buffer *buffer,
			    const struct sk_buff *skb, u32 length, const struct softtap_fcs *fcs)
{
	u32 captured = min(readable_length(skb, length) + fcs->length, READ_ONCE(buffer->limit));

	if (!__record(port, buffer, skb, length + fcs->length, captured,
		      buffer->unplaced[port->index], fcs, buffer->stamped))
		return false;
	buffer->unplaced[port->index] = 0;
	count_captured(port, min(captured, length));
	return true;
}

/* Tells who waits for such a frame. Return: whether it is to be recorded. */
static noinline bool is_wanted(const struct softtap_port *port, struct softtap_buffer *buffer,
			       const struct sk_buff *skb)
{
	const struct softtap_filter *trigger = rcu_dereference(buffer->channel->recording.trigger);
	const struct softtap_filter *filter = rcu_dereference(buffer->channel->recording.filter);

	if (trigger && softtap_filter_matches(trigger, port->index, skb))
		softtap_channel_trigger(buffer);
	return !filter || softtap_filter_matches(filter, port->index, skb);
}

static noinline void count_refused(const struct softtap_port *port, struct softtap_load load)
{
	struct softtap_counters *counters = this_cpu_ptr(port->counters);

	u64_stats_update_begin(&counters->sync);
	u64_stats_add(&counters->rx_frames, load.frames);
	u64_stats_add(&counters->rx_bytes, load.bytes);
	u64_stats_add(&counters->refused_frames, load.frames);
	u64_stats_update_end(&counters->sync);
}

/*
 * There was no room. Policy record holds frames back, which is said; others lose the copy.
 * Return: whether they may go on.
 */
static noinline bool miss(const struct softtap_port *port, struct softtap_buffer *buffer,
			  struct softtap_load load, enum softtap_policy policy)
{
	static struct ratelimit_state said =
		RATELIMIT_STATE_INIT_FLAGS(said, 5 * HZ, 1, RATELIMIT_MSG_ON_RELEASE);

	if (policy != SOFTTAP_POLICY_RECORD) {
		count_lost(port, buffer, load.frames);
		return true;
	}
	if (__ratelimit(&said))
		pr_warn("%s: frames are held back: CPU %d has %s (policy record)\n",
			buffer->channel->name, smp_processor_id(),
			buffer->relay ? "a full buffer, the reader or its disk is slow" :
					"no buffer, there was no memory for one");
	count_refused(port, load);
	return false;
}

/*
 * Splits a super-frame as a device without offloads would have it. The work is done on a clone,
 * as segmentation moves headers of its argument; and on a head of its own, as segmentation writes
 * there: sums of TCP that are no longer to be checked (tcp4_gso_segment()), of UDP in any case
 * (udp4_ufo_fragment()). Payload that nobody can read stays where it is: only TCP has such, and
 * others' segmentation would sum it up. Return: a list to free, or an ERR_PTR or NULL.
 */
static struct sk_buff *segment(const struct sk_buff *skb)
{
	bool readable = softtap_frags_readable(skb);
	struct sk_buff *segments, *clone;

	if (!readable && (!skb_is_gso_tcp(skb) || skb->encapsulation))
		return NULL;
	clone = skb_clone((struct sk_buff *)skb, GFP_ATOMIC);
	if (!clone)
		return NULL;
	skb_push(clone, ETH_HLEN);
	segments = skb_cow_head(clone, 0) ? NULL :
		   skb_gso_segment(clone, readable ? 0 : NETIF_F_SG | NETIF_F_HW_CSUM);
	consume_skb(clone);
	return segments;
}

/* The number of segments made is the number of frames, whatever the sender claimed. */
static struct softtap_load load_of_segments(struct sk_buff *segments)
{
	struct softtap_load load = {};
	struct sk_buff *each;

	for (each = segments; each; each = each->next) {
		load.frames++;
		load.bytes += each->len + softtap_vlan_len(each);
		__skb_pull(each, ETH_HLEN);
	}
	return load;
}

/* Frees those that nobody wants. Return: how many they were. */
static u32 leave_out(struct sk_buff **segments, const struct softtap_port *port,
		     struct softtap_buffer *buffer)
{
	struct sk_buff *each;
	u32 left_out = 0;

	while ((each = *segments)) {
		if (is_wanted(port, buffer, each)) {
			segments = &each->next;
			continue;
		}
		*segments = each->next;
		skb_mark_not_on_list(each);
		consume_skb(each);
		left_out++;
	}
	return left_out;
}

static u32 length_of(const struct sk_buff *segment)
{
	return segment->len + ETH_HLEN + softtap_vlan_len(segment);
}

/* Is there room for all of them, of each no more than @snaplen bytes? */
static bool have_room(const struct sk_buff *segments, const struct softtap_port *port,
		      struct softtap_buffer *buffer, u32 snaplen)
{
	bool lost = buffer->unplaced[port->index];
	const struct sk_buff *each;
	struct softtap_room room;

	softtap_channel_room_begin(buffer, &room);
	for (each = segments; each; each = each->next) {
		u32 length = record_length(min(length_of(each), snaplen), lost);

		if (!softtap_channel_room_take(buffer, &room, length))
			return false;
		lost = false;
	}
	return true;
}

/* How many sub-buffers they take when nothing else is there. */
static u32 subbufs_for(const struct sk_buff *segments, const struct softtap_buffer *buffer,
		       u32 snaplen)
{
	const u32 whole = buffer->channel->subbuf_size - SOFTTAP_FILLER_MIN;
	const struct sk_buff *each;
	u32 subbufs = 0, left = 0;

	for (each = segments; each; each = each->next) {
		u32 length = record_length(min(length_of(each), snaplen), false);

		if (length > left) {
			left = whole;
			subbufs++;
		}
		left -= length;
	}
	return subbufs;
}

/*
 * A super-frame had no room. If one sub-buffer is in use, as one always may be, it has none however
 * long the reader has had, and will not pass when it is sent again: that is for the administrator.
 */
static noinline void tell_if_hopeless(const struct sk_buff *segments,
				      const struct softtap_buffer *buffer,
				      struct softtap_load load, u32 snaplen)
{
	static DEFINE_RATELIMIT_STATE(said, 5 * HZ, 1);
	const struct softtap_channel *channel = buffer->channel;
	u32 subbufs = subbufs_for(segments, buffer, snaplen);

	if (!buffer->relay || subbufs < channel->buffer_size / channel->subbuf_size ||
	    !__ratelimit(&said))
		return;
	pr_warn("%s: a frame of %u segments may be held back for ever (policy record): make the tap with subbufs=%u\n",
		channel->name, load.frames, subbufs + 1);
}

static bool record_segment(const struct softtap_port *port, struct softtap_buffer *buffer,
			   const struct sk_buff *skb, u32 length, u32 snaplen)
{
	if (buffer->stamped)
		return record_special(port, buffer, skb, length, min(length, snaplen));
	return record(port, buffer, skb, length, snaplen);
}

static void record_segments(struct sk_buff *segments, const struct softtap_port *port,
			    struct softtap_buffer *buffer, u32 snaplen)
{
	struct sk_buff *each, *next;

	skb_list_walk_safe(segments, each, next) {
		if (!record_segment(port, buffer, each, length_of(each), snaplen))
			count_lost(port, buffer, 1);
		skb_mark_not_on_list(each);
		consume_skb(each);
	}
}

/*
 * A checksum that is no Internet checksum (SCTP's CRC32c) is left to the stack, in a copy. Rare.
 * For a device without offloads that is skb_crc32c_csum_help(), which modules have not always had.
 */
static noinline bool record_crc32c(const struct softtap_port *port, struct softtap_buffer *buffer,
				   const struct sk_buff *skb, u32 length)
{
	struct sk_buff *copy = skb_copy(skb, GFP_ATOMIC);
	bool recorded = copy && !skb_csum_hwoffload_help(copy, 0) &&
			record(port, buffer, copy, length, READ_ONCE(buffer->snaplen));

	kfree_skb(copy);
	return recorded;
}

static __always_inline bool record_any(const struct softtap_port *port,
				       struct softtap_buffer *buffer, const struct sk_buff *skb,
				       u32 length)
{
	if (unlikely(skb->ip_summed == CHECKSUM_PARTIAL && skb_csum_is_sctp((void *)skb) &&
		     softtap_frags_readable(skb)))
		return record_crc32c(port, buffer, skb, length);
	return record(port, buffer, skb, length, READ_ONCE(buffer->snaplen));
}

/* Return: whether it may go on. */
static __always_inline bool capture(const struct softtap_port *port, struct softtap_buffer *buffer,
				    const struct sk_buff *skb, u32 length)
{
	if (likely(record_any(port, buffer, skb, length)))
		return true;
	return miss(port, buffer, (struct softtap_load){ .frames = 1, .bytes = length },
		    READ_ONCE(buffer->policy));
}

/* Nobody records, and nothing passes; or it has to be looked whether it is wanted. */
static noinline bool capture_special(const struct softtap_port *port,
				     struct softtap_buffer *buffer, const struct sk_buff *skb,
				     u32 length, u8 active)
{
	if (active & SOFTTAP_ACTIVE_STOPPED) {
		count_refused(port, (struct softtap_load){ .frames = 1, .bytes = length });
		return false;
	}
	if (is_wanted(port, buffer, skb))
		return capture(port, buffer, skb, length);
	count_filtered(port, 1);
	return true;
}

/**
 * softtap_capture - record a frame that arrived on a port
 * @port: where it arrived
 * @buffer: this CPU's, which is active
 * @skb: not changed; data at the network header; no super-frame
 * @length: bytes of the frame
 * @active: of the buffer, when the frame came
 *
 * It is counted as captured, filtered or lost; or as received and refused.
 *
 * Context: softirq (BH off), RCU read side. Allocates for SCTP only.
 * Return: whether it may go on; it may not when it is refused.
 */
bool softtap_capture(const struct softtap_port *port, struct softtap_buffer *buffer,
		     const struct sk_buff *skb, u32 length, u8 active)
{
	if (unlikely(active != SOFTTAP_ACTIVE))
		return capture_special(port, buffer, skb, length, active);
	return capture(port, buffer, skb, length);
}

/**
 * softtap_capture_with_fcs - record a frame and its FCS
 * @port: where it arrived
 * @buffer: this CPU's, which is active
 * @skb: not changed; data at the network header, without the FCS; no super-frame
 * @length: bytes of the frame without it
 * @active: of the buffer, when the frame came
 * @fcs: the FCS, and what is wrong with the frame
 *
 * As softtap_capture(). The snaplen counts bytes of the FCS, a filter does not see them.
 *
 * Context: softirq (BH off), RCU read side.
 * Return: whether it may go on; it may not when it is refused.
 */
bool softtap_capture_with_fcs(const struct softtap_port *port, struct softtap_buffer *buffer,
			      const struct sk_buff *skb, u32 length, u8 active,
			      const struct softtap_fcs *fcs)
{
	const struct softtap_load load = { .frames = 1, .bytes = length };

	if (active & SOFTTAP_ACTIVE_STOPPED) {
		count_refused(port, load);
		return false;
	}
	if (active != SOFTTAP_ACTIVE && !is_wanted(port, buffer, skb)) {
		count_filtered(port, 1);
		return true;
	}
	return record_with_fcs(port, buffer, skb, length, fcs) ||
	       miss(port, buffer, load, READ_ONCE(buffer->policy));
}

/* Return: whether all of them may go on. */
static bool capture_segments(const struct softtap_port *port, struct softtap_buffer *buffer,
			     struct sk_buff *segments, struct softtap_load load, u8 active)
{
	const enum softtap_policy policy = READ_ONCE(buffer->policy);
	const u32 snaplen = READ_ONCE(buffer->limit);	/* the same for all of them */
	u32 left_out = 0;

	if (active & SOFTTAP_ACTIVE_PICKY)
		left_out = leave_out(&segments, port, buffer);
	if (policy == SOFTTAP_POLICY_RECORD && !have_room(segments, port, buffer, snaplen)) {
		tell_if_hopeless(segments, buffer, load, snaplen);
		kfree_skb_list(segments);
		return miss(port, buffer, load, policy);
	}
	count_filtered(port, left_out);
	record_segments(segments, port, buffer, snaplen);
	return true;
}

/**
 * softtap_capture_super - record a super-frame that arrived on a port, as its segments
 * @port: where it arrived
 * @buffer: this CPU's, which is active
 * @skb: not changed; data at the network header
 * @load: what it says it amounts to
 * @active: of the buffer, when it came
 *
 * Each of its frames is counted as captured, filtered or lost; or all of them as received and
 * refused, as it goes on as a whole: with policy record, when all are recorded that are wanted.
 *
 * Context: softirq (BH off), RCU read side. Allocates.
 * Return: what it amounts to, which is the segments that were made; nothing when it is refused.
 */
struct softtap_load softtap_capture_super(const struct softtap_port *port,
					  struct softtap_buffer *buffer,
					  const struct sk_buff *skb, struct softtap_load load,
					  u8 active)
{
	struct sk_buff *segments;
	bool passes = false;

	if (active & SOFTTAP_ACTIVE_STOPPED) {
		count_refused(port, load);
		return (struct softtap_load){};
	}
	segments = segment(skb);
	if (IS_ERR_OR_NULL(segments)) {
		passes = miss(port, buffer, load, READ_ONCE(buffer->policy));
	} else {
		load = load_of_segments(segments);
		passes = capture_segments(port, buffer, segments, load, active);
	}
	return passes ? load : (struct softtap_load){};
}
