// SPDX-License-Identifier: GPL-2.0
/*
 * Filters: a reader's classic BPF program, checked and run as those of packet sockets are.
 */
#include <linux/bits.h>
#include <linux/err.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include "filter.h"
#include "softtap.h"

/* Takes the program to the kernel's checker, which makes of it what can be run. */
static int load(struct bpf_prog **program, const struct softtap_program *from)
{
	struct sock_fprog_kern checked = { .len = from->length };
	int err;

	if (from->length > BPF_MAXINSNS)
		return -EINVAL;
	checked.filter = memdup_user(u64_to_user_ptr(from->instructions),
				     from->length * sizeof(*checked.filter));
	if (IS_ERR(checked.filter))
		return PTR_ERR(checked.filter);
	err = bpf_prog_create(program, &checked);
	kfree(checked.filter);
	return err;
}

/**
 * softtap_filter_create - make a filter of what a reader said
 * @program: the program, its instructions in the caller's memory
 * @ports: how many ports there are
 *
 * Context: process.
 * Return: a filter; NULL when all frames are meant; an ERR_PTR: -EINVAL (the checker does not take
 * the program, or there are no such ports), -EFAULT, -ENOMEM.
 */
struct softtap_filter *softtap_filter_create(const struct softtap_program *program,
					     unsigned int ports)
{
	u32 all = GENMASK(ports - 1, 0);
	struct softtap_filter *filter;
	int err = 0;

	if (!program->ports || program->ports & ~all)
		return ERR_PTR(-EINVAL);
	if (!program->length && program->ports == all)
		return NULL;
	filter = kzalloc(sizeof(*filter), GFP_KERNEL);
	if (!filter)
		return ERR_PTR(-ENOMEM);
	filter->ports = program->ports;
	if (program->length)
		err = load(&filter->program, program);
	if (!err)
		return filter;
	kfree(filter);
	return ERR_PTR(err);
}

/**
 * softtap_filter_destroy - free a filter
 * @filter: that nobody runs any more; nothing happens for NULL
 *
 * Context: process.
 */
void softtap_filter_destroy(struct softtap_filter *filter)
{
	if (filter && filter->program)
		bpf_prog_destroy(filter->program);
	kfree(filter);
}

/**
 * softtap_filter_matches - is a frame meant
 * @filter: a filter
 * @port: index of the port where it arrived
 * @skb: the frame, its data at the network header; as before on return
 *
 * Packet sockets see a frame from its MAC header on, without the VLAN tag that the stack took out
 * (packet_rcv() in net/packet/af_packet.c).
 *
 * Context: softirq (BH off), RCU read side.
 * Return: whether it is.
 */
bool softtap_filter_matches(const struct softtap_filter *filter, unsigned int port,
			    const struct sk_buff *skb)
{
	struct sk_buff *seen = (struct sk_buff *)skb;
	bool matches;

	if (!(filter->ports & BIT(port)))
		return false;
	if (!filter->program)
		return true;
	__skb_push(seen, ETH_HLEN);
	matches = bpf_prog_run_clear_cb(filter->program, seen);
	__skb_pull(seen, ETH_HLEN);
	return matches;
}
