// SPDX-License-Identifier: GPL-2.0
/*
 * reader-calls change COUNT
 * reader-calls refused COMMAND...
 * reader-calls dear NUMBER COMMAND...
 * reader-calls wait COMMAND...
 *
 * A reader of tap0 by the calls of uapi/softtap.h alone.
 *
 * change records, and meanwhile changes filter and snaplen COUNT times. What it takes out of the
 * buffers it throws away, but for one look: no record is longer than any snaplen that it has set.
 * Prints how many there were.
 *
 * refused sets a filter that means no frame, then hands over what is no filter, one kind after the
 * other, and after each runs COMMAND, which has a frame pass. A line for each: its name, the error,
 * and how many frames were recorded meanwhile.
 *
 * dear NUMBER COMMAND... sets a filter that reads NUMBER times by an index, and takes each frame;
 * runs COMMAND; tells how many were recorded meanwhile.
 *
 * wait has one reader wait for any frame, and after it another one for none; for each, COMMAND has
 * a frame pass. Tells before and after whether poll says that it came, and whether there is a time.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf_common.h>
#include <linux/filter.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "softtap.h"

#define COUNT(array)	(sizeof(array) / sizeof((array)[0]))
#define CPUS		64
#define BOTH		3	/* ports */
#define WHOLE		BPF_STMT(BPF_RET | BPF_K, 0x40000)
#define NOTHING		BPF_STMT(BPF_RET | BPF_K, 0)

static struct sock_filter all[] = { WHOLE };
static struct sock_filter none[] = { NOTHING };
static struct sock_filter ipv4[] = {
	BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 12),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x800, 0, 1),
	WHOLE,
	NOTHING,
};

/**
 * struct program - a filter
 * @name: what it is
 * @length: its instructions
 * @ports: whose frames
 * @code: the instructions
 */
struct program {
	const char *name;
	__u32 length;
	__u32 ports;
	const void *code;
};

static int tap;
static struct softtap_geometry geometry;
static const struct softtap_positions *positions;
static const char *buffers[CPUS];

static const void *map(size_t size, off_t offset)
{
	const void *memory = mmap(NULL, size, PROT_READ, MAP_SHARED, tap, offset);

	if (memory == MAP_FAILED)
		err(1, "mmap");
	return memory;
}

static size_t buffer_size(void)
{
	return (size_t)geometry.subbuf_size * geometry.subbufs;
}

static void become_reader(void)
{
	tap = open("/dev/softtap/tap0", O_RDONLY | O_CLOEXEC);
	if (tap < 0 || ioctl(tap, SOFTTAP_IOC_GEOMETRY, &geometry))
		err(1, "tap0");
	if (geometry.cpus > CPUS)
		errx(1, "%u CPUs", geometry.cpus);
	positions = map(geometry.control_size, SOFTTAP_MMAP_CONTROL);
}

static void start(void)
{
	if (ioctl(tap, SOFTTAP_IOC_START))
		err(1, "start");
}

/* With its mappings, which keep a file open. */
static void leave(void)
{
	unsigned int cpu;

	for (cpu = 0; cpu < CPUS; cpu++) {
		if (buffers[cpu])
			munmap((void *)buffers[cpu], buffer_size());
		buffers[cpu] = NULL;
	}
	munmap((void *)positions, geometry.control_size);
	close(tap);
}

static int hand_over(unsigned long call, const struct program *program)
{
	struct softtap_program words = {
		.length = program->length,
		.ports = program->ports,
		.instructions = (unsigned long)program->code,
	};

	return ioctl(tap, call, &words);
}

static void set(unsigned long call, const struct program *program)
{
	if (hand_over(call, program))
		err(1, "a filter for ports %u", program->ports);
}

static void look_at(const struct softtap_epb *record, __u32 most)
{
	if (!record->captured || record->captured > record->original || record->captured > most)
		errx(1, "%u bytes of %u recorded", record->captured, record->original);
}

