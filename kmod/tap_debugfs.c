// SPDX-License-Identifier: GPL-2.0
/*
 * /sys/kernel/debug/softtap/tapN/{header,cpu0,cpu1,…}: a capture with nothing but coreutils.
 *
 *	cat header cpu0 > x.pcapng
 *
 * Who opens a cpuN file is that CPU's reader. A read waits for records, hands out whole ones and
 * gives their space back; it ends when the tap goes. The files can be read only and not be mapped,
 * so kernel lockdown lets them be. Without debugfs a tap works all the same.
 */
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/workqueue.h>
#include "channel.h"
#include "reader.h"
#include "tap.h"
#include "tap_debugfs.h"

/*
 * How long read and poll may overlook records that do not fill a sub-buffer: nothing tells of
 * those, as that would cost each frame.
 */
#define LOOK_INTERVAL	(HZ / 10)

static struct dentry *root;

/**
 * struct reader - an open cpuN file
 * @channel: held; @cpu of it is claimed
 * @cpu: whose buffer
 * @position: up to where it was read; within a record when a read was too short for a whole one;
 *	@lock
 * @look: looks for those who poll, while there are any
 * @lock: one read at a time, whoever reads without the file's own lock (io_uring)
 */
struct reader {
	struct softtap_channel *channel;
	int cpu;
	u64 position;
	struct delayed_work look;
	struct mutex lock;	/* one read at a time */
};

static const struct softtap_positions *positions(const struct reader *reader)
{
	return &reader->channel->control[reader->cpu];
}

static u64 available(const struct reader *reader)
{
	/* Pairs with the release in softtap_channel_commit(). */
	return smp_load_acquire(&positions(reader)->committed) - reader->position;
}

static wait_queue_head_t *wait_queue(const struct reader *reader)
{
	return &per_cpu_ptr(reader->channel->buffers, reader->cpu)->relay->read_wait;
}

/* Goes on until there is something or nobody waits. A poll that finds nothing begins it again. */
static void look_for_pollers(struct work_struct *work)
{
	struct reader *reader = container_of(to_delayed_work(work), struct reader, look);

	if (available(reader))
		wake_up_interruptible(wait_queue(reader));
	else if (wq_has_sleeper(wait_queue(reader)))
		schedule_delayed_work(&reader->look, LOOK_INTERVAL);
}

static int cpu_open(struct inode *inode, struct file *file)
{
	struct softtap_buffer *buffer = inode->i_private;
	struct softtap_channel *channel = buffer->channel;
	struct reader *reader;
	int err;

	if (!buffer->relay)
		return -ENXIO;
	reader = kzalloc(sizeof(*reader), GFP_KERNEL);
	if (!reader)
		return -ENOMEM;
	mutex_init(&reader->lock);
	INIT_DELAYED_WORK(&reader->look, look_for_pollers);
	reader->cpu = buffer->cpu;
	err = softtap_reader_claim(channel, reader->cpu);
	if (err)
		goto err_free_reader;
	err = softtap_reader_start(channel, reader->cpu);
	if (err)
		goto err_release_channel;
	softtap_channel_get(channel);
	reader->channel = channel;
	reader->position = positions(reader)->consumed;
	file->private_data = reader;
	return nonseekable_open(inode, file);

err_release_channel:
	softtap_reader_release(channel, reader->cpu);
err_free_reader:
	kfree(reader);
	return err;
}

static int cpu_release(struct inode *inode, struct file *file)
{
	struct reader *reader = file->private_data;

	cancel_delayed_work_sync(&reader->look);
	softtap_reader_release(reader->channel, reader->cpu);
	softtap_channel_put(reader->channel);
	kfree(reader);
	return 0;
}

static const void *at(const struct reader *reader, u64 position)
{
	const struct softtap_buffer *buffer = per_cpu_ptr(reader->channel->buffers, reader->cpu);
	u64 offset;

	div64_u64_rem(position, reader->channel->buffer_size, &offset);
	return buffer->relay->start + offset;
}

