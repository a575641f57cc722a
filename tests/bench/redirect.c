// SPDX-License-Identifier: GPL-2.0
/*
 * redirect - XDP redirect through a device map, an alternative of the bench's
 *
 * What an XDP program of one's own does at least to bring frames from one card to another. It
 * stays when this ends.
 */
#include <linux/if_link.h>
#include <net/if.h>
#include <stdlib.h>
#include "xdp.h"

#define PINNED_LINK	"/sys/fs/bpf/softtap-bench-link"

static void die(const char *what)
{
	fprintf(stderr, "redirect: %s: %s\n", what, strerror(errno));
	exit(1);
}

static unsigned int device(const char *name)
{
	unsigned int index = if_nametoindex(name);

	if (!index)
		die(name);
	return index;
}

/* A map of one device. */
static int make_map(unsigned int to)
{
	unsigned int key = 0;
	union bpf_attr make = {
		.map_type = BPF_MAP_TYPE_DEVMAP,
		.key_size = sizeof(key),
		.value_size = sizeof(to),
		.max_entries = 1,
	};
	int fd = bpf(BPF_MAP_CREATE, &make);
	union bpf_attr set = {
		.map_fd = fd,
		.key = (unsigned long)&key,
		.value = (unsigned long)&to,
	};

	if (fd < 0 || bpf(BPF_MAP_UPDATE_ELEM, &set))
		die("no device map");
	return fd;
}

/* return bpf_redirect_map(map, 0, XDP_ABORTED); */
static int load_redirect(int map)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_LD | BPF_DW | BPF_IMM, .dst_reg = BPF_REG_1,
		  .src_reg = BPF_PSEUDO_MAP_FD, .imm = map },
		{ 0 },	/* the constant's upper half */
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_2, .imm = 0 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_3, .imm = XDP_ABORTED },
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_redirect_map },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	int fd = load_xdp(insns, ARRAY_SIZE(insns));

	if (fd < 0)
		die("the kernel does not load the program");
	return fd;
}

static void attach_for_good(int prog, unsigned int ifindex, unsigned int flags)
{
	int link = attach_xdp(prog, ifindex, flags);

	if (link < 0 || pin(link, PINNED_LINK))
		die("cannot attach the program");
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "--generic")) {
		attach_for_good(load_redirect(make_map(device(argv[3]))), device(argv[2]),
				XDP_FLAGS_SKB_MODE);
	} else if (argc == 4 && !strcmp(argv[1], "--native")) {
		if (pin(load_redirect(make_map(device(argv[2]))), PINNED))
			die(PINNED);
		attach_for_good(load_xdp_verdict(XDP_DROP), device(argv[3]), XDP_FLAGS_DRV_MODE);
	} else {
		fputs("usage: redirect --generic FROM TO\n"
		      "       redirect --native TO PEER\n"
		      "--generic: skbs that arrive on FROM leave by TO. --native: what inject injects\n"
		      "leaves by TO, a veth, before it becomes an skb, and an XDP program on PEER, its\n"
		      "other end, drops it.\n", stderr);
		return 2;
	}
	return 0;
}
