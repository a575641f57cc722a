// SPDX-License-Identifier: GPL-2.0
/*
 * flood: numbered frames both ways between two interfaces, and an account of every number.
 *
 *	flood [OPTION…] [NETNS/]IFNAME [NETNS/]IFNAME
 *
 * A direction is a thread that keeps to one CPU, or wanders over all that are online: it sends on
 * its end what is due, in small bursts, then takes what has arrived in the other end's namespace
 * from a ring that the kernel fills. A ring belongs to the namespace, not to the interface, and
 * interfaces are looked up again when sending fails, so both may go and come back. A number is used
 * up only when the kernel took the frame. The ends' namespaces must hold no port of the tap: there,
 * frames would arrive before.
 *
 * SIGINT, SIGTERM or the end of --seconds end it. Then it prints, a line each,
 *
 *	stream N sent S arrived A missing M doubled D reordered R corrupt C dropped K rate F
 *	missing N FIRST LAST TIME_FIRST TIME_LAST TIME_NEXT
 *
 * with the times (µs since 1970, as in bash's EPOCHREALTIME) at which the first and the last
 * missing number of a range and the number behind it were about to be sent; the last is 0 when
 * there is none. C are frames that came otherwise than they were sent, or into the wrong
 * namespace. K is what the ring had no room for: then there is no result.
 *
 * Exit status: 0 everything arrived once, in order; 1 not so; 2 an error; 3 no result.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "frame.h"
#include "numbers.h"

#define NSEC		1000000000ULL
#define TICK		(NSEC / 200)	/* between bursts */
#define DEBT		(4 * TICK)	/* what is due longer is not sent: no long bursts */
#define STAY		(NSEC / 20)	/* on one CPU, when it wanders */
#define DRAIN		(NSEC * 3)	/* after the last frame that arrives at the end */
#define BURST		64		/* frames a system call */
#define BLOCK_SIZE	(128U * 1024)
#define BLOCKS		256U
#define BLOCK_TIMEOUT	20		/* ms after which a block is handed over part-filled */
#define RANGES_SHOWN	2000

/**
 * struct end - an interface in a namespace
 * @netns: a name of ip-netns(8), NULL for the caller's
 * @ifname: its name
 * @fd: a packet socket in the namespace, bound to no interface
 * @ring: what arrives on any interface there
 * @address: its MAC address at the start
 */
struct end {
	char *netns;
	char *ifname;
	int fd;
	__u8 *ring;
	__u8 address[ETH_ALEN];
};

/**
 * struct departure - when frames left
 * @number: the first of a burst
 * @time: ns since 1970, before the burst
 */
struct departure {
	__u64 number;
	__u64 time;
};

/**
 * struct stream - one direction
 * @index: its number
 * @from: where it is sent
 * @to: where it arrives
 * @thread: does it
 * @cpu: where it is
 * @leaves: when it goes to the next one, ns
 * @address: of sendmsg(): the interface, which may change
 * @frames: heads of a burst
 * @parts: head and pattern of each
 * @messages: the burst
 * @start: from when on frames are due; moves on when that is too long ago
 * @base: numbers sent before @start
 * @sent: numbers used up
 * @block: next of the ring's
 * @arrived: which numbers came
 * @corrupt: frames with our EtherType that were not as sent
 * @dropped: frames that the ring had no room for
 * @departures: when they were sent
 * @n_departures: bursts
 * @began: ns, before the first frame
 * @ended: ns, after the last
 */
struct stream {
	unsigned int index;
	struct end *from;
	struct end *to;
	pthread_t thread;
	long cpu;
	__u64 leaves;
	struct sockaddr_ll address;
	struct frame frames[BURST];
	struct iovec parts[BURST][2];
	struct mmsghdr messages[BURST];
	__u64 start;
	__u64 base;
	__u64 sent;
	unsigned int block;
	struct numbers arrived;
	__u64 corrupt;
	__u64 dropped;
	struct departure *departures;
	size_t n_departures;
	__u64 began;
	__u64 ended;
};

static unsigned int rates[FRAME_STREAMS] = { 1000, 1000 };
static bool wanders;
static unsigned int seconds;
static unsigned int size_min = FRAME_MIN;
static unsigned int size_max;
static volatile sig_atomic_t stopped;
static __u8 pattern[FRAME_PATTERN];

static __u64 now(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return time.tv_sec * NSEC + time.tv_nsec;
}

static void on_signal(int signal)
{
	(void)signal;
	stopped = 1;
}

static unsigned int size_of(__u64 number)
{
	static const unsigned int mix[] = { 60, 60, 594, 60, 60, 594, 60, 1514, 60, 594, 60, 594 };

	if (!size_max)
		return mix[number % (sizeof(mix) / sizeof(*mix))];
	return size_min + number * 2654435761U % (size_max - size_min + 1);
}

