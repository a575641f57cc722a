// SPDX-License-Identifier: GPL-2.0
/*
 * The channel: relay buffers that records are written to, positions, and the reader's rights.
 *
 * The relay allocates the sub-buffers and switches between them. What is published is ours: a
 * position per CPU that moves with each record, so that a reader sees finished records of a
 * sub-buffer that still fills. The relay's own files and its count of consumed sub-buffers are not
 * used: `consumed` in the control area is the one truth about what is free.
 */
#include <linux/dcache.h>
#include <linux/mm.h>
#include <linux/netdevice.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include "channel.h"
#include "settings.h"

/* How old a time may be that is told as horizon, ns. */
#define HORIZON_AGE_MAX	(20 * NSEC_PER_MSEC)

static struct softtap_buffer *buffer_of(struct softtap_channel *channel, int cpu)
{
	return per_cpu_ptr(channel->buffers, cpu);
}

/* Closes the current sub-buffer with a filler and publishes it whole. */
static void close_subbuf(struct softtap_buffer *buffer)
{
	struct rchan_buf *relay = buffer->relay;
	u32 size = buffer->channel->subbuf_size;
	u32 length = relay->data + size - buffer->at;
	struct softtap_filler *filler = buffer->at;

	memset(filler, 0, length);
	filler->block.type = SOFTTAP_PCAPNG_FILLER;
	filler->block.length = length;
	filler->sequence_low = lower_32_bits(relay->subbufs_produced);
	filler->sequence_high = upper_32_bits((u64)relay->subbufs_produced);
	filler->cpu = relay->cpu;
	*(u32 *)(relay->data + size - sizeof(u32)) = length;
	softtap_channel_commit(buffer, length);
	buffer->end = buffer->at;
	relay->offset = size;
}

/**
 * softtap_channel_next_subbuf - go on to the next sub-buffer
 * @buffer: this CPU's
 * @length: bytes of the record that did not fit
 *
 * The full sub-buffer is closed at once, so that a reader can take it, whether or not the next is
 * free. relay_switch_subbuf() tells the wait queue and asks subbuf_start() below; an offset
 * beyond the sub-buffer is its own sign for "closed, and the next was not free".
 *
 * Context: softirq on the buffer's CPU.
 * Return: true when there is room for @length now.
 */
bool softtap_channel_next_subbuf(struct softtap_buffer *buffer, u32 length)
{
	struct rchan_buf *relay = buffer->relay;
	u32 size = buffer->channel->subbuf_size;

	if (unlikely(!relay || length > size - SOFTTAP_FILLER_MIN))
		return false;
	if (relay->offset <= size)
		close_subbuf(buffer);
	return relay_switch_subbuf(relay, length);
}

/*
 * The relay asks whether @subbuf may be written. It may when the reader has given back all of the
 * sub-buffer that was there a round ago.
 */
static int subbuf_start(struct rchan_buf *relay, void *subbuf, void *prev_subbuf,
			size_t prev_padding)
{
	struct softtap_channel *channel = relay->chan->private_data;
	struct softtap_buffer *buffer = buffer_of(channel, relay->cpu);
	u64 consumed;

	/* Pairs with the release in softtap_channel_consume(): the reader is through with it. */
	consumed = smp_load_acquire(&buffer->positions->consumed);
	if (buffer->position + channel->subbuf_size > consumed + channel->buffer_size)
		return 0;
	buffer->at = subbuf;
	buffer->end = subbuf + channel->subbuf_size - SOFTTAP_FILLER_MIN;
	if (!prev_subbuf)	/* the relay has just made this CPU's buffer: it can be used */
		smp_store_release(&buffer->relay, relay);
	return 1;
}

/*
 * Files are made elsewhere, so that a tap works where debugfs does not. The relay takes any
 * pointer but NULL for a yes, and does not look behind it when no name is given.
 */
static struct dentry *create_buf_file(const char *filename, struct dentry *parent, umode_t mode,
				      struct rchan_buf *relay, int *is_global)
{
	static struct dentry none;

	return &none;
}

static int remove_buf_file(struct dentry *dentry)
{
	return 0;
}

