// SPDX-License-Identifier: GPL-2.0
/*
 * Recording: whether frames are recorded, by which policy, and how much of each.
 *
 * The hot path reads a copy of all this from its CPU's buffer. Here it is written, under the
 * channel's lock.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/netdevice.h>
#include <linux/printk.h>
#include "channel_flight.h"
#include "recording.h"

/* How old a time may be that is told as horizon, ns. */
#define HORIZON_AGE_MAX	(20 * NSEC_PER_MSEC)

/**
 * __softtap_is_recording - are frames of any CPU recorded
 * @channel: whose
 *
 * Context: any; without the channel's lock it may be over when it is told.
 */
bool __softtap_is_recording(const struct softtap_channel *channel)
{
	int cpu;

	for_each_possible_cpu(cpu)
		if (READ_ONCE(softtap_channel_buffer(channel, cpu)->recording))
			return true;
	return false;
}

/**
 * softtap_recording_stops_wire - does nothing pass, as nobody records
 * @channel: whose
 *
 * Context: any.
 */
bool softtap_recording_stops_wire(const struct softtap_channel *channel)
{
	return READ_ONCE(channel->recording.policy) == SOFTTAP_POLICY_RECORD &&
	       !__softtap_is_recording(channel);
}

/* Says loudly when the wire is stopped, and when it is no more. */
static void __tell_stopped(struct softtap_channel *channel)
{
	bool stopped = softtap_recording_stops_wire(channel) && !channel->closed;

	lockdep_assert_held(&channel->lock);
	if (stopped && !channel->recording.stopped)
		pr_warn("%s: THE WIRE IS STOPPED: policy record lets nothing pass that nobody records; start a reader (softtap capture)\n",
			channel->name);
	else if (!stopped && channel->recording.stopped)
		pr_info("%s: the wire is no longer stopped\n", channel->name);
	channel->recording.stopped = stopped;
}

static u8 __active(const struct softtap_channel *channel, bool recording)
{
	bool picky = rcu_access_pointer(channel->recording.filter) ||
		     rcu_access_pointer(channel->recording.trigger);

	if (recording)
		return SOFTTAP_ACTIVE | (picky ? SOFTTAP_ACTIVE_PICKY : 0);
	if (channel->recording.policy == SOFTTAP_POLICY_RECORD)
		return SOFTTAP_ACTIVE | SOFTTAP_ACTIVE_STOPPED;
	return 0;
}

/**
 * __softtap_recording_tell_cpus - make what is set known to the hot path
 * @channel: whose
 *
 * Context: process; the channel's lock is held.
 */
void __softtap_recording_tell_cpus(struct softtap_channel *channel)
{
	int cpu;

	lockdep_assert_held(&channel->lock);
	for_each_possible_cpu(cpu) {
		struct softtap_buffer *buffer = softtap_channel_buffer(channel, cpu);

		WRITE_ONCE(buffer->policy, channel->recording.policy);
		WRITE_ONCE(buffer->active, __active(channel, buffer->recording));
	}
}

static bool __is_empty(const struct softtap_channel *channel)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		const struct softtap_positions *at = &channel->control[cpu];

		if (READ_ONCE(at->committed) != READ_ONCE(at->consumed))
			return false;
	}
	return true;
}

static struct softtap_buffer *first_buffer(const struct softtap_channel *channel)
{
	return softtap_channel_buffer(channel, cpumask_first(cpu_possible_mask));
}

/**
 * softtap_recording_now - the records' clock
 * @channel: whose
 *
 * Return: see softtap_channel_now(); it is the same for all CPUs.
 */
u64 softtap_recording_now(const struct softtap_channel *channel)
{
	return softtap_channel_now(first_buffer(channel));
}

/* Slewing leaves it alone. */
static s64 wall_offset(void)
{
	return ktime_to_ns(ktime_mono_to_real(0));
}

/**
 * softtap_recording_clock - compare the records' clock with the wall clock
 * @channel: claimed as a whole
 * @clock: filled
 *
 * Context: any.
 */
void softtap_recording_clock(const struct softtap_channel *channel, struct softtap_clock *clock)
{
	clock->monotonic = ktime_get_ns();
	clock->records = READ_ONCE(first_buffer(channel)->clock);
	clock->wall = wall_offset();
}

/**
 * softtap_recording_horizon - a time that no record to come will have
 * @channel: claimed
 *
 * A record's time is read and the record committed within one RCU read-side section (the receive
 * path's), so after a grace period every record with a time before its start is committed.
 *
 * Each call starts a grace period for the next one. A reader that comes often waits for little
 * more than what is left of that; for one that comes seldom it would be old, and a new one is
 * waited for.
 *
 * Context: process, sleeps for a grace period at most.
 * Return: ns of the records' clock.
 */