static int open_netns(const char *path)
{
	int netns = open(path, O_RDONLY | O_CLOEXEC);

	if (netns < 0)
		err(2, "%s", path);
	return netns;
}

static void enter_netns(int netns)
{
	if (setns(netns, CLONE_NEWNET))
		err(2, "entering a network namespace");
	close(netns);
}

/* Return: a packet socket, which stays in the namespace that it was made in. */
static int open_socket(const char *name)
{
	int own = open_netns("/proc/self/ns/net");
	char path[PATH_MAX];
	int fd;

	if (name) {
		snprintf(path, sizeof(path), "/run/netns/%s", name);
		enter_netns(open_netns(path));
	}
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (fd < 0)
		err(2, "packet socket");
	enter_netns(own);
	return fd;
}

static void map_ring(struct end *end)
{
	struct tpacket_req3 request = {
		.tp_block_size = BLOCK_SIZE,
		.tp_block_nr = BLOCKS,
		.tp_frame_size = 2048,
		.tp_frame_nr = BLOCKS * (BLOCK_SIZE / 2048),
		.tp_retire_blk_tov = BLOCK_TIMEOUT,
	};
	int version = TPACKET_V3;

	if (setsockopt(end->fd, SOL_PACKET, PACKET_VERSION, &version, sizeof(version)) ||
	    setsockopt(end->fd, SOL_PACKET, PACKET_RX_RING, &request, sizeof(request)))
		err(2, "a ring of %u KiB", BLOCKS * BLOCK_SIZE / 1024);
	end->ring = mmap(NULL, BLOCKS * BLOCK_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, end->fd, 0);
	if (end->ring == MAP_FAILED)
		err(2, "mapping the ring");
}

static void open_end(struct end *end)
{
	struct sockaddr_ll all = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(FRAME_ETHERTYPE),
	};
	struct ifreq request = {};

	end->fd = open_socket(end->netns);
	strncpy(request.ifr_name, end->ifname, IFNAMSIZ - 1);
	if (ioctl(end->fd, SIOCGIFHWADDR, &request))
		err(2, "%s", end->ifname);
	memcpy(end->address, request.ifr_hwaddr.sa_data, ETH_ALEN);
	map_ring(end);
	if (bind(end->fd, (struct sockaddr *)&all, sizeof(all)))
		err(2, "bind");
}

static void look_up_interface(struct stream *stream)
{
	struct ifreq request = {};

	strncpy(request.ifr_name, stream->from->ifname, IFNAMSIZ - 1);
	stream->address.sll_ifindex = 0;
	if (!ioctl(stream->from->fd, SIOCGIFINDEX, &request))
		stream->address.sll_ifindex = request.ifr_ifindex;
}

static void prepare(struct stream *stream)
{
	int i;

	stream->address.sll_family = AF_PACKET;
	stream->address.sll_protocol = htons(FRAME_ETHERTYPE);
	for (i = 0; i < BURST; i++) {
		struct frame *frame = &stream->frames[i];
		struct msghdr *message = &stream->messages[i].msg_hdr;

		memcpy(frame->eth.h_dest, stream->to->address, ETH_ALEN);
		memcpy(frame->eth.h_source, stream->from->address, ETH_ALEN);
		frame->eth.h_proto = htons(FRAME_ETHERTYPE);
		frame->magic = FRAME_MAGIC;
		frame->stream = stream->index;
		stream->parts[i][0].iov_base = frame;
		stream->parts[i][0].iov_len = sizeof(*frame);
		message->msg_name = &stream->address;
		message->msg_namelen = sizeof(stream->address);
		message->msg_iov = stream->parts[i];
		message->msg_iovlen = 2;
	}
}

static void note_departure(struct stream *stream, __u64 time)
{
	struct departure *at;

	if (!(stream->n_departures & (stream->n_departures - 1))) {
		size_t room = stream->n_departures ? 2 * stream->n_departures : 1;

		stream->departures = realloc(stream->departures, room * sizeof(*at));
		if (!stream->departures)
			err(2, "no memory");
	}
	at = &stream->departures[stream->n_departures++];
	at->number = stream->sent;
	at->time = time;
}

static __u64 departure_time(const struct stream *stream, __u64 number)
{
	size_t low = 0, high = stream->n_departures;

	while (high - low > 1) {
		size_t middle = (low + high) / 2;

		if (stream->departures[middle].number <= number)
			low = middle;
		else
			high = middle;
	}
	return stream->departures[low].time;
}

