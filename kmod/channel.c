// SPDX-License-Identifier: GPL-2.0
/*
 * The channel: relay buffers that records are written to, and positions.
 *
 * The relay allocates the sub-buffers and switches between them. What is published is ours: a
 * position per CPU that moves with each record, so that a reader sees finished records of a
 * sub-buffer that still fills. The relay's own files and its count of consumed sub-buffers are not
 * used: `consumed` in the control area is the one truth about what is free.
 *
 * Each CPU's buffer is a relay channel of its own, a global one. A channel for all would allocate
 * by itself when a CPU comes online (relay_prepare_cpu() in kernel/relay.c), however little memory
 * is left, and keep the CPU offline when it gets none.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bottom_half.h>
#include <linux/cpu.h>
#include <linux/cpuhotplug.h>
#include <linux/dcache.h>
#include <linux/mm.h>
#include <linux/netdevice.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <linux/workqueue.h>
#include "channel.h"
#include "channel_flight.h"
#include "compat/compat.h"
#include "settings.h"

/* Closes the current sub-buffer with a filler and publishes it whole. */
static void close_subbuf(struct softtap_buffer *buffer)
{
	struct rchan_buf *relay = buffer->relay;
	u32 size = buffer->channel->subbuf_size;
	u32 length = relay->data + size - buffer->at;
	struct softtap_filler *filler = buffer->at;

	memcpy(buffer->frames[relay->subbufs_produced % relay->chan->n_subbufs], buffer->inside,
	       sizeof(buffer->inside));
	memset(filler, 0, length);
	filler->block.type = SOFTTAP_PCAPNG_FILLER;
	filler->block.length = length;
	filler->sequence_low = lower_32_bits(relay->subbufs_produced);
	filler->sequence_high = upper_32_bits((u64)relay->subbufs_produced);
	filler->cpu = buffer->cpu;
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
 * May the sub-buffer at @position be written? It may when the reader has given back all of the one
 * that was there a round ago.
 */
static bool is_free(const struct softtap_buffer *buffer, u64 position)
{
	const struct softtap_channel *channel = buffer->channel;
	u64 consumed;

	/* Pairs with the release in softtap_reader_consume(): the reader is through with it. */
	consumed = smp_load_acquire(&buffer->positions->consumed);
	return position + channel->subbuf_size <= consumed + channel->buffer_size;
}

/**
 * softtap_channel_room_begin - look for room for several records, before the first is written
 * @buffer: this CPU's
 * @room: filled
 *
 * Room that is found stays: a reader only ever gives more.
 *
 * Context: softirq on the buffer's CPU.
 */
void softtap_channel_room_begin(const struct softtap_buffer *buffer, struct softtap_room *room)
{
	u32 offset = buffer->relay ? buffer->at - buffer->relay->data : 0;

	room->left = buffer->end - buffer->at;
	room->next = buffer->position - offset + buffer->channel->subbuf_size;
}

/**
 * softtap_channel_room_take - is there room for one record more
 * @buffer: this CPU's
 * @room: moves behind the record
 * @length: bytes of the record
 *
 * Context: softirq on the buffer's CPU.
 * Return: whether there is.
 */
bool softtap_channel_room_take(const struct softtap_buffer *buffer, struct softtap_room *room,
			       u32 length)
{
	u32 whole = buffer->channel->subbuf_size - SOFTTAP_FILLER_MIN;

	if (length > room->left) {
		if (!buffer->relay || length > whole || !is_free(buffer, room->next))
			return false;
		room->left = whole;
		room->next += buffer->channel->subbuf_size;
	}
	room->left -= length;
	return true;
}

/* Once per sub-buffer, and when there is none. */
static void note_fill(struct softtap_buffer *buffer)
{
	u32 fill = buffer->position - READ_ONCE(buffer->positions->consumed);

	if (fill > buffer->highest)
		WRITE_ONCE(buffer->highest, fill);
}

/**
 * softtap_channel_fill - look how full the buffers are
 * @channel: a channel
 * @fill: filled, of the fullest CPU each
 *
 * Context: any.
 */
void softtap_channel_fill(const struct softtap_channel *channel, struct softtap_fill *fill)
{
	int cpu;

	*fill = (struct softtap_fill){ };
	for_each_possible_cpu(cpu) {
		const struct softtap_buffer *buffer = softtap_channel_buffer(channel, cpu);
		u64 committed = READ_ONCE(buffer->positions->committed);
		u64 consumed = READ_ONCE(buffer->positions->consumed);
		u32 now = committed > consumed ? committed - consumed : 0;

		fill->now = max(fill->now, now);
		fill->highest = max3(fill->highest, now, READ_ONCE(buffer->highest));
	}
}

/* The relay asks whether @subbuf may be written. */
static int subbuf_start(struct rchan_buf *relay, void *subbuf, SOFTTAP_PREV_SUBBUF)
{
	struct softtap_buffer *buffer = relay->chan->private_data;
	const struct softtap_channel *channel = buffer->channel;

	if (!prev_subbuf)	/* the relay has just made the buffer: nobody uses it yet */
		return 1;
	note_fill(buffer);
	if (!is_free(buffer, buffer->position)) {
		if (buffer->policy != SOFTTAP_POLICY_FLIGHT)
			return 0;
		softtap_flight_overwrite(buffer, buffer->position + channel->subbuf_size -
						 channel->buffer_size);
	}
	memset(buffer->inside, 0, sizeof(buffer->inside));
	buffer->at = subbuf;
	buffer->end = subbuf + channel->subbuf_size - SOFTTAP_FILLER_MIN;
	return 1;
}

/*
 * Files are made elsewhere, so that a tap works where debugfs does not. The relay takes any
 * pointer but NULL for a yes, and does not look behind it when no name is given. What is global is
 * one buffer, whatever CPUs there are.
 */
static struct dentry *create_buf_file(const char *filename, struct dentry *parent, umode_t mode,
				      struct rchan_buf *relay, int *is_global)
{
	static struct dentry none;

	*is_global = 1;
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

/* On @data's own CPU, so that the memory is near it and no frame is being recorded meanwhile. */
static long open_buffer(void *data)
{
	struct softtap_buffer *buffer = data;
	const struct softtap_channel *channel = buffer->channel;
	struct rchan_buf *relay;
	struct rchan *chan;

	if (buffer->relay)
		return 0;
	chan = relay_open(NULL, NULL, channel->subbuf_size,
			  channel->buffer_size / channel->subbuf_size, &relay_callbacks, buffer);
	if (!chan)
		return -ENOMEM;
	relay = *per_cpu_ptr(chan->buf, 0);	/* where a global one is */
	local_bh_disable();
	local_lock_nested_bh(&channel->buffers->lock);
	buffer->at = relay->start;
	buffer->end = relay->start + channel->subbuf_size - SOFTTAP_FILLER_MIN;
	/* Pairs with the reader's READ_ONCE(): what is behind it is there. */
	smp_store_release(&buffer->relay, relay);
	local_unlock_nested_bh(&channel->buffers->lock);
	local_bh_enable();
	return 0;
}

static enum cpuhp_state processors;

/*
 * A CPU has come online, and this runs on it. It comes online whatever becomes of the tap, which
 * takes no more of the memory that is free than a new tap may.
 */
static int welcome_cpu(unsigned int cpu, struct hlist_node *node)
{
	struct softtap_channel *channel;
	struct softtap_buffer *buffer;

	channel = hlist_entry_safe(node, struct softtap_channel, processors);
	buffer = softtap_channel_buffer(channel, cpu);
	if (buffer->relay || READ_ONCE(channel->closed))
		return 0;
	if (!softtap_settings_memory_allows(channel->buffer_size / 1024) || open_buffer(buffer))
		pr_warn("%s: no memory for a buffer of CPU %u: frames that arrive there cannot be recorded; remove the tap and make it again with smaller buffers\n",
			channel->name, cpu);
	return 0;
}

/**
 * softtap_channel_init - prepare for CPUs that come online
 *
 * Context: process.
 * Return: 0 or a negative errno.
 */
int softtap_channel_init(void)
{
	int state = cpuhp_setup_state_multi(CPUHP_AP_ONLINE_DYN, KBUILD_MODNAME ":online",
					    welcome_cpu, NULL);

	if (state < 0)
		return state;
	processors = state;
	return 0;
}

/**
 * softtap_channel_exit - the mirror image, after the last channel
 *
 * Context: process.
 */
void softtap_channel_exit(void)
{
	cpuhp_remove_multi_state(processors);
}

/* For all CPUs that are online now; those that come later find the channel by itself. */
static int open_buffers(struct softtap_channel *channel)
{
	int err = cpuhp_state_add_instance_nocalls(processors, &channel->processors);
	int cpu;

	cpus_read_lock();
	for_each_online_cpu(cpu)
		if (!err)
			err = work_on_cpu(cpu, open_buffer, softtap_channel_buffer(channel, cpu));
	cpus_read_unlock();
	return err;
}

static void close_buffers(struct softtap_channel *channel)
{
	int cpu;

	if (!hlist_unhashed(&channel->processors))
		cpuhp_state_remove_instance_nocalls(processors, &channel->processors);
	for_each_possible_cpu(cpu) {
		const struct softtap_buffer *buffer = softtap_channel_buffer(channel, cpu);

		if (buffer->relay)
			relay_close(buffer->relay->chan);
	}
}

static int alloc_control(struct softtap_channel *channel)
{
	channel->control_size = PAGE_ALIGN(nr_cpu_ids * sizeof(*channel->control));
	channel->control = vmalloc_user(channel->control_size);
	return channel->control ? 0 : -ENOMEM;
}

static void free_buffers(struct softtap_channel *channel)
{
	int cpu;

	for_each_possible_cpu(cpu)
		kvfree(softtap_channel_buffer(channel, cpu)->frames);
	free_percpu(channel->buffers);
}

static int alloc_buffers(struct softtap_channel *channel, unsigned int subbufs)
{
	int cpu;

	channel->buffers = alloc_percpu(struct softtap_buffer);
	if (!channel->buffers)
		return -ENOMEM;
	for_each_possible_cpu(cpu) {
		struct softtap_buffer *buffer = softtap_channel_buffer(channel, cpu);

		buffer->positions = &channel->control[cpu];
		buffer->channel = channel;
		buffer->cpu = cpu;
		local_lock_init(&buffer->lock);
		buffer->frames = kvcalloc(subbufs, sizeof(*buffer->frames), GFP_KERNEL);
		if (!buffer->frames)
			goto err_free_buffers;
	}
	return 0;

err_free_buffers:
	free_buffers(channel);
	return -ENOMEM;
}

/**
 * softtap_channel_create - allocate a tap's buffers
 * @settings: sizes, already checked
 *
 * CPUs that come online later get their buffer then, if there is memory for it.
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
	channel->recording.policy = settings->policy;
	channel->recording.snaplen = settings->snaplen;
	kref_init(&channel->ref);
	mutex_init(&channel->lock);
	init_waitqueue_head(&channel->wait);

	if (!zalloc_cpumask_var(&channel->reading.claimed, GFP_KERNEL))
		goto err_free_channel;
	if (alloc_control(channel))
		goto err_free_claimed;
	if (alloc_buffers(channel, settings->subbufs))
		goto err_free_control;
	if (open_buffers(channel))
		goto err_close_buffers;
	return channel;

err_close_buffers:
	close_buffers(channel);
	free_buffers(channel);
err_free_control:
	vfree(channel->control);
err_free_claimed:
	free_cpumask_var(channel->reading.claimed);
err_free_channel:
	kfree(channel);
	return ERR_PTR(-ENOMEM);
}

static void channel_free(struct kref *ref)
{
	struct softtap_channel *channel = container_of(ref, struct softtap_channel, ref);

	close_buffers(channel);
	free_buffers(channel);
	vfree(channel->control);
	free_cpumask_var(channel->reading.claimed);
	kfree(channel->reading.note);
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
 * softtap_channel_trigger - what the reader waits for has come
 * @buffer: of the CPU where it did
 *
 * Context: softirq (BH off), RCU read side.
 */
void softtap_channel_trigger(struct softtap_buffer *buffer)
{
	struct softtap_channel *channel = buffer->channel;

	if (!READ_ONCE(channel->triggered) &&
	    !cmpxchg(&channel->triggered, 0, softtap_channel_now(buffer)))
		wake_up_all(&channel->wait);
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
		struct softtap_buffer *buffer = softtap_channel_buffer(channel, cpu);

		if (buffer->relay)
			wake_up_all(&buffer->relay->read_wait);
	}
}