/*
 * The length of the block at @position. A reader before may have given back up to somewhere within
 * a block: what is no block there lasts to the end of the sub-buffer.
 */
static u32 block_length(const struct reader *reader, u64 position)
{
	u32 size = reader->channel->subbuf_size;
	const struct softtap_block *block;
	u64 offset;
	u32 room;

	div64_u64_rem(position, size, &offset);
	room = size - offset;
	if (room < sizeof(*block))
		return room;
	block = at(reader, position);
	if (block->length < sizeof(*block) || block->length > room || block->length & 3)
		return room;
	return block->length;
}

/*
 * Return: the end of the last whole block that lies within [from, limit]; @from, which must be the
 * start of a block, when there is none.
 */
static u64 last_block_end(const struct reader *reader, u64 from, u64 limit)
{
	while (from < limit) {
		u32 length = block_length(reader, from);

		if (length > limit - from)
			break;
		from += length;
	}
	return from;
}

static int wait_for_records(const struct reader *reader, struct file *file)
{
	const struct softtap_buffer *buffer = per_cpu_ptr(reader->channel->buffers, reader->cpu);
	long left;

	while (!available(reader)) {
		if (READ_ONCE(reader->channel->closed))
			return 0;
		if (file->f_flags & O_NONBLOCK)
			return -EAGAIN;
		left = wait_event_interruptible_timeout(buffer->relay->read_wait,
							available(reader) ||
							READ_ONCE(reader->channel->closed),
							LOOK_INTERVAL);
		if (left < 0)
			return left;
	}
	return 0;
}

/* Copies [position, position + count), which may wrap. */
static int copy_out(const struct reader *reader, char __user *to, size_t count)
{
	const struct softtap_buffer *buffer = per_cpu_ptr(reader->channel->buffers, reader->cpu);
	const void *from = at(reader, reader->position);
	size_t first = min_t(size_t, count,
			     buffer->relay->start + reader->channel->buffer_size - from);

	if (copy_to_user(to, from, first))
		return -EFAULT;
	if (copy_to_user(to + first, buffer->relay->start, count - first))
		return -EFAULT;
	return 0;
}

static ssize_t read_records(struct reader *reader, struct file *file, char __user *to, size_t count)
{
	u64 start = positions(reader)->consumed;
	u64 end;
	int err;

	err = wait_for_records(reader, file);
	if (err)
		return err;
	count = min_t(u64, count, available(reader));
	end = last_block_end(reader, start, reader->position + count);
	if (end > reader->position)
		count = end - reader->position;
	err = copy_out(reader, to, count);
	if (err)
		return err;
	reader->position += count;
	if (end > start)
		softtap_reader_consume(reader->channel, reader->cpu, end);
	return count;
}

static ssize_t cpu_read(struct file *file, char __user *to, size_t count, loff_t *ppos)
{
	struct reader *reader = file->private_data;
	ssize_t length = mutex_lock_interruptible(&reader->lock);

	if (length)
		return length;
	length = read_records(reader, file, to, count);
	mutex_unlock(&reader->lock);
	return length;
}

static __poll_t cpu_poll(struct file *file, poll_table *wait)
{
	struct reader *reader = file->private_data;

	poll_wait(file, wait_queue(reader), wait);
	if (READ_ONCE(reader->channel->closed))
		return EPOLLIN | EPOLLRDNORM | EPOLLHUP;
	if (available(reader))
		return EPOLLIN | EPOLLRDNORM;
	schedule_delayed_work(&reader->look, LOOK_INTERVAL);
	return 0;
}

static const struct file_operations cpu_fops = {
	.owner = THIS_MODULE,
	.open = cpu_open,
	.release = cpu_release,
	.read = cpu_read,
	.poll = cpu_poll,
};

/* The longest header: a section header and two interfaces, each with a name and its end. */
#define HEADER_MAX	(28 + SOFTTAP_PORTS * (20 + 4 + SOFTTAP_NAME_SIZE + 8 + 8 + 4))

