// SPDX-License-Identifier: GPL-2.0
/*
 * The reader of a channel: one at a time, through the device or through debugfs. It says when to
 * record, and gives back what it has read.
 */
#include <linux/cred.h>
#include <linux/netdevice.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include "capture_filter.h"
#include "channel.h"
#include "reader.h"
#include "recording.h"

/**
 * softtap_reader_claim - become the reader
 * @channel: to read
 * @cpu: whose buffer, or SOFTTAP_ALL_CPUS
 *
 * Return: 0, -EBUSY when somebody reads it already, -ENODEV when the tap is gone.
 */
int softtap_reader_claim(struct softtap_channel *channel, int cpu)
{
	int err = 0;

	mutex_lock(&channel->lock);
	if (channel->closed)
		err = -ENODEV;
	else if (channel->reading.whole)
		err = -EBUSY;
	else if (cpu != SOFTTAP_ALL_CPUS)
		err = cpumask_test_and_set_cpu(cpu, channel->reading.claimed) ? -EBUSY : 0;
	else if (cpumask_empty(channel->reading.claimed))
		channel->reading.whole = true;
	else
		err = -EBUSY;
	mutex_unlock(&channel->lock);
	return err;
}

/* What the reader has set of this kind. */
static struct softtap_filter *__current(struct softtap_channel *channel,
					struct softtap_filter __rcu *const *which)
{
	return rcu_dereference_protected(*which, lockdep_is_held(&channel->lock));
}

/* On return no frame is being looked at with the old one, which is gone. */
static void __replace(struct softtap_channel *channel, struct softtap_filter __rcu **which,
		      struct softtap_filter *filter)
{
	struct softtap_filter *old = __current(channel, which);

	rcu_assign_pointer(*which, filter);
	__softtap_recording_tell_cpus(channel);
	if (!old)
		return;
	synchronize_net();
	softtap_filter_destroy(old);
}

/**
 * softtap_reader_set_filter - record only what is meant from now on
 * @channel: claimed as a whole
 * @filter: is the channel's then; NULL for all
 *
 * Context: process, sleeps for a grace period.
 */
void softtap_reader_set_filter(struct softtap_channel *channel, struct softtap_filter *filter)
{
	mutex_lock(&channel->lock);
	__replace(channel, &channel->recording.filter, filter);
	mutex_unlock(&channel->lock);
}

/**
 * softtap_reader_set_trigger - wait for a frame from now on
 * @channel: claimed as a whole
 * @trigger: is the channel's then; NULL to wait no more
 *
 * Context: process, sleeps for a grace period.
 */
void softtap_reader_set_trigger(struct softtap_channel *channel, struct softtap_filter *trigger)
{
	mutex_lock(&channel->lock);
	__replace(channel, &channel->recording.trigger, NULL);
	WRITE_ONCE(channel->triggered, 0);
	__replace(channel, &channel->recording.trigger, trigger);
	mutex_unlock(&channel->lock);
}

/**
 * softtap_reader_set_snaplen - record at most so much of a frame from now on
 * @channel: claimed as a whole
 * @snaplen: bytes, 0 for no limit but the tap's
 *
 * Context: process.
 */
void softtap_reader_set_snaplen(struct softtap_channel *channel, u32 snaplen)
{
	mutex_lock(&channel->lock);
	channel->reading.snaplen = snaplen;
	__softtap_recording_set_snaplen(channel);
	mutex_unlock(&channel->lock);
}

/**
 * softtap_reader_leave_note - keep something for the next reader
 * @channel: claimed as a whole
 * @note: it, in the caller's memory
 *
 * Context: process.
 * Return: 0, -EINVAL, -EFAULT, -ENOMEM; then the note before stays.
 */