/* Return: records of a CPU that were there, given back now. */
static unsigned long take(unsigned int cpu, __u32 most)
{
	struct softtap_span span = {
		.cpu = cpu,
		.position = __atomic_load_n(&positions[cpu].committed, __ATOMIC_ACQUIRE),
	};
	__u64 at = positions[cpu].consumed;
	unsigned long records = 0;
	const void *block;

	if (at == span.position)
		return 0;
	if (!buffers[cpu])
		buffers[cpu] = map(buffer_size(), SOFTTAP_MMAP_CPU(cpu));
	for (; at < span.position; at += ((const struct softtap_block *)block)->length) {
		block = buffers[cpu] + at % buffer_size();
		if (((const struct softtap_block *)block)->type != SOFTTAP_PCAPNG_EPB)
			continue;
		look_at(block, most);
		records++;
	}
	if (ioctl(tap, SOFTTAP_IOC_CONSUME, &span))
		err(1, "CPU %u", cpu);
	return records;
}

/* Every program with all ports and snaplens, one after the other, in a circle. */
static void change_to(unsigned long number)
{
	static const struct program programs[] = {
		{ .code = all, .length = COUNT(all) },
		{ .code = none, .length = COUNT(none) },
		{ .code = ipv4, .length = COUNT(ipv4) },
		{ .code = all, .length = 0 },
	};
	static const __u32 snaplens[] = { 1, 14, 64, 100 };
	struct program program = programs[number / COUNT(snaplens) / BOTH % COUNT(programs)];
	__u32 snaplen = snaplens[number % COUNT(snaplens)];

	program.ports = number / COUNT(snaplens) % BOTH + 1;
	set(SOFTTAP_IOC_FILTER, &program);
	if (ioctl(tap, SOFTTAP_IOC_SNAPLEN, &snaplen))
		err(1, "snaplen %u", snaplen);
}

static void change(unsigned long count)
{
	unsigned long number, records = 0;
	unsigned int cpu;
	__u32 first = 1;

	become_reader();
	if (ioctl(tap, SOFTTAP_IOC_SNAPLEN, &first))
		err(1, "snaplen");
	start();
	for (number = 0; number < count; number++) {
		change_to(number);
		for (cpu = 0; cpu < geometry.cpus; cpu++)
			records += take(cpu, 100);
	}
	printf("%lu\n", records);
}

static unsigned long long counter(const char *name)
{
	char path[100];
	unsigned long long value;
	FILE *file;

	snprintf(path, sizeof(path), "/sys/kernel/softtap/tap0/%s", name);
	file = fopen(path, "r");
	if (!file || fscanf(file, "%llu", &value) != 1)
		err(1, "%s", path);
	fclose(file);
	return value;
}

static void run(char **command)
{
	int status;
	pid_t child = fork();

	if (!child) {
		execvp(command[0], command);
		err(1, "%s", command[0]);
	}
	if (child < 0 || waitpid(child, &status, 0) != child || status)
		errx(1, "%s does not succeed", command[0]);
}

static void refuse(const struct program *program, char **command)
{
	unsigned long long captured = counter("a/captured_frames");
	unsigned long long filtered = counter("a/filtered_frames");
	int status;

	if (program->name)
		status = hand_over(SOFTTAP_IOC_FILTER, program);
	else
		status = ioctl(tap, SOFTTAP_IOC_FILTER, 8);
	printf("%s: %s", program->name ?: "no such memory for the call",
	       status ? strerrorname_np(errno) : "taken");
	run(command);
	printf(", %llu recorded, %llu not\n", counter("a/captured_frames") - captured,
	       counter("a/filtered_frames") - filtered);
}

#define NO_FILTER(name, ...) { name, COUNT(((struct sock_filter[]){ __VA_ARGS__ })), BOTH, \
			       (struct sock_filter[]){ __VA_ARGS__ } }

/* Reads of the frame's byte 40, by an index, as the checker cannot tell where it is. */
static struct program make_dear(const char *name, unsigned int reads)
{
	static struct sock_filter code[BPF_MAXINSNS];
	unsigned int at;

	code[0] = (struct sock_filter)BPF_STMT(BPF_LDX | BPF_IMM, 20);
	for (at = 1; at <= reads; at++)
		code[at] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_B | BPF_IND, 20);
	code[at] = all[0];
	return (struct program){ name, reads + 2, BOTH, code };
}

