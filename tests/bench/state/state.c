// SPDX-License-Identifier: GPL-2.0
/*
 * Tells where softtap keeps its state: a line "state: NAME CPU ADDRESS SIZE" in the kernel's log
 * for each structure of each tap, CPU -1 for those that all share. It is compiled with softtap's
 * own headers, and told by a parameter where the list of taps is (/proc/kallsyms: softtap_taps).
 * The taps must not be changed meanwhile.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include "channel.h"
#include "counters.h"
#include "port.h"
#include "tap.h"

static unsigned long taps;
module_param(taps, ulong, 0);

static void tell(const char *name, int cpu, const void *at, size_t size)
{
	pr_info("%s %d %lx %zu\n", name, cpu, (unsigned long)at, size);
}

static void tell_cpu(const struct softtap_tap *tap, int cpu)
{
	const struct softtap_channel *channel = tap->channel;
	const struct softtap_buffer *buffer = per_cpu_ptr(channel->buffers, cpu);
	unsigned int i;

	for (i = 0; i < tap->ports; i++)
		tell("softtap_counters", cpu, per_cpu_ptr(tap->port[i].counters, cpu),
		     sizeof(struct softtap_counters));
	tell("softtap_buffer", cpu, buffer, sizeof(*buffer));
	tell("softtap_positions", cpu, &channel->control[cpu], sizeof(*channel->control));
	if (!buffer->relay)
		return;
	tell("rchan_buf", cpu, buffer->relay, sizeof(*buffer->relay));
	tell("records", cpu, buffer->relay->start, channel->buffer_size);
}

static int __init state_init(void)
{
	const struct list_head *list = (void *)taps;
	const struct softtap_tap *tap;
	int cpu;

	if (!list)
		return -EINVAL;
	list_for_each_entry(tap, list, list) {
		tell("softtap_tap", -1, tap, sizeof(*tap));
		tell("softtap_channel", -1, tap->channel, sizeof(*tap->channel));
		for_each_possible_cpu(cpu)
			tell_cpu(tap, cpu);
	}
	return 0;
}

static void __exit state_exit(void)
{
}

module_init(state_init);
module_exit(state_exit);
MODULE_DESCRIPTION("Tells where softtap keeps its state");
MODULE_LICENSE("GPL");
