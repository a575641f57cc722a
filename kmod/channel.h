/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _SOFTTAP_CHANNEL_H
#define _SOFTTAP_CHANNEL_H

#include <linux/cpumask.h>
#include <linux/kref.h>
#include <linux/local_lock.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/relay.h>
#include <linux/timekeeping.h>
#include <linux/uidgid.h>
#include <linux/wait.h>
#include "settings.h"
#include "softtap.h"

struct softtap_counters;
struct softtap_filter;

/* What capturing has to think of; 0 when frames are idle. */
#define SOFTTAP_ACTIVE		1	/* frames are recorded, or one of these: */
#define SOFTTAP_ACTIVE_PICKY	2	/* there is a filter or a trigger */
#define SOFTTAP_ACTIVE_STOPPED	4	/* nobody records, and what is not recorded is held back */

/**
 * struct softtap_buffer - one CPU's side of a channel
 * @active: SOFTTAP_ACTIVE*; written by whoever reads, and by sysfs
 * @policy: enum softtap_policy, what happens when there is no room; written by sysfs
 * @stamped: records have times of the cards; written when nothing is recorded
 * @snaplen: bytes that an ordinary record can have, 0 when there are none; written by sysfs and the
 *	reader's calls
 * @limit: bytes of a frame to record at most; likewise
 * @at: where the next record goes
 * @end: records of the current sub-buffer end before it; behind it the filler always fits
 * @position: of @at
 * @positions: this CPU's entry in the control area
 * @clock: what turns the monotonic clock into the records' clock, ns; written by START
 * @unplaced: frames lost on each port since its last record here; STOP forgets them
 * @inside: records of each port in the current sub-buffer
 * @relay: the relay's buffer, NULL (as @at and @end) on a CPU that never was online, or came when
 *	there was no memory. Its own offset is up to date only while sub-buffers are switched.
 * @channel: back pointer
 * @cpu: whose side this is
 * @recording: what is not filtered is recorded; written by START, STOP and the reader's end
 * @frames: records of each port in the other sub-buffers
 * @taken: records of each port before the reader's last position, in the sub-buffer that it is in;
 *	set when the policy becomes flight
 * @highest: bytes that waited for the reader at most, when sub-buffers were switched; recording
 *	begins with 0
 * @lock: nested in BH off: where softirqs of one CPU can preempt each other it keeps them apart;
 *	elsewhere it is nothing
 * @given: position of the first sub-buffer that is not given back whole; the reader's
 *
 * But for the fields named as the reader's or as written by reader calls, all is the recording
 * CPU's own, in softirq (BH off, RCU read side), under @lock.
 */
struct softtap_buffer {
	u8 active;
	u8 policy;
	bool stamped;
	u32 snaplen;
	void *at;
	void *end;
	u64 position;
	struct softtap_positions *positions;
	s64 clock;
	u64 unplaced[SOFTTAP_PORTS];
	u32 inside[SOFTTAP_PORTS];
	struct rchan_buf *relay;
	struct softtap_channel *channel;
	unsigned int cpu;
	bool recording;
	u32 limit;
	u32 (*frames)[SOFTTAP_PORTS];
	u32 taken[SOFTTAP_PORTS];
	u32 highest;
	local_lock_t lock;
	u64 given ____cacheline_aligned_in_smp;
};

/**
 * struct softtap_recording - whether frames are recorded, and how; recording.c
 * @policy: as in the buffers
 * @snaplen: the tap's limit, 0 for none
 * @stamped: as in the buffers
 * @filter: what is recorded, NULL for all; the reader's
 * @trigger: what the reader waits for, NULL for nothing
 * @stopped: it has been said that nothing passes, as nobody records
 * @horizon: a time, ns of the records' clock, before @grace was started
 * @grace: the grace period after which @horizon holds
 *
 * All of it is changed under the channel's lock.
 */
struct softtap_recording {
	enum softtap_policy policy;
	u32 snaplen;
	bool stamped;
	struct softtap_filter __rcu *filter;
	struct softtap_filter __rcu *trigger;
	bool stopped;
	u64 horizon;
	unsigned long grace;
};

/**
 * struct softtap_reading - who reads, and what the next one is to know; reader.c
 * @whole: somebody reads all CPUs, through the device
 * @claimed: CPUs that somebody reads through a debugfs file
 * @snaplen: the reader's limit, 0 for none
 * @note: left by a reader for the next one, NULL for none
 * @note_length: bytes of it
 * @note_uid: the user who left it
 *
 * All of it is under the channel's lock.
 */
