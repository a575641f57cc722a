// SPDX-License-Identifier: GPL-2.0
/*
 * /dev/softtap/tapN: the reader's door. Calls and mappings are described in uapi/softtap.h.
 *
 * An open file holds the channel, not the tap: when the tap goes, the reader still reads what is
 * in the buffers, and is told by EPOLLHUP that nothing follows.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>
#include "capture_filter.h"
#include "channel.h"
#include "compat/compat.h"
#include "reader.h"
#include "recording.h"
#include "tap.h"
#include "tap_device.h"

/**
 * struct softtap_device - a tap's misc device
 * @misc: as registered
 * @name: its name in sysfs
 * @node: its path below /dev
 * @tap: whose it is; outlives the device
 */
struct softtap_device {
	struct miscdevice misc;
	char name[32];
	char node[32];
	const struct softtap_tap *tap;
};

/**
 * struct reader - an open file
 * @channel: claimed and held
 * @geometry: what it is told
 */
struct reader {
	struct softtap_channel *channel;
	struct softtap_geometry geometry;
};

static void fill_geometry(struct softtap_geometry *geometry, const struct softtap_tap *tap)
{
	unsigned int i;

	geometry->abi = SOFTTAP_ABI_VERSION;
	geometry->cpus = nr_cpu_ids;
	geometry->ports = tap->ports;
	geometry->subbuf_size = tap->channel->subbuf_size;
	geometry->subbufs = tap->settings.subbufs;
	geometry->control_size = tap->channel->control_size;
	for (i = 0; i < tap->ports; i++)
		softtap_port_get_name(&tap->port[i], geometry->ifname[i]);
}

/*
 * misc_open() holds the lock that misc_deregister() takes: device and tap are alive here. All other
 * misc devices wait for it, so it must not wait for something slow.
 */
static int device_open(struct inode *inode, struct file *file)
{
	const struct softtap_device *device = container_of(file->private_data,
							   struct softtap_device, misc);
	struct softtap_channel *channel = device->tap->channel;
	struct reader *reader = kzalloc(sizeof(*reader), GFP_KERNEL);
	int err;

	if (!reader)
		return -ENOMEM;
	err = softtap_reader_claim(channel, SOFTTAP_ALL_CPUS);
	if (err) {
		kfree(reader);
		return err;
	}
	softtap_channel_get(channel);
	reader->channel = channel;
	fill_geometry(&reader->geometry, device->tap);
	file->private_data = reader;
	return nonseekable_open(inode, file);
}

static int device_release(struct inode *inode, struct file *file)
{
	struct reader *reader = file->private_data;

	softtap_reader_release(reader->channel, SOFTTAP_ALL_CPUS);
	softtap_channel_put(reader->channel);
	kfree(reader);
	return 0;
}

static vm_fault_t buffer_fault(struct vm_fault *vmf)
{
	const struct rchan_buf *relay = vmf->vma->vm_private_data;
	unsigned long index = vmf->pgoff & ((1UL << (32 - PAGE_SHIFT)) - 1);

	if (index >= relay->page_count)
		return VM_FAULT_SIGBUS;
	vmf->page = relay->page_array[index];
	get_page(vmf->page);
	return 0;
}

static const struct vm_operations_struct buffer_vm_ops = {
	.fault = buffer_fault,
};

static int mmap_control(struct softtap_channel *channel, struct vm_area_struct *vma)
{
	return remap_vmalloc_range(vma, channel->control, 0);
}

static int mmap_buffer(struct softtap_channel *channel, struct vm_area_struct *vma, u64 offset)
{
	u64 cpu = (offset >> 32) - 1;
	struct rchan_buf *relay;

	if (cpu >= nr_cpu_ids || !cpu_possible(cpu))
		return -EINVAL;
	relay = READ_ONCE(per_cpu_ptr(channel->buffers, cpu)->relay);
	if (!relay)
		return -ENXIO;
	if (lower_32_bits(offset) + (u64)(vma->vm_end - vma->vm_start) > channel->buffer_size)
		return -EINVAL;
	vm_flags_mod(vma, VM_DONTEXPAND | VM_DONTDUMP, 0);
	vma->vm_private_data = relay;
	vma->vm_ops = &buffer_vm_ops;
	return 0;
}

static int device_mmap(struct file *file, struct vm_area_struct *vma)
{
	const struct reader *reader = file->private_data;
	u64 offset = (u64)vma->vm_pgoff << PAGE_SHIFT;

	if (vma->vm_flags & VM_WRITE)
		return -EPERM;
	vm_flags_mod(vma, 0, VM_MAYWRITE);
	if (offset < SOFTTAP_MMAP_CPU(0))
		return mmap_control(reader->channel, vma);
	return mmap_buffer(reader->channel, vma, offset);
}

static __poll_t device_poll(struct file *file, poll_table *wait)
{
	const struct reader *reader = file->private_data;
	struct softtap_channel *channel = reader->channel;
	__poll_t mask = 0;
	int cpu;

	poll_wait(file, &channel->wait, wait);
	for_each_possible_cpu(cpu) {
		struct rchan_buf *relay = READ_ONCE(per_cpu_ptr(channel->buffers, cpu)->relay);

		if (relay)
			poll_wait(file, &relay->read_wait, wait);
	}
	if (softtap_reader_ready(channel, SOFTTAP_ALL_CPUS))
		mask |= EPOLLIN | EPOLLRDNORM;
	if (READ_ONCE(channel->triggered))
		mask |= EPOLLPRI;
	if (READ_ONCE(channel->closed))
		mask |= EPOLLHUP;
	return mask;
}

