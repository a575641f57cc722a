// SPDX-License-Identifier: GPL-2.0
/*
 * inject - let frames arrive on a device, as a driver's poll would hand them up
 *
 * BPF_PROG_RUN with live frames takes fresh pages, writes the frame into each, and gives every
 * batch of them to netif_receive_skb_list() as skbs that nobody shares, like a NIC's NAPI poll.
 * The XDP program that it asks for does nothing but say XDP_PASS; redirect puts another there.
 *
 * Paced, the frames come in bursts at a steady rate, for what also has to read them meanwhile. Then
 * the markers are not those of the injection: inject --begin and --end put them where they belong.
 * Bursts may have a mixture of sizes, one each.
 *
 * Time is taken from the time stamp counter. On the bench's machine (scripts/vm --icount) that is
 * the number of instructions executed since power-on; `inject --check` proves it.
 */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <time.h>
#include "marker.h"
#include "xdp.h"

#define FRAME_MIN	60
#define FRAME_MAX	1514
#define FRAMES_MAX	100000000
#define TIMES_MAX	1000
#define BATCH_MAX	256	/* TEST_XDP_MAX_BATCH in net/bpf/test_run.c */
#define BATCH		64	/* NAPI_POLL_WEIGHT: what a poll hands up at most */
#define PERIOD_MAX	1000000	/* us between bursts */
#define TRIES		5	/* of the loop below, of which one counts */
#define TRIES_MAX	1000
#define LOOP		1000000	/* instructions of the loop that proves the clock */

struct stamp {
	unsigned long long instructions;
	unsigned long long ns;
};

static void take_stamp(struct stamp *at)
{
	unsigned int low, high;
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	at->ns = now.tv_sec * 1000000000ULL + now.tv_nsec;
	__asm__ volatile("lfence; rdtsc" : "=a"(low), "=d"(high));
	at->instructions = (unsigned long long)high << 32 | low;
}

static int fail(const char *what)
{
	fprintf(stderr, "inject: %s: %s\n", what, strerror(errno));
	return -1;
}

/* The program, loaded once: it keeps its address, by which a profile knows it. */
static int open_program(void)
{
	union bpf_attr attr = { .pathname = (unsigned long)PINNED };
	int fd = bpf(BPF_OBJ_GET, &attr);

	if (fd >= 0)
		return fd;
	fd = load_xdp_verdict(XDP_PASS);
	if (fd < 0)
		return fail("the kernel does not load an XDP program");
	return pin(fd, PINNED) ? fail("cannot pin " PINNED) : fd;
}

/*
 * While a program runs repeatedly it belongs to the kernel's XDP dispatcher, and the kernel waits
 * for grace periods when that changes: idle time, which no slope takes out. A program that is on
 * some device is in there already. The link lasts as long as this process.
 */
static int keep_dispatched(int prog, unsigned int spare)
{
	if (attach_xdp(prog, spare, XDP_FLAGS_DRV_MODE) < 0)
		return fail("no XDP on the spare device");
	return 0;
}

/* A UDP datagram between two hosts of TEST-NET-1 (RFC 5737), neither of which is this machine. */
static void make_frame(unsigned char *frame, unsigned int size)
{
	static const unsigned char to[] = { 2, 0, 0, 0, 0, 2 }, from[] = { 2, 0, 0, 0, 0, 1 };
	struct ethhdr *eth = (void *)frame;
	struct iphdr ip = { .version = 4, .ihl = 5, .ttl = 64, .protocol = IPPROTO_UDP };
	struct udphdr udp = { .source = htons(40000), .dest = htons(9) };
	unsigned int i;

	for (i = 0; i < size; i++)
		frame[i] = i;
	memcpy(eth->h_dest, to, ETH_ALEN);
	memcpy(eth->h_source, from, ETH_ALEN);
	eth->h_proto = htons(ETH_P_IP);
	ip.tot_len = htons(size - ETH_HLEN);
	ip.saddr = htonl(0xc0000201);
	ip.daddr = htonl(0xc0000202);
	udp.len = htons(size - ETH_HLEN - sizeof(ip));
	memcpy(frame + ETH_HLEN, &ip, sizeof(ip));
	memcpy(frame + ETH_HLEN + sizeof(ip), &udp, sizeof(udp));
}

/**
 * struct load - the frames that are to arrive
 * @prog: the XDP program they pass
 * @device: where
 * @frames: how many
 * @size: bytes of each; 0 for a mixture
 * @batch: how many of them at once, at most
 * @burst: how many without a pause; 0 for all, between markers
 * @period: us from the start of one burst to that of the next
 * @times: how often all that is to happen
 */
struct load {
	int prog;
	unsigned int device;
	unsigned int frames;
	unsigned int size;
	unsigned int batch;
	unsigned int burst;
	unsigned int period;
	unsigned int times;
};

static int run_program(const struct load *load, unsigned int frames, unsigned int size)
{
	unsigned char frame[FRAME_MAX];
	struct xdp_md context = { .data_end = size, .ingress_ifindex = load->device };
	union bpf_attr attr = {
		.test.prog_fd = load->prog,
		.test.data_in = (unsigned long)frame,
		.test.data_size_in = size,
		.test.ctx_in = (unsigned long)&context,
		.test.ctx_size_in = sizeof(context),
		.test.repeat = frames,
		.test.flags = BPF_F_TEST_XDP_LIVE_FRAMES,
		.test.batch_size = load->batch,
	};

	make_frame(frame, size);
	return bpf(BPF_PROG_TEST_RUN, &attr);
}