/* Return: frames that the kernel took. */
static unsigned int send_burst(struct stream *stream, unsigned int count)
{
	__u64 time = now(CLOCK_REALTIME);
	unsigned int i;
	int sent;

	for (i = 0; i < count; i++) {
		struct frame *frame = &stream->frames[i];

		frame->number = stream->sent + i;
		frame->time = time;
		frame->length = size_of(frame->number);
		stream->parts[i][1].iov_base = pattern + (frame->number & 0xff);
		stream->parts[i][1].iov_len = frame->length - sizeof(*frame);
	}
	sent = sendmmsg(stream->from->fd, stream->messages, count, 0);
	if (sent > 0) {
		note_departure(stream, time);
		stream->sent += sent;
		return sent;
	}
	if (errno == ENXIO || errno == ENODEV || errno == ENETDOWN)
		look_up_interface(stream);
	else if (errno != ENOBUFS && errno != EAGAIN && errno != EINTR)
		err(2, "sending on %s", stream->from->ifname);
	return 0;
}

/* To the next CPU, if it is time, and if there is another one. */
static void wander(struct stream *stream)
{
	long cpus = sysconf(_SC_NPROCESSORS_CONF), tries;
	__u64 time = now(CLOCK_MONOTONIC);
	cpu_set_t set;

	if (!wanders || time < stream->leaves)
		return;
	stream->leaves = time + STAY;
	for (tries = 0; tries < cpus; tries++) {
		stream->cpu = (stream->cpu + 1) % cpus;
		CPU_ZERO(&set);
		CPU_SET(stream->cpu, &set);
		if (!sched_setaffinity(0, sizeof(set), &set))
			return;
	}
}

/* What could not be sent in time is left out: the rate is lower then, and said at the end. */
static void send_due(struct stream *stream)
{
	__u64 time = now(CLOCK_MONOTONIC);
	unsigned int rate = rates[stream->index];
	__u64 due, debt = stream->start + (stream->sent - stream->base + 1) * NSEC / rate;

	if (time > debt + DEBT) {
		stream->start = time - DEBT;
		stream->base = stream->sent;
	}
	due = stream->base + (time - stream->start) * rate / NSEC;
	while (stream->sent < due && !stopped) {
		__u64 count = due - stream->sent;

		if (!send_burst(stream, count < BURST ? count : BURST))
			return;
	}
}

static void take_frame(struct stream *stream, const struct tpacket3_hdr *head)
{
	struct frame frame;

	if (!frame_parse(&frame, (const __u8 *)head + head->tp_mac, head->tp_snaplen, pattern) ||
	    frame.stream != stream->index || frame.number >= stream->sent)
		stream->corrupt++;
	else
		numbers_see(&stream->arrived, frame.number);
}

static void take_block(struct stream *stream, const struct tpacket_hdr_v1 *block)
{
	const __u8 *at = (const __u8 *)block - offsetof(struct tpacket_block_desc, hdr) +
			 block->offset_to_first_pkt;
	unsigned int i;

	for (i = 0; i < block->num_pkts; i++) {
		const struct tpacket3_hdr *head = (const void *)at;

		take_frame(stream, head);
		at += head->tp_next_offset;
	}
}

