// SPDX-License-Identifier: GPL-2.0
/*
 * An emulator's plugin that takes the time of each frame, in instructions, from where it arrives
 * to where it is sent, while one of the bench's programs is between its markers (marker.h).
 *
 *	-plugin delay.so,points=FILE,out=FILE
 *
 * FILE of points has a line "NAME ADDRESS" for each of arrival, handler and transmit: entries of
 * functions of the kernel's, as /proc/kallsyms has them. It is read at each begin marker. Every
 * pair of markers appends to out a line "= NUMBER" and lines "NAME INSTRUCTIONS FRAMES": how many
 * frames took so many from there to transmit; but for pairs before there is a FILE. Frames come
 * one after the other, on one processor; all that it executes counts, interrupts too.
 */
#include "plugin.h"

#define SLOTS		0x200000	/* places that are jumped to */
#define SAMPLES		0x200000	/* frames between two markers */

enum point { NONE, ARRIVAL, HANDLER, TRANSMIT, POINTS };

static const char * const name_of[POINTS] = { "", "arrival", "handler", "transmit" };

/* A place where a block of instructions begins, and what that means for a frame. */
struct slot {
	__u64 address;
	enum point point;
};

/* From a point to transmit: the instructions that each frame took. */
struct delays {
	__u64 since;
	unsigned int count;
	__u32 samples[SAMPLES];
};

QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_VERSION;

static struct slot slots[SLOTS];
static struct delays delays[TRANSMIT];
static __u64 executed;		/* by the kernel and all others */
static unsigned int pairs;
static int running;
static const char *points;
static FILE *out;

/* Open addressing; a slot never moves, as translated code points to it. */
static struct slot *slot_of(__u64 address)
{
	static unsigned int used;
	unsigned int at = (address * 0x9e3779b97f4a7c15ULL >> 32) % SLOTS;

	while (slots[at].address && slots[at].address != address)
		at = (at + 1) % SLOTS;
	if (!slots[at].address && ++used > SLOTS / 2)
		die("too many blocks of instructions");
	slots[at].address = address;
	return &slots[at];
}

static int read_points(void)
{
	FILE *file = fopen(points, "r");
	unsigned long long address;
	enum point point;
	char name[16];

	if (!file)
		return 0;
	while (fscanf(file, "%15s %llx", name, &address) == 2)
		for (point = ARRIVAL; point < POINTS; point++)
			if (!strcmp(name, name_of[point]))
				slot_of(address)->point = point;
	fclose(file);
	return 1;
}

static void begin(unsigned int cpu, void *data)
{
	(void)cpu;
	(void)data;
	memset(delays, 0, sizeof(delays));
	running = read_points();
}

static int by_size(const void *a, const void *b)
{
	const __u32 *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void print(enum point point)
{
	struct delays *from = &delays[point];
	unsigned int i, first = 0;

	qsort(from->samples, from->count, sizeof(*from->samples), by_size);
	for (i = 1; i <= from->count; i++) {
		if (i < from->count && from->samples[i] == from->samples[first])
			continue;
		fprintf(out, "%s %u %u\n", name_of[point], from->samples[first], i - first);
		first = i;
	}
}

static void end(unsigned int cpu, void *data)
{
	(void)cpu;
	(void)data;
	if (!running)
		return;
	running = 0;
	fprintf(out, "= %u\n", ++pairs);
	print(ARRIVAL);
	print(HANDLER);
	if (fflush(out))
		die("cannot write");
}

/* What was not seen to arrive since the last frame was sent is no frame of ours. */
static void sent(struct delays *from)
{
	if (!from->since)
		return;
	if (from->count == SAMPLES)
		die("too many frames between two markers");
	from->samples[from->count++] = executed - from->since;
	from->since = 0;
}

static void reached(unsigned int cpu, void *data)
{
	const struct slot *slot = data;

	(void)cpu;
	if (slot->point == NONE || !running)
		return;
	if (slot->point == TRANSMIT) {
		sent(&delays[ARRIVAL]);
		sent(&delays[HANDLER]);
	} else {
		delays[slot->point].since = executed;
	}
}

/* A function that is called begins a block. */
static void translate(__u64 id, struct qemu_plugin_tb *tb)
{
	size_t count = qemu_plugin_tb_n_insns(tb), i;

	(void)id;
	for (i = 0; i < count; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		__u64 address = qemu_plugin_insn_vaddr(insn);

		if (address < KERNEL)
			watch_marker(insn, begin, end);
		else if (i == 0)
			qemu_plugin_register_vcpu_insn_exec_cb(insn, reached,
							       QEMU_PLUGIN_CB_NO_REGS,
							       slot_of(address));
		qemu_plugin_register_vcpu_insn_exec_inline(insn, QEMU_PLUGIN_INLINE_ADD_U64,
							   &executed, 1);
	}
}

int qemu_plugin_install(__u64 id, const struct qemu_plugin_info *info, int argc, char **argv)
{
	(void)info;
	points = value_of("points", argc, argv);
	out = open_or_die(value_of("out", argc, argv), "w");
	qemu_plugin_register_vcpu_tb_trans_cb(id, translate);
	return 0;
}