u64 softtap_recording_horizon(struct softtap_channel *channel)
{
	u64 now = softtap_recording_now(channel);
	u64 horizon;

	mutex_lock(&channel->lock);
	horizon = channel->recording.horizon;
	if (now - horizon < HORIZON_AGE_MAX) {
		cond_synchronize_rcu(channel->recording.grace);
	} else {
		synchronize_rcu();
		horizon = now;
		now = softtap_recording_now(channel);
	}
	channel->recording.horizon = now;
	channel->recording.grace = start_poll_synchronize_rcu();
	if (channel->recording.stamped)
		horizon -= min_t(u64, horizon, SOFTTAP_RESIDENCE_MAX);
	mutex_unlock(&channel->lock);
	return horizon;
}

/*
 * The offset to the wall clock is taken when nothing recorded with another one is left: a reader
 * that finishes what a dead one left gets one unbroken order.
 */
static void __set_clock(struct softtap_channel *channel)
{
	s64 clock = wall_offset();
	int cpu;

	if (__softtap_is_recording(channel) || !__is_empty(channel))
		return;
	for_each_possible_cpu(cpu)
		WRITE_ONCE(softtap_channel_buffer(channel, cpu)->clock, clock);
	channel->recording.horizon = 0;
	synchronize_net();	/* a frame that is recorded from now on sees it */
}

/**
 * __softtap_recording_begin - record from now on
 * @channel: whose
 * @which: CPU, or SOFTTAP_ALL_CPUS
 *
 * Context: process, sleeps for a grace period; the channel's lock is held.
 */
void __softtap_recording_begin(struct softtap_channel *channel, int which)
{
	int cpu;

	lockdep_assert_held(&channel->lock);
	__set_clock(channel);
	for_each_possible_cpu(cpu) {
		struct softtap_buffer *buffer = softtap_channel_buffer(channel, cpu);

		if (!softtap_concerns(which, cpu))
			continue;
		WRITE_ONCE(buffer->highest, 0);
		WRITE_ONCE(buffer->recording, true);
	}
	__softtap_recording_tell_cpus(channel);
	__tell_stopped(channel);
}

/**
 * __softtap_recording_end - record no longer
 * @channel: whose
 * @which: CPU, or SOFTTAP_ALL_CPUS
 *
 * On return no frame is being recorded there.
 *
 * Context: process, sleeps for a grace period; the channel's lock is held.
 */
void __softtap_recording_end(struct softtap_channel *channel, int which)
{
	int cpu;

	lockdep_assert_held(&channel->lock);
	for_each_possible_cpu(cpu)
		if (softtap_concerns(which, cpu))
			WRITE_ONCE(softtap_channel_buffer(channel, cpu)->recording, false);
	__softtap_recording_tell_cpus(channel);
	synchronize_net();
	__tell_stopped(channel);
}

static void __set_policy(struct softtap_channel *channel, enum softtap_policy policy)
{
	WRITE_ONCE(channel->recording.policy, policy);
	__softtap_recording_tell_cpus(channel);
}

/*
 * Nobody reads, so nothing is written yet. What a reader has left is overwritten with the rest. The
 * old policy holds until frames are recorded.
 */
static void __begin_flight(struct softtap_channel *channel)
{
	int cpu;

	lockdep_assert_held(&channel->lock);
	for_each_possible_cpu(cpu)
		softtap_flight_begin(softtap_channel_buffer(channel, cpu));
	__softtap_recording_begin(channel, SOFTTAP_ALL_CPUS);
}

/* The new policy holds already. What is in the buffers is left for the next reader. */
static void __end_flight(struct softtap_channel *channel)
{
	int cpu;

	__softtap_recording_end(channel, SOFTTAP_ALL_CPUS);
	for_each_possible_cpu(cpu)
		softtap_flight_end(softtap_channel_buffer(channel, cpu));
}

static bool __is_read(const struct softtap_channel *channel)
{
	return channel->reading.whole || !cpumask_empty(channel->reading.claimed);
}

/*
 * Between wire and record nothing changes but the answer to a full buffer; each frame has one. To
 * flight and back, who gives space back changes: not under a reader's eyes.
 */
static int __change_policy(struct softtap_channel *channel, enum softtap_policy policy)
{
	bool was = channel->recording.policy == SOFTTAP_POLICY_FLIGHT;
	bool is = policy == SOFTTAP_POLICY_FLIGHT;

	if (was != is && __is_read(channel)) {
		pr_err("%s: policy %s while somebody reads: end softtap capture or snapshot first\n",
		       channel->name, softtap_policy_names[policy]);
		return -EBUSY;
	}
	if (is && !was)
		__begin_flight(channel);
	__set_policy(channel, policy);
	if (was && !is)
		__end_flight(channel);
	__tell_stopped(channel);
	return 0;
}