static u32 *put_section(u32 *to)
{
	static const u16 version[] = { 1, 0 };
	static const u32 length = 28;

	*to++ = SOFTTAP_PCAPNG_SHB;
	*to++ = length;
	*to++ = SOFTTAP_PCAPNG_MAGIC;
	memcpy(to++, version, sizeof(version));
	*to++ = U32_MAX;	/* the section's length is not told */
	*to++ = U32_MAX;
	*to++ = length;
	return to;
}

static u32 *put_option(u32 *to, u16 code, const void *value, u16 length)
{
	struct softtap_option *option = (void *)to++;

	option->code = code;
	option->length = length;
	memcpy(to, value, length);
	return to + DIV_ROUND_UP(length, sizeof(*to));
}

/* @to is zeroed memory. */
static u32 *put_interface(u32 *to, const char *ifname, u8 fcs_bytes)
{
	u8 resolution = SOFTTAP_TSRESOL;
	u32 *start = to;
	u32 length;

	*to++ = SOFTTAP_PCAPNG_IDB;
	to++;			/* length: below */
	*(u16 *)to++ = SOFTTAP_LINKTYPE;
	*to++ = 0;		/* snaplen: it can change */
	to = put_option(to, SOFTTAP_OPT_IF_NAME, ifname, strlen(ifname));
	to = put_option(to, SOFTTAP_OPT_IF_TSRESOL, &resolution, sizeof(resolution));
	if (fcs_bytes)
		to = put_option(to, SOFTTAP_OPT_IF_FCSLEN, &fcs_bytes, sizeof(fcs_bytes));
	to = put_option(to, SOFTTAP_OPT_END, NULL, 0);
	length = (u8 *)(to + 1) - (u8 *)start;
	start[1] = length;
	*to++ = length;
	return to;
}

static ssize_t header_read(struct file *file, char __user *buf, size_t count, loff_t *ppos)
{
	const struct softtap_tap *tap = file_inode(file)->i_private;
	u32 header[HEADER_MAX / sizeof(u32)] = {};
	u32 *end = put_section(header);
	char name[IFNAMSIZ];
	unsigned int i;

	for (i = 0; i < tap->ports; i++) {
		softtap_port_get_name(&tap->port[i], name);
		end = put_interface(end, name, softtap_port_fcs_bytes(&tap->port[i]));
	}
	return simple_read_from_buffer(buf, count, ppos, header, (u8 *)end - (u8 *)header);
}

static const struct file_operations header_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.read = header_read,
	.llseek = default_llseek,
};

/**
 * softtap_debugfs_create - make a tap's debugfs files
 * @tap: named, with its channel
 *
 * A cpuN file that is open outlives its removal, as it holds the channel: so it needs no protection
 * from debugfs but for its opening. Errors are not looked at, as is usual for debugfs.
 *
 * Context: process.
 */
void softtap_debugfs_create(struct softtap_tap *tap)
{
	char name[16];
	int cpu;

	tap->debugfs = debugfs_create_dir(tap->name, root);
	debugfs_create_file("header", 0400, tap->debugfs, tap, &header_fops);
	for_each_possible_cpu(cpu) {
		snprintf(name, sizeof(name), "cpu%d", cpu);
		debugfs_create_file_unsafe(name, 0400, tap->debugfs,
					   per_cpu_ptr(tap->channel->buffers, cpu), &cpu_fops);
	}
}

/**
 * softtap_debugfs_destroy - remove a tap's debugfs files
 * @tap: whose channel is closed
 *
 * Context: process, without RTNL.
 */
void softtap_debugfs_destroy(struct softtap_tap *tap)
{
	debugfs_remove_recursive(tap->debugfs);
}

/**
 * softtap_debugfs_init - make the directory in debugfs
 *
 * Context: process.
 */
void softtap_debugfs_init(void)
{
	root = debugfs_create_dir(KBUILD_MODNAME, NULL);
}

/**
 * softtap_debugfs_exit - remove it, after the last tap
 *
 * Context: process.
 */
void softtap_debugfs_exit(void)
{
	debugfs_remove_recursive(root);
}
