// SPDX-License-Identifier: GPL-2.0
/*
 * An emulator's plugin that notes which processor stores where in softtap's state, while one of
 * the bench's programs is between its markers (marker.h).
 *
 *	-plugin sharing.so,state=FILE,out=FILE
 *
 * FILE of the state has lines "NAME CPU ADDRESS SIZE"; it is read once, and pairs of markers while
 * there is none are left out. Each time that no program is between markers any more, what was
 * stored since the last time is added to out: lines
 *
 *	NAME CPU ADDRESS OFFSET BY COUNT
 *
 * so many stores by processor BY that began at OFFSET of the structure at ADDRESS. Of large areas
 * OFFSET is that of the cache line. Stores to the rest of a line that a structure begins or ends in
 * count too, before the structure with a negative offset. Whatever the kernel stores with is seen,
 * be it softtap's code or not. Processors may run beside each other.
 */
#include <pthread.h>
#include <unistd.h>
#include "plugin.h"

#define LINE		64		/* bytes of a cache line */
#define CPUS		8
#define AREAS		1024
#define LARGE		0x10000		/* bytes of an area that is noted by lines */
#define PAGES		0x10000		/* bits of a filter */
#define PAGE_SHIFT	12

/* A structure with the lines it touches, and the stores to each byte or line by each processor. */
struct area {
	char name[32];
	int owner;
	__u64 address;
	__u64 start;
	__u64 end;
	unsigned int unit;
	__u32 (*stores)[CPUS];
};

QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_VERSION;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct area areas[AREAS];
static unsigned int used;
static unsigned char pages[PAGES];	/* those that may hold an area */
static int open_pairs;
static const char *state;
static const char *out;

static void add_area(struct area area, __u64 size)
{
	__u64 page;

	if (used == AREAS)
		die("too many structures");
	area.start = area.address & -(__u64)LINE;
	area.end = (area.address + size + LINE - 1) & -(__u64)LINE;
	area.unit = size < LARGE ? 1 : LINE;
	area.stores = calloc((area.end - area.start) / area.unit, sizeof(*area.stores));
	if (!area.stores)
		die("no memory");
	areas[used++] = area;
	for (page = area.start >> PAGE_SHIFT; page <= (area.end - 1) >> PAGE_SHIFT; page++)
		pages[page % PAGES] = 1;
}

static void read_state(void)
{
	FILE *file = open_or_die(state, "r");
	unsigned long long address, size;
	struct area area = {};

	while (fscanf(file, "%31s %d %llx %llu", area.name, &area.owner, &address, &size) == 4) {
		area.address = address;
		add_area(area, size);
	}
	fclose(file);
}

static void begin(unsigned int cpu, void *data)
{
	(void)cpu;
	(void)data;
	pthread_mutex_lock(&lock);
	if (!access(state, F_OK)) {
		if (!used)
			read_state();
		__atomic_add_fetch(&open_pairs, 1, __ATOMIC_RELEASE);
	}
	pthread_mutex_unlock(&lock);
}

static void print_and_forget(FILE *file, const struct area *area)
{
	__u64 units = (area->end - area->start) / area->unit, i;
	unsigned int cpu;

	for (i = 0; i < units; i++)
		for (cpu = 0; cpu < CPUS; cpu++)
			if (area->stores[i][cpu])
				fprintf(file, "%s %d %llx %lld %u %u\n", area->name, area->owner,
					(unsigned long long)area->address,
					(long long)(area->start + i * area->unit - area->address),
					cpu, area->stores[i][cpu]);
	memset(area->stores, 0, units * sizeof(*area->stores));
}

static void print_all(void)
{
	FILE *file = open_or_die(out, "a");
	unsigned int i;

	for (i = 0; i < used; i++)
		print_and_forget(file, &areas[i]);
	if (fclose(file))
		die("cannot write");
}

static void end(unsigned int cpu, void *data)
{
	(void)cpu;
	(void)data;
	pthread_mutex_lock(&lock);
	if (open_pairs && !__atomic_sub_fetch(&open_pairs, 1, __ATOMIC_ACQUIRE))
		print_all();
	pthread_mutex_unlock(&lock);
}

static void note(unsigned int cpu, __u64 first, __u64 last)
{
	unsigned int i;

	for (i = 0; i < used; i++) {
		struct area *area = &areas[i];
		__u64 at = first < area->start ? area->start : first;

		if (at <= last && at < area->end)
			__atomic_add_fetch(&area->stores[(at - area->start) / area->unit][cpu], 1,
					   __ATOMIC_RELAXED);
	}
}

/* Loads come here too, whatever was asked for (QEMU 7.2). */
static void stored(unsigned int cpu, qemu_plugin_meminfo_t info, __u64 address, void *data)
{
	__u64 last = address + (1U << qemu_plugin_mem_size_shift(info)) - 1;

	(void)data;
	if (!qemu_plugin_mem_is_store(info))
		return;
	if (!pages[(address >> PAGE_SHIFT) % PAGES] && !pages[(last >> PAGE_SHIFT) % PAGES])
		return;
	if (!__atomic_load_n(&open_pairs, __ATOMIC_ACQUIRE))
		return;
	if (cpu >= CPUS)
		die("too many processors");
	note(cpu, address, last);
}

static void translate(__u64 id, struct qemu_plugin_tb *tb)
{
	size_t count = qemu_plugin_tb_n_insns(tb), i;

	(void)id;
	for (i = 0; i < count; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);

		if (qemu_plugin_insn_vaddr(insn) < KERNEL)
			watch_marker(insn, begin, end);
		else
			qemu_plugin_register_vcpu_mem_cb(insn, stored, QEMU_PLUGIN_CB_NO_REGS,
							 QEMU_PLUGIN_MEM_W, NULL);
	}
}

int qemu_plugin_install(__u64 id, const struct qemu_plugin_info *info, int argc, char **argv)
{
	(void)info;
	state = value_of("state", argc, argv);
	out = value_of("out", argc, argv);
	qemu_plugin_register_vcpu_tb_trans_cb(id, translate);
	return 0;
}