static const struct rchan_callbacks relay_callbacks = {
	.subbuf_start = subbuf_start,
	.create_buf_file = create_buf_file,
	.remove_buf_file = remove_buf_file,
};

static int alloc_control(struct softtap_channel *channel)
{
	channel->control_size = PAGE_ALIGN(nr_cpu_ids * sizeof(*channel->control));
	channel->control = vmalloc_user(channel->control_size);
	return channel->control ? 0 : -ENOMEM;
}

static int alloc_buffers(struct softtap_channel *channel)
{
	int cpu;

	channel->buffers = alloc_percpu(struct softtap_buffer);
	if (!channel->buffers)
		return -ENOMEM;
	for_each_possible_cpu(cpu) {
		struct softtap_buffer *buffer = buffer_of(channel, cpu);

		buffer->positions = &channel->control[cpu];
		buffer->channel = channel;
	}
	return 0;
}

/**
 * softtap_channel_create - allocate a tap's buffers
 * @settings: sizes, already checked
 *
 * CPUs that come online later get their buffer from the relay's own hotplug callback.
 *
 * Context: process.
 * Return: a channel with one reference, or an ERR_PTR: -ENOMEM.
 */
struct softtap_channel *softtap_channel_create(const struct softtap_settings *settings)
{
	struct softtap_channel *channel = kzalloc(sizeof(*channel), GFP_KERNEL);

	if (!channel)
		return ERR_PTR(-ENOMEM);
	channel->subbuf_size = settings->subbuf_kb * 1024;
	channel->buffer_size = channel->subbuf_size * settings->subbufs;
	kref_init(&channel->ref);
	mutex_init(&channel->lock);
	init_waitqueue_head(&channel->wait);

	if (!zalloc_cpumask_var(&channel->claimed, GFP_KERNEL))
		goto err_free_channel;
	if (alloc_control(channel))
		goto err_free_claimed;
	if (alloc_buffers(channel))
		goto err_free_control;
	channel->relay = relay_open(NULL, NULL, channel->subbuf_size, settings->subbufs,
				    &relay_callbacks, channel);
	if (!channel->relay)
		goto err_free_buffers;
	return channel;

err_free_buffers:
	free_percpu(channel->buffers);
err_free_control:
	vfree(channel->control);
err_free_claimed:
	free_cpumask_var(channel->claimed);
err_free_channel:
	kfree(channel);
	return ERR_PTR(-ENOMEM);
}

static void channel_free(struct kref *ref)
{
	struct softtap_channel *channel = container_of(ref, struct softtap_channel, ref);

	relay_close(channel->relay);
	free_percpu(channel->buffers);
	vfree(channel->control);
	free_cpumask_var(channel->claimed);
	kfree(channel);
}

/**
 * softtap_channel_get - hold a channel
 * @channel: that the caller knows to be alive
 */
void softtap_channel_get(struct softtap_channel *channel)
{
	kref_get(&channel->ref);
}

/**
 * softtap_channel_put - let go of a channel; the last one frees the buffers
 * @channel: held
 *
 * Context: process, may sleep.
 */
void softtap_channel_put(struct softtap_channel *channel)
{
	kref_put(&channel->ref, channel_free);
}

/**
 * softtap_channel_close - the tap is gone: nothing will be recorded any more
 * @channel: whose ports are detached already
 *
 * Readers are woken, may read what is there, and are told that it ends.
 */
void softtap_channel_close(struct softtap_channel *channel)
{
	int cpu;

	mutex_lock(&channel->lock);
	WRITE_ONCE(channel->closed, true);
	mutex_unlock(&channel->lock);
	wake_up_all(&channel->wait);
	for_each_possible_cpu(cpu) {
		struct softtap_buffer *buffer = buffer_of(channel, cpu);

		if (buffer->relay)
			wake_up_all(&buffer->relay->read_wait);
	}
}

/**
 * softtap_channel_claim - become the reader
 * @channel: to read
 * @cpu: whose buffer, or SOFTTAP_ALL_CPUS
 *
 * Return: 0, -EBUSY when somebody reads it already, -ENODEV when the tap is gone.
 */
