// SPDX-License-Identifier: GPL-2.0
/*
 * An emulator's plugin that counts how often each instruction of the kernel is executed, between
 * the markers that inject.c puts around its system call (marker.h).
 *
 *	-plugin plugin.so,out=FILE
 *
 * Each pair of markers appends to FILE a line "= NUMBER" and a line "ADDRESS COUNT" for every
 * instruction that was executed, the address in 16 hexadecimal digits. For one processor.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "marker.h"
#include "qemu-plugin-api.h"

#define SLOTS		0x400000	/* instructions that may be seen: a kernel runs 300,000 */
#define KERNEL		0x8000000000000000ULL	/* addresses above are the kernel's */
#define NOPL_SIZE	7		/* 0f 1f 80 and the displacement */

/* How often the instruction at @address ran, now and when the last pair of markers began. */
struct slot {
	__u64 address;
	__u64 count;
	__u64 base;
};

QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_VERSION;

static struct slot *slots;
static unsigned int used;
static unsigned int pairs;
static FILE *out;

static void die(const char *what)
{
	fprintf(stderr, "plugin: %s\n", what);
	exit(1);
}

/* Open addressing; a slot never moves, as translated code points to it. */
static struct slot *slot_of(__u64 address)
{
	unsigned int at = (address * 0x9e3779b97f4a7c15ULL >> 32) % SLOTS;

	while (slots[at].address != address) {
		if (!slots[at].address) {
			if (++used > SLOTS / 2)
				die("too many instructions");
			slots[at].address = address;
			break;
		}
		at = (at + 1) % SLOTS;
	}
	return &slots[at];
}

static void begin(unsigned int cpu, void *data)
{
	unsigned int i;

	(void)cpu;
	(void)data;
	for (i = 0; i < SLOTS; i++)
		slots[i].base = slots[i].count;
}

static void end(unsigned int cpu, void *data)
{
	unsigned int i;

	(void)cpu;
	(void)data;
	fprintf(out, "= %u\n", ++pairs);
	for (i = 0; i < SLOTS; i++)
		if (slots[i].count != slots[i].base)
			fprintf(out, "%016llx %llu\n", (unsigned long long)slots[i].address,
				(unsigned long long)(slots[i].count - slots[i].base));
	if (fflush(out))
		die("cannot write");
}

static __u32 marker(const struct qemu_plugin_insn *insn)
{
	static const unsigned char nopl[] = { 0x0f, 0x1f, 0x80 };
	const unsigned char *bytes = qemu_plugin_insn_data(insn);
	__u32 word;

	if (qemu_plugin_insn_size(insn) != NOPL_SIZE || memcmp(bytes, nopl, sizeof(nopl)))
		return 0;
	memcpy(&word, bytes + sizeof(nopl), sizeof(word));
	return word;
}

static void translate_user(struct qemu_plugin_insn *insn)
{
	__u32 word = marker(insn);

	if (word == MARKER_BEGIN)
		qemu_plugin_register_vcpu_insn_exec_cb(insn, begin, QEMU_PLUGIN_CB_NO_REGS, NULL);
	if (word == MARKER_END)
		qemu_plugin_register_vcpu_insn_exec_cb(insn, end, QEMU_PLUGIN_CB_NO_REGS, NULL);
}

static void translate(__u64 id, struct qemu_plugin_tb *tb)
{
	size_t count = qemu_plugin_tb_n_insns(tb), i;

	(void)id;
	for (i = 0; i < count; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		__u64 address = qemu_plugin_insn_vaddr(insn);

		if (address < KERNEL)
			translate_user(insn);
		else
			qemu_plugin_register_vcpu_insn_exec_inline(insn,
								   QEMU_PLUGIN_INLINE_ADD_U64,
								   &slot_of(address)->count, 1);
	}
}

int qemu_plugin_install(__u64 id, const struct qemu_plugin_info *info, int argc, char **argv)
{
	(void)info;
	if (argc != 1 || strncmp(argv[0], "out=", 4)) {
		fprintf(stderr, "plugin: usage: -plugin plugin.so,out=FILE\n");
		return 1;
	}
	out = fopen(argv[0] + 4, "w");
	slots = calloc(SLOTS, sizeof(*slots));
	if (!out || !slots) {
		perror("plugin");
		return 1;
	}
	qemu_plugin_register_vcpu_tb_trans_cb(id, translate);
	return 0;
}