int softtap_reader_leave_note(struct softtap_channel *channel, const struct softtap_note *note)
{
	void *text = NULL;

	if (note->length > SOFTTAP_NOTE_MAX || note->uid)
		return -EINVAL;
	if (note->length)
		text = memdup_user(u64_to_user_ptr(note->text), note->length);
	if (IS_ERR(text))
		return PTR_ERR(text);
	mutex_lock(&channel->lock);
	swap(channel->reading.note, text);
	channel->reading.note_length = note->length;
	channel->reading.note_uid = current_euid();
	mutex_unlock(&channel->lock);
	kfree(text);
	return 0;
}

/**
 * softtap_reader_read_note - tell what the reader before has left
 * @channel: claimed as a whole
 * @note: where to put it, in the caller's memory; its length is set, and who left it
 *
 * The caller's memory may be slow to come, or never: it is not waited for under the lock.
 *
 * Context: process.
 * Return: 0, -EFAULT, -ENOMEM.
 */
int softtap_reader_read_note(struct softtap_channel *channel, struct softtap_note *note)
{
	u32 room = note->length;
	int err = 0;
	void *text;

	mutex_lock(&channel->lock);
	note->length = channel->reading.note_length;
	note->uid = from_kuid(current_user_ns(), channel->reading.note_uid);
	text = kmemdup(channel->reading.note, note->length, GFP_KERNEL);
	mutex_unlock(&channel->lock);
	if (!text)
		return -ENOMEM;
	if (note->length <= room && copy_to_user(u64_to_user_ptr(note->text), text, note->length))
		err = -EFAULT;
	kfree(text);
	return err;
}

/**
 * softtap_reader_release - stop being the reader
 * @channel: claimed
 * @cpu: as claimed
 *
 * Records that were not consumed stay for the next reader, as does the account of frames lost
 * after the last of them.
 *
 * Context: process, sleeps for a grace period.
 */
void softtap_reader_release(struct softtap_channel *channel, int cpu)
{
	mutex_lock(&channel->lock);
	if (channel->recording.policy != SOFTTAP_POLICY_FLIGHT)
		__softtap_recording_end(channel, cpu);
	if (cpu == SOFTTAP_ALL_CPUS) {
		__replace(channel, &channel->recording.filter, NULL);
		__replace(channel, &channel->recording.trigger, NULL);
		WRITE_ONCE(channel->triggered, 0);
		channel->reading.snaplen = 0;
		__softtap_recording_set_snaplen(channel);
		channel->reading.whole = false;
	} else {
		cpumask_clear_cpu(cpu, channel->reading.claimed);
	}
	mutex_unlock(&channel->lock);
}

/**
 * softtap_reader_start - record from now on
 * @channel: claimed
 * @cpu: as claimed
 *
 * Context: process, sleeps for a grace period.
 * Return: 0, -EALREADY, -ENODEV when the tap is gone, -EOPNOTSUPP with policy flight, which records
 * by itself.
 */
int softtap_reader_start(struct softtap_channel *channel, int cpu)
{
	int err = 0;

	mutex_lock(&channel->lock);
	if (channel->closed)
		err = -ENODEV;
	else if (channel->recording.policy == SOFTTAP_POLICY_FLIGHT)
		err = -EOPNOTSUPP;
	else if (cpu == SOFTTAP_ALL_CPUS && __softtap_is_recording(channel))
		err = -EALREADY;
	else
		__softtap_recording_begin(channel, cpu);
	mutex_unlock(&channel->lock);
	return err;
}

static void __stop(struct softtap_channel *channel, int which, struct softtap_stop *stop)
{
	int cpu, port;

	lockdep_assert_held(&channel->lock);
	__softtap_recording_end(channel, which);
	for_each_possible_cpu(cpu) {
		struct softtap_buffer *buffer = softtap_channel_buffer(channel, cpu);

		if (!softtap_concerns(which, cpu))
			continue;
		for (port = 0; port < SOFTTAP_PORTS; port++) {
			stop->unplaced[port] += buffer->unplaced[port];
			buffer->unplaced[port] = 0;
		}
	}
}

/**
 * softtap_reader_stop - record no longer, and settle the account
 * @channel: claimed
 * @cpu: as claimed
 * @stop: filled with the frames lost after the last record, which are forgotten then
 *
 * Context: process, sleeps for a grace period.
 * Return: 0, -EOPNOTSUPP with policy flight.
 */