int softtap_channel_claim(struct softtap_channel *channel, int cpu)
{
	int err = 0;

	mutex_lock(&channel->lock);
	if (channel->closed)
		err = -ENODEV;
	else if (channel->whole)
		err = -EBUSY;
	else if (cpu != SOFTTAP_ALL_CPUS)
		err = cpumask_test_and_set_cpu(cpu, channel->claimed) ? -EBUSY : 0;
	else if (cpumask_empty(channel->claimed))
		channel->whole = true;
	else
		err = -EBUSY;
	mutex_unlock(&channel->lock);
	return err;
}

static bool concerns(int which, int cpu)
{
	return which == SOFTTAP_ALL_CPUS || which == cpu;
}

/* Ends recording on @cpu, or on all. On return no frame is being recorded there. */
static void __stop(struct softtap_channel *channel, int which)
{
	int cpu;

	lockdep_assert_held(&channel->lock);
	for_each_possible_cpu(cpu)
		if (concerns(which, cpu))
			WRITE_ONCE(buffer_of(channel, cpu)->recording, false);
	synchronize_net();
}

/**
 * softtap_channel_release - stop being the reader
 * @channel: claimed
 * @cpu: as claimed
 *
 * Records that were not consumed stay for the next reader, as does the account of frames lost
 * after the last of them.
 */
void softtap_channel_release(struct softtap_channel *channel, int cpu)
{
	mutex_lock(&channel->lock);
	__stop(channel, cpu);
	if (cpu == SOFTTAP_ALL_CPUS)
		channel->whole = false;
	else
		cpumask_clear_cpu(cpu, channel->claimed);
	mutex_unlock(&channel->lock);
}

static bool __is_empty(struct softtap_channel *channel)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		const struct softtap_positions *at = &channel->control[cpu];

		if (READ_ONCE(at->committed) != READ_ONCE(at->consumed))
			return false;
	}
	return true;
}

static bool __is_recording(struct softtap_channel *channel)
{
	int cpu;

	for_each_possible_cpu(cpu)
		if (buffer_of(channel, cpu)->recording)
			return true;
	return false;
}

/*
 * The offset to the wall clock is taken when nothing recorded with another one is left: a reader
 * that finishes what a dead one left gets one unbroken order.
 */
static void __set_clock(struct softtap_channel *channel)
{
	s64 clock = ktime_to_ns(ktime_mono_to_real(0));
	int cpu;

	if (__is_recording(channel))
		return;
	if (!__is_empty(channel) && buffer_of(channel, cpumask_first(cpu_possible_mask))->clock)
		return;
	for_each_possible_cpu(cpu)
		WRITE_ONCE(buffer_of(channel, cpu)->clock, clock);
	channel->horizon = 0;
	synchronize_net();	/* a frame that is recorded from now on sees it */
}

/**
 * softtap_channel_start - record from now on
 * @channel: claimed
 * @cpu: as claimed
 *
 * Return: 0, -EALREADY, -ENODEV when the tap is gone.
 */
int softtap_channel_start(struct softtap_channel *channel, int cpu)
{
	int err = 0, each;

	mutex_lock(&channel->lock);
	if (channel->closed) {
		err = -ENODEV;
	} else if (cpu == SOFTTAP_ALL_CPUS && __is_recording(channel)) {
		err = -EALREADY;
	} else {
		__set_clock(channel);
		for_each_possible_cpu(each)
			if (concerns(cpu, each))
				WRITE_ONCE(buffer_of(channel, each)->recording, true);
	}
	mutex_unlock(&channel->lock);
	return err;
}

/**
 * softtap_channel_stop - record no longer, and settle the account
 * @channel: claimed
 * @cpu: as claimed
 * @stop: filled with the frames lost after the last record, which are forgotten then
 *
 * Context: process, sleeps for a grace period.
 */
