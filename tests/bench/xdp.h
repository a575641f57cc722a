/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SOFTTAP_BENCH_XDP_H
#define SOFTTAP_BENCH_XDP_H

#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/* The program that inject runs: it makes it where redirect did not. */
#define PINNED		"/sys/fs/bpf/softtap-bench"

static inline int bpf(int cmd, union bpf_attr *attr)
{
	return syscall(SYS_bpf, cmd, attr, sizeof(*attr));
}

/* Return: the program's descriptor, or -1 with errno set. */
static inline int load_xdp(const struct bpf_insn *insns, unsigned int count)
{
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_XDP,
		.insn_cnt = count,
		.insns = (unsigned long)insns,
		.license = (unsigned long)"GPL",
	};

	return bpf(BPF_PROG_LOAD, &attr);
}

/* Return: the program's descriptor, or -1 with errno set. It does nothing but return verdict. */
static inline int load_xdp_verdict(enum xdp_action verdict)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = verdict },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	return load_xdp(insns, ARRAY_SIZE(insns));
}

/* Keeps a program or a link beyond the end of this process. Return: 0, or -1 with errno set. */
static inline int pin(int fd, const char *path)
{
	union bpf_attr attr = { .pathname = (unsigned long)path, .bpf_fd = fd };

	return bpf(BPF_OBJ_PIN, &attr);
}

/* Return: the link's descriptor, or -1 with errno set. flags: XDP_FLAGS_*_MODE. */
static inline int attach_xdp(int prog, unsigned int ifindex, unsigned int flags)
{
	union bpf_attr attr = {
		.link_create.prog_fd = prog,
		.link_create.target_ifindex = ifindex,
		.link_create.attach_type = BPF_XDP,
		.link_create.flags = flags,
	};

	return bpf(BPF_LINK_CREATE, &attr);
}

#endif