int softtap_reader_stop(struct softtap_channel *channel, int cpu, struct softtap_stop *stop)
{
	int err = 0;

	memset(stop, 0, sizeof(*stop));
	mutex_lock(&channel->lock);
	if (channel->recording.policy == SOFTTAP_POLICY_FLIGHT)
		err = -EOPNOTSUPP;
	else
		__stop(channel, cpu, stop);
	mutex_unlock(&channel->lock);
	return err;
}

static bool __within(const struct softtap_positions *at, u64 position)
{
	return position >= at->consumed && position <= READ_ONCE(at->committed) &&
	       !(position & 3);
}

/**
 * softtap_reader_hand - note that all up to @position is about to be written to a file
 * @channel: claimed
 * @cpu: whose buffer
 * @position: the end of a block
 *
 * Context: process.
 * Return: 0, -EINVAL for a position outside of what is committed and not consumed, -EOPNOTSUPP with
 * policy flight.
 */
int softtap_reader_hand(struct softtap_channel *channel, u32 cpu, u64 position)
{
	struct softtap_positions *at;
	int err = -EINVAL;

	if (cpu >= nr_cpu_ids || !cpu_possible(cpu))
		return -EINVAL;
	at = &channel->control[cpu];
	mutex_lock(&channel->lock);
	if (channel->recording.policy == SOFTTAP_POLICY_FLIGHT) {
		err = -EOPNOTSUPP;
	} else if (__within(at, position)) {
		WRITE_ONCE(at->handed, position);
		err = 0;
	}
	mutex_unlock(&channel->lock);
	return err;
}

/**
 * softtap_reader_consume - give all up to @position back to the writer
 * @channel: claimed
 * @cpu: whose buffer
 * @position: the end of a block
 *
 * The writer may use a sub-buffer again once all of it is given back.
 *
 * Context: process.
 * Return: 0, -EINVAL for a position outside of what is committed and not consumed, -EOPNOTSUPP with
 * policy flight.
 */
int softtap_reader_consume(struct softtap_channel *channel, u32 cpu, u64 position)
{
	struct softtap_buffer *buffer;
	struct softtap_positions *at;
	int err = -EINVAL;

	if (cpu >= nr_cpu_ids || !cpu_possible(cpu))
		return -EINVAL;
	at = &channel->control[cpu];
	buffer = softtap_channel_buffer(channel, cpu);
	mutex_lock(&channel->lock);
	if (channel->recording.policy == SOFTTAP_POLICY_FLIGHT) {
		err = -EOPNOTSUPP;
	} else if (__within(at, position)) {
		while (buffer->given + channel->subbuf_size <= position)
			WRITE_ONCE(buffer->given, buffer->given + channel->subbuf_size);
		if (at->handed < position)
			WRITE_ONCE(at->handed, position);
		/* Pairs with the acquire in is_free(): what was read was read before. */
		smp_store_release(&at->consumed, position);
		err = 0;
	}
	mutex_unlock(&channel->lock);
	return err;
}

static bool has_whole_subbuf(const struct softtap_channel *channel,
			     const struct softtap_buffer *buffer)
{
	return READ_ONCE(buffer->positions->committed) >=
	       READ_ONCE(buffer->given) + channel->subbuf_size;
}

/**
 * softtap_reader_ready - is there a whole sub-buffer to take, or an end to tell
 * @channel: claimed
 * @cpu: as claimed
 *
 * Context: any, no lock: for poll.
 * Return: true when the reader should have a look.
 */
bool softtap_reader_ready(const struct softtap_channel *channel, int cpu)
{
	int each;

	if (READ_ONCE(channel->closed))
		return true;
	for_each_possible_cpu(each)
		if (softtap_concerns(cpu, each) &&
		    has_whole_subbuf(channel, softtap_channel_buffer(channel, each)))
			return true;
	return false;
}
