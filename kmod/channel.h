/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _SOFTTAP_CHANNEL_H
#define _SOFTTAP_CHANNEL_H

#include <linux/cpumask.h>
#include <linux/kref.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/relay.h>
#include <linux/timekeeping.h>
#include <linux/wait.h>
#include "softtap.h"

struct softtap_settings;

/**
 * struct softtap_buffer - one CPU's side of a channel
 * @recording: a reader wants this CPU's frames; written by reader open and close
 * @at: where the next record goes
 * @end: records of the current sub-buffer end before it; behind it the filler always fits
 * @position: of @at
 * @positions: this CPU's entry in the control area
 * @clock: what turns the monotonic clock into the records' clock, ns; written by START
 * @unplaced: frames lost on each port since its last record here; STOP forgets them
 * @relay: the relay's buffer, NULL (as @at and @end) on a CPU that never was online. Its own
 *	offset is up to date only while sub-buffers are switched.
 * @channel: back pointer
 * @given: position of the first sub-buffer that is not given back whole; the reader's
 *
 * But for the fields named as the reader's or as written by reader calls, all is the recording
 * CPU's own, in softirq (BH off, RCU read side).
 */
struct softtap_buffer {
	bool recording;
	void *at;
	void *end;
	u64 position;
	struct softtap_positions *positions;
	s64 clock;
	u64 unplaced[SOFTTAP_PORTS];
	struct rchan_buf *relay;
	struct softtap_channel *channel;
	u64 given ____cacheline_aligned_in_smp;
};

/**
 * struct softtap_channel - a tap's buffers and who reads them
 * @buffers: per CPU
 * @relay: owns the memory
 * @control: the control area, struct softtap_positions per possible CPU
 * @control_size: its bytes, whole pages
 * @subbuf_size: bytes of a sub-buffer
 * @buffer_size: bytes of a CPU's buffer
 * @ref: the tap holds one, each open file holds one
 * @lock: protects @whole, @claimed and @closed, serialises START, STOP, HAND and CONSUME
 * @whole: somebody reads all CPUs, through the device
 * @claimed: CPUs that somebody reads through a debugfs file
 * @closed: the tap is gone; what is in the buffers can still be read
 * @horizon: a time, ns of the records' clock, before @grace was started; @lock
 * @grace: the grace period after which @horizon holds; @lock
 * @wait: woken when @closed is set
 */
struct softtap_channel {
	struct softtap_buffer __percpu *buffers;
	struct rchan *relay;
	struct softtap_positions *control;
	size_t control_size;
	u32 subbuf_size;
	u32 buffer_size;
	struct kref ref;
	struct mutex lock;	/* see above */
	bool whole;
	cpumask_var_t claimed;
	bool closed;
	u64 horizon;
	unsigned long grace;
	wait_queue_head_t wait;
};

struct softtap_channel *softtap_channel_create(const struct softtap_settings *settings);
void softtap_channel_close(struct softtap_channel *channel);
void softtap_channel_get(struct softtap_channel *channel);
void softtap_channel_put(struct softtap_channel *channel);

#define SOFTTAP_ALL_CPUS	(-1)
int softtap_channel_claim(struct softtap_channel *channel, int cpu);
void softtap_channel_release(struct softtap_channel *channel, int cpu);
int softtap_channel_start(struct softtap_channel *channel, int cpu);
void softtap_channel_stop(struct softtap_channel *channel, int cpu, struct softtap_stop *stop);
int softtap_channel_hand(struct softtap_channel *channel, u32 cpu, u64 position);
int softtap_channel_consume(struct softtap_channel *channel, u32 cpu, u64 position);
u64 softtap_channel_horizon(struct softtap_channel *channel);
bool softtap_channel_ready(struct softtap_channel *channel, int cpu);

bool softtap_channel_next_subbuf(struct softtap_buffer *buffer, u32 length);

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
 * Return: ns since 1970-01-01 UTC, as the wall clock was when the reader attached; never steps.
 */
static inline u64 softtap_channel_now(const struct softtap_buffer *buffer)
{
	return ktime_get_ns() + buffer->clock;
}

#endif /* _SOFTTAP_CHANNEL_H */