static int run_marked(const struct load *load)
{
	int err;

	mark(MARKER_BEGIN);
	err = run_program(load, load->frames, load->size);
	mark(MARKER_END);
	return err;
}

/* IMIX: seven of 60 bytes, four of 590 and one of 1514, without FCS. */
static unsigned int size_of(const struct load *load, unsigned int nr)
{
	static const unsigned int mix[] = { 60, 60, 590, 60, 60, 590, 60, 1514, 60, 590, 60, 590 };

	return load->size ? load->size : mix[nr % (sizeof(mix) / sizeof(*mix))];
}

/* A burst that comes late does not put off the next one. */
static int run_paced(const struct load *load)
{
	unsigned int left = load->frames, burst, nr = 0;
	struct timespec next;

	clock_gettime(CLOCK_MONOTONIC, &next);
	for (; left; left -= burst) {
		burst = left < load->burst ? left : load->burst;
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
		if (run_program(load, burst, size_of(load, nr++)))
			return -1;
		next.tv_nsec += load->period * 1000;
		next.tv_sec += next.tv_nsec / 1000000000;
		next.tv_nsec %= 1000000000;
	}
	return 0;
}

static int inject(const struct load *load)
{
	struct stamp start, end;
	int err;

	take_stamp(&start);
	err = load->burst ? run_paced(load) : run_marked(load);
	take_stamp(&end);
	if (err)
		return fail("the kernel does not take live frames");
	printf("%u %u %u %llu %llu\n", load->frames, load->size, load->batch,
	       end.instructions - start.instructions, end.ns - start.ns);
	return 0;
}

/* What a loop of two instructions a turn takes, with the few around it. */
static unsigned long long time_loop(void)
{
	unsigned long turns = LOOP / 2;
	struct stamp start, end;

	take_stamp(&start);
	__asm__ volatile("1: dec %0; jnz 1b" : "+r"(turns) :: "cc");
	take_stamp(&end);
	return end.instructions - start.instructions;
}

/* The least of some tries: a timer may tick in one of them. */
static int check(unsigned int tries)
{
	unsigned long long least = time_loop(), next;

	while (--tries) {
		next = time_loop();
		if (next < least)
			least = next;
	}
	printf("%u %llu\n", LOOP, least);
	return 0;
}

static unsigned int number(const char *word, unsigned int min, unsigned int max)
{
	char *end;
	unsigned long value = strtoul(word, &end, 10);

	if (*end || value < min || value > max) {
		fprintf(stderr, "inject: %s: must be %u to %u\n", word, min, max);
		exit(2);
	}
	return value;
}

static unsigned int device(const char *name)
{
	unsigned int index = if_nametoindex(name);

	if (!index)
		exit(-fail(name));
	return index;
}

static int explain(void)
{
	fputs("usage: inject DEVICE SPARE FRAMES SIZE [BATCH [TIMES | BURST PERIOD]]\n"
	      "       inject --check [TRIES] | --begin | --end\n"
	      "Lets FRAMES frames of SIZE bytes arrive on DEVICE, in bursts that start PERIOD\n"
	      "microseconds after each other, with SIZE imix seven of 60 bytes, four of 590 and one\n"
	      "of 1514 in turn; SPARE is a device with native XDP (a veth) that nothing\n"
	      "uses. Prints FRAMES SIZE BATCH INSTRUCTIONS NANOSECONDS, TIMES times, for as many\n"
	      "frames each time; with --check, how many instructions a loop has, and how many were\n"
	      "counted. --begin and --end do nothing but\n"
	      "what a plugin of the emulator's takes for limits of what it measures.\n", stderr);
	return 2;
}

static int option(const char *word)
{
	if (!strcmp(word, "--check"))
		return check(TRIES);
	if (!strcmp(word, "--begin"))
		mark(MARKER_BEGIN);
	else if (!strcmp(word, "--end"))
		mark(MARKER_END);
	else
		return explain();
	return 0;
}

static void parse(struct load *load, int argc, char **argv)
{
	load->device = device(argv[1]);
	load->frames = number(argv[3], 1, FRAMES_MAX);
	if (argc < 8 || strcmp(argv[4], "imix"))
		load->size = number(argv[4], FRAME_MIN, FRAME_MAX);
	if (argc > 5)
		load->batch = number(argv[5], 1, BATCH_MAX);
	if (argc == 7)
		load->times = number(argv[6], 1, TIMES_MAX);
	if (argc == 8) {
		load->burst = number(argv[6], 1, FRAMES_MAX);
		load->period = number(argv[7], 1, PERIOD_MAX);
	}
}

int main(int argc, char **argv)
{
	struct load load = { .batch = BATCH, .times = 1 };

	if (argc == 2)
		return option(argv[1]);
	if (argc == 3 && !strcmp(argv[1], "--check"))
		return check(number(argv[2], 1, TRIES_MAX));
	if (argc < 5 || argc > 8)
		return explain();
	parse(&load, argc, argv);
	load.prog = open_program();
	if (load.prog < 0 || keep_dispatched(load.prog, device(argv[2])))
		return 1;
	while (load.times--)
		if (inject(&load))
			return 1;
	return 0;
}