/* Return: whether there was something. */
static bool receive(struct stream *stream)
{
	bool any = false;

	for (;;) {
		struct tpacket_block_desc *block = (void *)(stream->to->ring +
							    stream->block * BLOCK_SIZE);
		struct tpacket_hdr_v1 *head = &block->hdr.bh1;

		if (!(__atomic_load_n(&head->block_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER))
			return any;
		take_block(stream, head);
		__atomic_store_n(&head->block_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
		stream->block = (stream->block + 1) % BLOCKS;
		any = true;
	}
}

static void read_dropped(struct stream *stream)
{
	struct tpacket_stats_v3 stats;
	socklen_t size = sizeof(stats);

	if (getsockopt(stream->to->fd, SOL_PACKET, PACKET_STATISTICS, &stats, &size))
		err(2, "PACKET_STATISTICS");
	stream->dropped = stats.tp_drops;
}

static void keep_to_cpu(unsigned int index)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(index % sysconf(_SC_NPROCESSORS_ONLN), &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static void *run_stream(void *argument)
{
	const struct timespec tick = { .tv_nsec = TICK };
	struct stream *stream = argument;
	__u64 last;

	keep_to_cpu(stream->index);
	stream->cpu = stream->index;
	look_up_interface(stream);
	prepare(stream);
	stream->began = now(CLOCK_MONOTONIC);
	stream->start = stream->began;
	while (!stopped && (!seconds || now(CLOCK_MONOTONIC) < stream->began + seconds * NSEC)) {
		wander(stream);
		send_due(stream);
		receive(stream);
		nanosleep(&tick, NULL);
	}
	stream->ended = now(CLOCK_MONOTONIC);
	for (last = stream->ended; now(CLOCK_MONOTONIC) < last + DRAIN;) {
		if (receive(stream))
			last = now(CLOCK_MONOTONIC);
		if (stream->arrived.end == stream->sent)
			break;
		nanosleep(&tick, NULL);
	}
	read_dropped(stream);
	return NULL;
}

static void report_ranges(const struct stream *stream)
{
	__u64 from = 0, to, shown = 0;

	while (numbers_gap(&stream->arrived, stream->sent, &from, &to)) {
		if (shown++ == RANGES_SHOWN) {
			printf("# more is missing\n");
			return;
		}
		printf("missing %u %llu %llu %llu %llu %llu\n", stream->index, from, to - 1,
		       departure_time(stream, from) / 1000, departure_time(stream, to - 1) / 1000,
		       to < stream->sent ? departure_time(stream, to) / 1000 : 0);
		from = to;
	}
}

/* Return: the exit status for this stream. */
static int report(const struct stream *stream)
{
	const struct numbers *arrived = &stream->arrived;
	__u64 missing = stream->sent - arrived->once;

	printf("stream %u sent %llu arrived %llu missing %llu doubled %llu reordered %llu ",
	       stream->index, stream->sent, arrived->once, missing, arrived->doubled,
	       arrived->reordered);
	printf("corrupt %llu dropped %llu rate %llu\n", stream->corrupt, stream->dropped,
	       stream->sent * NSEC / (stream->ended - stream->began + 1));
	report_ranges(stream);
	if (stream->dropped)
		return 3;
	return missing || arrived->doubled || arrived->reordered || stream->corrupt;
}

static void show_usage(int status)
{
	fprintf(status ? stderr : stdout,
		"usage: flood [OPTION...] [NETNS/]IFNAME [NETNS/]IFNAME\n\n"
		"  --rate N[,N]       frames a second each way (1000)\n"
		"  --size N|MIN-MAX   bytes of a frame (a mixture of 60, 594 and 1514)\n"
		"  --wander           each way from one CPU after the other\n"
		"  --seconds N        ends after that time (on SIGINT or SIGTERM)\n");
	exit(status);
}

static void parse_rate(const char *text)
{
	int n = sscanf(text, "%u,%u", &rates[0], &rates[1]);

	if (n == 1)
		rates[1] = rates[0];
	if (n < 1 || !rates[0] || !rates[1])
		errx(2, "--rate: N or N,N frames a second");
}

static void parse_size(const char *text)
{
	int n = sscanf(text, "%u-%u", &size_min, &size_max);

	if (n == 1)
		size_max = size_min;
	if (n < 1 || size_min < FRAME_MIN || size_max > FRAME_MAX || size_min > size_max)
		errx(2, "--size: from %u to %u", FRAME_MIN, FRAME_MAX);
}

static void parse(int argc, char **argv)
{
	static const struct option options[] = {
		{ "rate", required_argument, NULL, 'r' },
		{ "wander", no_argument, NULL, 'w' },
		{ "size", required_argument, NULL, 's' },
		{ "seconds", required_argument, NULL, 't' },
		{ "help", no_argument, NULL, 'h' },
		{}
	};
	int letter;

	while ((letter = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (letter == 'r')
			parse_rate(optarg);
		else if (letter == 'w')
			wanders = true;
		else if (letter == 's')
			parse_size(optarg);
		else if (letter == 't')
			seconds = atoi(optarg);
		else
			show_usage(letter == 'h' ? 0 : 2);
	}
	if (argc - optind != FRAME_STREAMS)
		show_usage(2);
}

static void split_name(struct end *end, char *name)
{
	char *slash = strchr(name, '/');

	end->ifname = slash ? slash + 1 : name;
	if (!slash)
		return;
	*slash = '\0';
	end->netns = name;
}

int main(int argc, char **argv)
{
	static struct stream streams[FRAME_STREAMS];
	static struct end ends[FRAME_STREAMS];
	struct sigaction action = { .sa_handler = on_signal };
	int i, status = 0;

	parse(argc, argv);
	frame_fill_pattern(pattern);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	for (i = 0; i < FRAME_STREAMS; i++) {
		split_name(&ends[i], argv[optind + i]);
		open_end(&ends[i]);
	}
	for (i = 0; i < FRAME_STREAMS; i++) {
		streams[i].index = i;
		streams[i].from = &ends[i];
		streams[i].to = &ends[!i];
		if (pthread_create(&streams[i].thread, NULL, run_stream, &streams[i]))
			errx(2, "cannot start a thread");
	}
	for (i = 0; i < FRAME_STREAMS; i++) {
		int each;

		pthread_join(streams[i].thread, NULL);
		each = report(&streams[i]);
		if (each > status)
			status = each;
	}
	return status;
}