static long ioctl_stop(struct softtap_channel *channel, void __user *to)
{
	struct softtap_stop stop;
	int err = softtap_reader_stop(channel, SOFTTAP_ALL_CPUS, &stop);

	if (err)
		return err;
	return copy_to_user(to, &stop, sizeof(stop)) ? -EFAULT : 0;
}

static long ioctl_program(struct softtap_channel *channel, const void __user *from,
			  void (*set)(struct softtap_channel *channel,
				      struct softtap_filter *filter))
{
	struct softtap_program program;
	struct softtap_filter *filter;

	if (copy_from_user(&program, from, sizeof(program)))
		return -EFAULT;
	filter = softtap_filter_create(&program, channel->ports);
	if (IS_ERR(filter))
		return PTR_ERR(filter);
	set(channel, filter);
	return 0;
}

static long ioctl_note(struct softtap_channel *channel, const void __user *from)
{
	struct softtap_note note;

	if (copy_from_user(&note, from, sizeof(note)))
		return -EFAULT;
	return softtap_reader_leave_note(channel, &note);
}

static long ioctl_noted(struct softtap_channel *channel, void __user *user)
{
	struct softtap_note note;
	int err;

	if (copy_from_user(&note, user, sizeof(note)))
		return -EFAULT;
	err = softtap_reader_read_note(channel, &note);
	if (err)
		return err;
	return copy_to_user(user, &note, sizeof(note)) ? -EFAULT : 0;
}

static long ioctl_snaplen(struct softtap_channel *channel, const u32 __user *from)
{
	u32 snaplen;

	if (get_user(snaplen, from))
		return -EFAULT;
	softtap_reader_set_snaplen(channel, snaplen);
	return 0;
}

static long ioctl_span(struct softtap_channel *channel, const void __user *from,
		       int (*apply)(struct softtap_channel *channel, u32 cpu, u64 position))
{
	struct softtap_span span;

	if (copy_from_user(&span, from, sizeof(span)))
		return -EFAULT;
	if (span.reserved)
		return -EINVAL;
	return apply(channel, span.cpu, span.position);
}

static long ioctl_horizon(struct softtap_channel *channel, u64 __user *to)
{
	return put_user(softtap_recording_horizon(channel), to);
}

static long ioctl_clock(const struct softtap_channel *channel, void __user *to)
{
	struct softtap_clock clock;

	softtap_recording_clock(channel, &clock);
	return copy_to_user(to, &clock, sizeof(clock)) ? -EFAULT : 0;
}

static long device_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct reader *reader = file->private_data;
	struct softtap_channel *channel = reader->channel;
	void __user *user = (void __user *)arg;

	switch (cmd) {
	case SOFTTAP_IOC_GEOMETRY:
		return copy_to_user(user, &reader->geometry, sizeof(reader->geometry)) ?
		       -EFAULT : 0;
	case SOFTTAP_IOC_START:
		return softtap_reader_start(channel, SOFTTAP_ALL_CPUS);
	case SOFTTAP_IOC_STOP:
		return ioctl_stop(channel, user);
	case SOFTTAP_IOC_HAND:
		return ioctl_span(channel, user, softtap_reader_hand);
	case SOFTTAP_IOC_CONSUME:
		return ioctl_span(channel, user, softtap_reader_consume);
	case SOFTTAP_IOC_HORIZON:
		return ioctl_horizon(channel, user);
	case SOFTTAP_IOC_FILTER:
		return ioctl_program(channel, user, softtap_reader_set_filter);
	case SOFTTAP_IOC_SNAPLEN:
		return ioctl_snaplen(channel, user);
	case SOFTTAP_IOC_NOTE:
		return ioctl_note(channel, user);
	case SOFTTAP_IOC_NOTED:
		return ioctl_noted(channel, user);
	case SOFTTAP_IOC_TRIGGER:
		return ioctl_program(channel, user, softtap_reader_set_trigger);
	case SOFTTAP_IOC_TRIGGERED:
		return put_user(READ_ONCE(channel->triggered), (u64 __user *)user);
	case SOFTTAP_IOC_CLOCK:
		return ioctl_clock(channel, user);
	default:
		return -ENOTTY;
	}
}

static const struct file_operations device_fops = {
	.owner = THIS_MODULE,
	.open = device_open,
	.release = device_release,
	.mmap = device_mmap,
	.poll = device_poll,
	.unlocked_ioctl = device_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

/**
 * softtap_device_create - make /dev/softtap/tapN
 * @tap: named, with its channel
 *
 * Context: process.
 * Return: the device, or NULL. The tap can do without; it is logged.
 */
struct softtap_device *softtap_device_create(struct softtap_tap *tap)
{
	struct softtap_device *device = kzalloc(sizeof(*device), GFP_KERNEL);
	int err;

	if (!device)
		return NULL;
	snprintf(device->name, sizeof(device->name), KBUILD_MODNAME "_%s", tap->name);
	snprintf(device->node, sizeof(device->node), KBUILD_MODNAME "/%s", tap->name);
	device->misc.minor = MISC_DYNAMIC_MINOR;
	device->misc.name = device->name;
	device->misc.nodename = device->node;
	device->misc.mode = 0640;
	device->misc.fops = &device_fops;
	device->tap = tap;
	err = misc_register(&device->misc);
	if (err) {
		pr_err("no /dev/%s: error %d, only the files in debugfs are there\n",
		       device->node, err);
		kfree(device);
		return NULL;
	}
	return device;
}

/**
 * softtap_device_destroy - remove /dev/softtap/tapN
 * @device: made; files that are open stay good. Nothing happens for NULL.
 *
 * Context: process, without RTNL.
 */
void softtap_device_destroy(struct softtap_device *device)
{
	if (!device)
		return;
	misc_deregister(&device->misc);
	kfree(device);
}
