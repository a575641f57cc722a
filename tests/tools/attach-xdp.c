// SPDX-License-Identifier: GPL-2.0
/*
 * attach-xdp native|generic INTERFACE
 *
 * Attaches an XDP program that drops all frames, says "attached", and stays until it is killed,
 * with which the program goes.
 */
#include <err.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int bpf(enum bpf_cmd command, union bpf_attr *attr)
{
	return syscall(SYS_bpf, command, attr, sizeof(*attr));
}

/* return XDP_DROP; */
static int load_program(void)
{
	const struct bpf_insn program[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = XDP_DROP },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_XDP,
		.insns = (unsigned long)program,
		.insn_cnt = sizeof(program) / sizeof(*program),
		.license = (unsigned long)"GPL",
	};
	int fd = bpf(BPF_PROG_LOAD, &attr);

	if (fd < 0)
		err(1, "cannot load");
	return fd;
}

static int attach(int program, const char *interface, unsigned int flags)
{
	union bpf_attr attr = {
		.link_create = {
			.prog_fd = program,
			.target_ifindex = if_nametoindex(interface),
			.attach_type = BPF_XDP,
			.flags = flags,
		},
	};

	return bpf(BPF_LINK_CREATE, &attr);
}

int main(int argc, char **argv)
{
	unsigned int flags;

	if (argc != 3)
		errx(2, "usage: attach-xdp native|generic INTERFACE");
	flags = strcmp(argv[1], "native") ? XDP_FLAGS_SKB_MODE : XDP_FLAGS_DRV_MODE;
	if (attach(load_program(), argv[2], flags) < 0)
		err(1, "%s", argv[2]);
	puts("attached");
	fflush(stdout);
	pause();
	return 0;
}
