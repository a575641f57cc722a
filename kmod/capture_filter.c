// SPDX-License-Identifier: GPL-2.0
/*
 * Filters: a reader's classic BPF program, checked and run as those of packet sockets are; and of
 * bounded cost, as each frame is forwarded only when it has run.
 */
#include <linux/bits.h>
#include <linux/err.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include "capture_filter.h"
#include "softtap.h"

/*
 * Cost is counted in instructions of the machine, about. A load from the first bytes, which are
 * linear in the skbs of most drivers, is done by the JIT's own code; others may be a call that
 * walks fragments: 30 instructions or 125, measured. The limit lets some hundred hosts, networks or
 * ports pass, and a frame wait for 51,000 instructions at worst.
 */
#define COST_MAX	16384
#define COST_STEP	2
#define COST_NEAR	10
#define COST_FAR	40
#define COST_DIVISION	20
#define COST_DISSECTION	1000
#define NEAR		64	/* bytes */

/* What a load from the skb's metadata costs; some of these look through the frame. */
static u32 extension_cost(u32 offset)
{
	switch (offset - SKF_AD_OFF) {
	case SKF_AD_NLATTR:
	case SKF_AD_NLATTR_NEST:
		return COST_MAX;	/* a walk without a limit, and no sense in a frame */
	case SKF_AD_PAY_OFFSET:
		return COST_DISSECTION;
	default:
		return COST_NEAR;
	}
}

static u32 load_cost(const struct sock_filter *step)
{
	switch (BPF_MODE(step->code)) {
	case BPF_ABS:
		if ((s32)step->k >= SKF_AD_OFF && (s32)step->k < 0)
			return extension_cost(step->k);
		return step->k < NEAR ? COST_NEAR : COST_FAR;
	case BPF_MSH:
		return step->k < NEAR ? COST_NEAR : COST_FAR;
	case BPF_IND:
		return COST_FAR;
	default:
		return COST_STEP;
	}
}

static u32 step_cost(const struct sock_filter *step)
{
	switch (BPF_CLASS(step->code)) {
	case BPF_LD:
	case BPF_LDX:
		return load_cost(step);
	case BPF_ALU:
		if (BPF_OP(step->code) == BPF_DIV || BPF_OP(step->code) == BPF_MOD)
			return COST_DIVISION;
		return COST_STEP;
	default:
		return COST_STEP;
	}
}

/* The dearest way from @step, whose index is @at, to an end; @costs has those of all behind it. */
static u32 path_cost(const struct sock_filter *step, const u32 *costs, u32 at)
{
	u32 behind = at + 1;

	if (BPF_CLASS(step->code) == BPF_RET)
		return COST_STEP;
	if (BPF_CLASS(step->code) != BPF_JMP)
		return step_cost(step) + costs[behind];
	if (BPF_OP(step->code) == BPF_JA)
		return COST_STEP + costs[behind + step->k];
	return COST_STEP + max(costs[behind + step->jt], costs[behind + step->jf]);
}

/*
 * Jumps only lead forward, so each instruction runs once at most, and one pass from the end finds
 * the dearest path. @program has passed the kernel's checker: jumps end within, and its last
 * instruction returns.
 */
static int check_cost(const struct sock_fprog_kern *program)
{
	u32 *costs = kvcalloc(program->len, sizeof(*costs), GFP_KERNEL);
	u32 cost, at = program->len;

	if (!costs)
		return -ENOMEM;
	while (at--)
		costs[at] = path_cost(&program->filter[at], costs, at);
	cost = costs[0];
	kvfree(costs);
	return cost > COST_MAX ? -E2BIG : 0;
}

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
	if (!err) {
		err = check_cost(&checked);
		if (err)
			bpf_prog_destroy(*program);
	}
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
 * the program, or there are no such ports), -E2BIG (a frame could wait too long for it), -EFAULT,
 * -ENOMEM.
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
