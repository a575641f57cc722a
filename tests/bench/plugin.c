// SPDX-License-Identifier: GPL-2.0
/*
 * An emulator's plugin that counts how often each instruction of the kernel is executed, and how
 * many of programs, between the markers of inject.c (marker.h).
 *
 *	-plugin plugin.so,out=FILE
 *
 * Each pair of markers appends to FILE a line "= NUMBER" and a line "ADDRESS COUNT" for every
 * instruction of the kernel that was executed, the address in 16 hexadecimal digits, and a line
 * "user COUNT". For one processor, or several that take turns (-accel tcg,thread=single): it adds
 * without a lock.
 */
#include "plugin.h"

#define SLOTS		0x400000	/* instructions that may be seen: a kernel runs 300,000 */

/* How often the instruction at @address ran, now and when the last pair of markers began. */
struct slot {
	__u64 address;
	__u64 count;
	__u64 base;
};

QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_VERSION;

static struct slot *slots;
static struct slot user;	/* all instructions of programs together */
static unsigned int used;
static unsigned int pairs;
static FILE *out;

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
	user.base = user.count;
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
	fprintf(out, "user %llu\n", (unsigned long long)(user.count - user.base));
	if (fflush(out))
		die("cannot write");
}

static void translate(__u64 id, struct qemu_plugin_tb *tb)
{
	size_t count = qemu_plugin_tb_n_insns(tb), i;

	(void)id;
	for (i = 0; i < count; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		__u64 address = qemu_plugin_insn_vaddr(insn);
		struct slot *slot = address < KERNEL ? &user : slot_of(address);

		qemu_plugin_register_vcpu_insn_exec_inline(insn, QEMU_PLUGIN_INLINE_ADD_U64,
							   &slot->count, 1);
		if (slot == &user)
			watch_marker(insn, begin, end);
	}
}

int qemu_plugin_install(__u64 id, const struct qemu_plugin_info *info, int argc, char **argv)
{
	(void)info;
	out = open_or_die(value_of("out", argc, argv), "w");
	slots = calloc(SLOTS, sizeof(*slots));
	if (!slots)
		die("no memory");
	qemu_plugin_register_vcpu_tb_trans_cb(id, translate);
	return 0;
}