struct softtap_reading {
	bool whole;
	cpumask_var_t claimed;
	u32 snaplen;
	void *note;
	u32 note_length;
	kuid_t note_uid;
};

/**
 * struct softtap_channel - a tap's buffers
 * @buffers: per CPU
 * @processors: among those who are told when a CPU comes online
 * @control: the control area, struct softtap_positions per possible CPU
 * @control_size: its bytes, whole pages
 * @subbuf_size: bytes of a sub-buffer
 * @buffer_size: bytes of a CPU's buffer
 * @name: the tap's, for messages
 * @ports: of the tap
 * @counters: of each port, for what is overwritten; not used any more when @closed is set
 * @ref: the tap holds one, each open file holds one
 * @lock: protects @closed, @recording and @reading, serialises the reader's calls
 * @recording: what is recorded
 * @reading: who reads it
 * @closed: the tap is gone; what is in the buffers can still be read
 * @triggered: when a frame came that the reader waits for, ns of the records' clock; 0 for not yet
 * @wait: woken when @closed or @triggered is set
 */
struct softtap_channel {
	struct softtap_buffer __percpu *buffers;
	struct hlist_node processors;
	struct softtap_positions *control;
	size_t control_size;
	u32 subbuf_size;
	u32 buffer_size;
	char name[SOFTTAP_NAME_SIZE];
	unsigned int ports;
	struct softtap_counters __percpu *counters[SOFTTAP_PORTS];
	struct kref ref;
	struct mutex lock;	/* see above */
	struct softtap_recording recording;
	struct softtap_reading reading;
	bool closed;
	u64 triggered;
	wait_queue_head_t wait;
};

/**
 * softtap_channel_buffer - one CPU's side
 * @channel: a channel
 * @cpu: a possible CPU
 */
static inline struct softtap_buffer *softtap_channel_buffer(const struct softtap_channel *channel,
							    int cpu)
{
	return per_cpu_ptr(channel->buffers, cpu);
}

int softtap_channel_init(void);
void softtap_channel_exit(void);
struct softtap_channel *softtap_channel_create(const struct softtap_settings *settings);
void softtap_channel_close(struct softtap_channel *channel);
void softtap_channel_get(struct softtap_channel *channel);
void softtap_channel_put(struct softtap_channel *channel);

/**
 * struct softtap_fill - how full a channel's fullest buffer is
 * @now: bytes that wait for the reader
 * @highest: at most since recording began
 */
struct softtap_fill {
	u32 now;
	u32 highest;
};

void softtap_channel_fill(const struct softtap_channel *channel, struct softtap_fill *fill);

void softtap_channel_trigger(struct softtap_buffer *buffer);
bool softtap_channel_next_subbuf(struct softtap_buffer *buffer, u32 length);

/**
 * struct softtap_room - room for several records, looked for before the first is written
 * @left: bytes left in a sub-buffer
 * @next: position of the one behind it
 */
struct softtap_room {
	u32 left;
	u64 next;
};

void softtap_channel_room_begin(const struct softtap_buffer *buffer, struct softtap_room *room);
bool softtap_channel_room_take(const struct softtap_buffer *buffer, struct softtap_room *room,
			       u32 length);

/**
 * softtap_channel_reserve - get room for a record on this CPU
 * @buffer: this CPU's
 * @length: bytes of the record, a multiple of 4
 *
 * Without a commit after it, nothing has happened.
 *
 * Context: softirq on the buffer's CPU.
 * Return: where to write the record, NULL when the buffer is full.
 */
static inline void *softtap_channel_reserve(struct softtap_buffer *buffer, u32 length)
{
	if (unlikely(length > buffer->end - buffer->at) &&
	    !softtap_channel_next_subbuf(buffer, length))
		return NULL;
	return buffer->at;
}

/**
 * softtap_channel_commit - publish a record that is written
 * @buffer: this CPU's
 * @length: as reserved
 */
static inline void softtap_channel_commit(struct softtap_buffer *buffer, u32 length)
{
	buffer->at += length;
	buffer->position += length;
	/* Pairs with the reader's load-acquire: what lies before the position is written. */
	smp_store_release(&buffer->positions->committed, buffer->position);
}

/**
 * softtap_channel_now - the records' clock
 * @buffer: this CPU's
 *
 * Return: ns since 1970-01-01 UTC, as the wall clock was when recording began; never steps.
 */
static inline u64 softtap_channel_now(const struct softtap_buffer *buffer)
{
	return ktime_get_ns() + buffer->clock;
}

#endif /* _SOFTTAP_CHANNEL_H */