void softtap_channel_stop(struct softtap_channel *channel, int cpu, struct softtap_stop *stop)
{
	int each, port;

	memset(stop, 0, sizeof(*stop));
	mutex_lock(&channel->lock);
	__stop(channel, cpu);
	for_each_possible_cpu(each) {
		struct softtap_buffer *buffer = buffer_of(channel, each);

		if (!concerns(cpu, each))
			continue;
		for (port = 0; port < SOFTTAP_PORTS; port++) {
			stop->unplaced[port] += buffer->unplaced[port];
			buffer->unplaced[port] = 0;
		}
	}
	mutex_unlock(&channel->lock);
}

static bool __within(const struct softtap_positions *at, u64 position)
{
	return position >= at->consumed && position <= READ_ONCE(at->committed) &&
	       !(position & 3);
}

/**
 * softtap_channel_hand - note that all up to @position is about to be written to a file
 * @channel: claimed
 * @cpu: whose buffer
 * @position: the end of a block
 *
 * Return: 0, -EINVAL for a position outside of what is committed and not consumed.
 */
int softtap_channel_hand(struct softtap_channel *channel, u32 cpu, u64 position)
{
	struct softtap_positions *at;
	int err = -EINVAL;

	if (cpu >= nr_cpu_ids || !cpu_possible(cpu))
		return -EINVAL;
	at = &channel->control[cpu];
	mutex_lock(&channel->lock);
	if (__within(at, position)) {
		WRITE_ONCE(at->handed, position);
		err = 0;
	}
	mutex_unlock(&channel->lock);
	return err;
}

/**
 * softtap_channel_consume - give all up to @position back to the writer
 * @channel: claimed
 * @cpu: whose buffer
 * @position: the end of a block
 *
 * The writer may use a sub-buffer again once all of it is given back.
 *
 * Return: 0, -EINVAL for a position outside of what is committed and not consumed.
 */
int softtap_channel_consume(struct softtap_channel *channel, u32 cpu, u64 position)
{
	struct softtap_buffer *buffer;
	struct softtap_positions *at;
	int err = -EINVAL;

	if (cpu >= nr_cpu_ids || !cpu_possible(cpu))
		return -EINVAL;
	at = &channel->control[cpu];
	buffer = buffer_of(channel, cpu);
	mutex_lock(&channel->lock);
	if (__within(at, position)) {
		while (buffer->given + channel->subbuf_size <= position)
			WRITE_ONCE(buffer->given, buffer->given + channel->subbuf_size);
		if (at->handed < position)
			WRITE_ONCE(at->handed, position);
		/* Pairs with the acquire in subbuf_start(): what was read was read before. */
		smp_store_release(&at->consumed, position);
		err = 0;
	}
	mutex_unlock(&channel->lock);
	return err;
}

/**
 * softtap_channel_horizon - a time that no record to come will have
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
u64 softtap_channel_horizon(struct softtap_channel *channel)
{
	u64 now = softtap_channel_now(buffer_of(channel, cpumask_first(cpu_possible_mask)));
	u64 horizon;

	mutex_lock(&channel->lock);
	horizon = channel->horizon;
	if (now - horizon < HORIZON_AGE_MAX) {
		cond_synchronize_rcu(channel->grace);
	} else {
		synchronize_rcu();
		horizon = now;
		now = softtap_channel_now(buffer_of(channel, cpumask_first(cpu_possible_mask)));
	}
	channel->horizon = now;
	channel->grace = start_poll_synchronize_rcu();
	mutex_unlock(&channel->lock);
	return horizon;
}

static bool has_whole_subbuf(const struct softtap_channel *channel,
			     const struct softtap_buffer *buffer)
{
	return READ_ONCE(buffer->positions->committed) >=
	       READ_ONCE(buffer->given) + channel->subbuf_size;
}

/**
 * softtap_channel_ready - is there a whole sub-buffer to take, or an end to tell
 * @channel: claimed
 * @cpu: as claimed
 *
 * Context: any, no lock: for poll.
 * Return: true when the reader should have a look.
 */
bool softtap_channel_ready(struct softtap_channel *channel, int cpu)
{
	int each;

	if (READ_ONCE(channel->closed))
		return true;
	for_each_possible_cpu(each)
		if (concerns(cpu, each) && has_whole_subbuf(channel, buffer_of(channel, each)))
			return true;
	return false;
}