/**
 * softtap_recording_set_policy - change what happens when the buffer is full
 * @channel: open
 * @policy: the new policy
 *
 * Logs one line when it refuses.
 *
 * Context: process, sleeps for a grace period.
 * Return: 0, -EBUSY to or from flight while there is a reader, -EINVAL for record on a tap that
 * only listens.
 */
int softtap_recording_set_policy(struct softtap_channel *channel, enum softtap_policy policy)
{
	int err = softtap_policy_check(policy, channel->ports);

	if (err)
		return err;
	mutex_lock(&channel->lock);
	err = __change_policy(channel, policy);
	mutex_unlock(&channel->lock);
	return err;
}

/**
 * softtap_recording_hold - let nobody begin to record for a moment
 * @channel: open
 *
 * For what must not change under the eyes of a reader. Logs one line when it refuses.
 *
 * Context: process; softtap_recording_let_go() ends it.
 * Return: 0, -EBUSY if somebody reads, or with policy flight, which always records.
 */
int softtap_recording_hold(struct softtap_channel *channel)
{
	bool flight;

	mutex_lock(&channel->lock);
	flight = channel->recording.policy == SOFTTAP_POLICY_FLIGHT;
	if (!flight && !__is_read(channel))
		return 0;
	pr_err("%s: no change of this %s\n", channel->name,
	       flight ? "with policy flight: set another one first" :
			"while somebody reads: end softtap capture first");
	mutex_unlock(&channel->lock);
	return -EBUSY;
}

/**
 * softtap_recording_let_go - let readers begin to record again
 * @channel: held by softtap_recording_hold()
 *
 * Context: process.
 */
void softtap_recording_let_go(struct softtap_channel *channel)
{
	mutex_unlock(&channel->lock);
}

/**
 * __softtap_recording_set_snaplen - let the smaller of two limits hold
 * @channel: whose limits, the tap's and the reader's, are set
 *
 * Context: process; the channel's lock is held.
 */
void __softtap_recording_set_snaplen(struct softtap_channel *channel)
{
	u32 snaplen = min_not_zero(channel->recording.snaplen, channel->reading.snaplen) ?: U32_MAX;
	int cpu;

	lockdep_assert_held(&channel->lock);
	for_each_possible_cpu(cpu) {
		struct softtap_buffer *buffer = softtap_channel_buffer(channel, cpu);

		WRITE_ONCE(buffer->limit, snaplen);
		WRITE_ONCE(buffer->snaplen, channel->recording.stamped ? 0 : snaplen);
	}
}

/**
 * softtap_recording_set_snaplen - record at most so much of a frame, whoever reads
 * @channel: whose
 * @snaplen: bytes, 0 for all
 *
 * Context: process.
 */
void softtap_recording_set_snaplen(struct softtap_channel *channel, u32 snaplen)
{
	mutex_lock(&channel->lock);
	WRITE_ONCE(channel->recording.snaplen, snaplen);
	__softtap_recording_set_snaplen(channel);
	mutex_unlock(&channel->lock);
}

/**
 * __softtap_recording_set_stamped - record frames with times of the cards, or with the software's
 * @channel: of which nothing is recorded: new, or held by softtap_recording_hold()
 * @stamped: which
 *
 * What waits for a reader has to have the times that it expects. Logs one line when it refuses.
 *
 * Context: process.
 * Return: 0, -EBUSY when records wait for a reader.
 */
int __softtap_recording_set_stamped(struct softtap_channel *channel, bool stamped)
{
	int cpu;

	lockdep_assert_held(&channel->lock);
	if (channel->recording.stamped == stamped)
		return 0;
	if (!__is_empty(channel)) {
		pr_err("%s: no change of this while records wait for a reader: let softtap capture take them first\n",
		       channel->name);
		return -EBUSY;
	}
	channel->recording.stamped = stamped;
	for_each_possible_cpu(cpu)
		softtap_channel_buffer(channel, cpu)->stamped = stamped;
	__softtap_recording_set_snaplen(channel);
	return 0;
}

/**
 * softtap_recording_open - frames are about to come
 * @channel: new, named, its ports' counters are set
 * @stamped: with times of the cards
 *
 * Context: process.
 */
void softtap_recording_open(struct softtap_channel *channel, bool stamped)
{
	mutex_lock(&channel->lock);
	__softtap_recording_set_stamped(channel, stamped);
	__softtap_recording_set_snaplen(channel);
	__set_policy(channel, channel->recording.policy);
	if (channel->recording.policy == SOFTTAP_POLICY_FLIGHT)
		__begin_flight(channel);
	mutex_unlock(&channel->lock);
}

/**
 * softtap_recording_tell - say whether the wire is stopped
 * @channel: open
 *
 * Context: process.
 */
void softtap_recording_tell(struct softtap_channel *channel)
{
	mutex_lock(&channel->lock);
	__tell_stopped(channel);
	mutex_unlock(&channel->lock);
}