static void dear(unsigned int reads, char **command)
{
	const struct program program = make_dear("dear", reads);
	unsigned long records = 0;
	unsigned int cpu;

	become_reader();
	set(SOFTTAP_IOC_FILTER, &program);
	start();
	run(command);
	for (cpu = 0; cpu < geometry.cpus; cpu++)
		records += take(cpu, ~0U);
	printf("%lu\n", records);
}

static void refused(char **command)
{
	static struct sock_filter many[1 << 17];
	const struct program programs[] = {
		NO_FILTER("no return", BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0)),
		NO_FILTER("a jump beyond the end",
			  BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 9), WHOLE),
		NO_FILTER("a jump backwards", WHOLE, BPF_STMT(BPF_JMP | BPF_JA, -2), WHOLE),
		NO_FILTER("an unknown instruction", BPF_STMT(0xff, 0), WHOLE),
		NO_FILTER("a division by 0", BPF_STMT(BPF_ALU | BPF_DIV | BPF_K, 0), WHOLE),
		NO_FILTER("a memory slot too far", BPF_STMT(BPF_LD | BPF_MEM, BPF_MEMWORDS), WHOLE),
		NO_FILTER("an unknown extension",
			  BPF_STMT(BPF_LD | BPF_W | BPF_ABS, SKF_AD_OFF + 0x400), WHOLE),
		make_dear("one read too many", 410),
		NO_FILTER("a search for attributes",
			  BPF_STMT(BPF_LD | BPF_W | BPF_ABS, SKF_AD_OFF + SKF_AD_NLATTR), WHOLE),
		{ "one instruction too many", BPF_MAXINSNS + 1, BOTH, many },
		{ "65535 instructions", 65535, BOTH, many },
		{ "65537 instructions", 65537, BOTH, many },
		{ "4294967295 instructions", ~0U, BOTH, NULL },
		{ "no memory there", 1, BOTH, (void *)8 },
		{ "memory of the kernel", 1, BOTH, (void *)0xffffffff81000000 },
		{ "no ports", COUNT(all), 0, all },
		{ "no such port", COUNT(all), 4, all },
		{ "one port that is and one that is not", COUNT(all), 5, all },
		{ NULL, 0, 0, NULL },
	};
	const struct program no_frame = { "no frame", COUNT(none), BOTH, none };
	size_t i;

	for (i = 0; i < COUNT(many); i++)
		many[i] = all[0];
	become_reader();
	set(SOFTTAP_IOC_FILTER, &no_frame);
	start();
	for (i = 0; i < COUNT(programs); i++)
		refuse(&programs[i], command);
}

/* What was waited for: as poll has it, and whether there is a time. */
static void tell_come(void)
{
	struct pollfd said = { .fd = tap, .events = POLLPRI };
	__u64 time;

	if (ioctl(tap, SOFTTAP_IOC_TRIGGERED, &time))
		err(1, "a time");
	printf(" %s", poll(&said, 1, 0) ? "poll says so" : "poll says no");
	printf("%s", time ? ", a time" : ", no time");
}

static void wait_for(const char *name, const struct program *what, char **command)
{
	become_reader();
	if (what)
		set(SOFTTAP_IOC_TRIGGER, what);
	start();
	printf("%s:", name);
	tell_come();
	run(command);
	printf(";");
	tell_come();
	printf("\n");
	leave();
}

int main(int argc, char **argv)
{
	const struct program any = { "any frame", COUNT(all), BOTH, all };

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc == 3 && !strcmp(argv[1], "change")) {
		change(strtoul(argv[2], NULL, 10));
	} else if (argc > 2 && !strcmp(argv[1], "refused")) {
		refused(argv + 2);
	} else if (argc > 3 && !strcmp(argv[1], "dear")) {
		dear(strtoul(argv[2], NULL, 10), argv + 3);
	} else if (argc > 2 && !strcmp(argv[1], "wait")) {
		wait_for("any frame", &any, argv + 2);
		wait_for("none", NULL, argv + 2);
	} else {
		errx(2, "usage: reader-calls change|dear|refused|wait ...");
	}
	return 0;
}
