// SPDX-License-Identifier: GPL-2.0
/*
 * send-frames INTERFACE PCAP [PER_SECOND [BURST]]
 * send-frames --no-fcs INTERFACE PCAP
 * send-frames --marker TEXT INTERFACE
 *
 * Sends a file's frames out of an interface, by one socket, in order, each once, BURST at a time;
 * or one frame of 60 bytes with a text in it, of the EtherType 0x88b5 (for experiments, IEEE Std
 * 802). With --no-fcs the frames end in the FCS that they are to have on the wire (SO_NOFCS).
 */
#include <err.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PCAP_MAGIC	0xa1b2c3d4
#define MARKER_TYPE	0x88b5
#define NS		1000000000ULL

/* https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap-03.html */
struct pcap_file {
	unsigned int magic;
	unsigned short version[2];
	unsigned int reserved[2];
	unsigned int snaplen;
	unsigned int linktype;
};

struct pcap_record {
	unsigned int seconds;
	unsigned int fraction;
	unsigned int captured;
	unsigned int original;
};

static int open_interface(const char *name, unsigned char *address)
{
	int fd = socket(AF_PACKET, SOCK_RAW, 0);
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_ifindex = if_nametoindex(name) };
	struct ifreq request = {};

	if (fd < 0 || bind(fd, (struct sockaddr *)&to, sizeof(to)))
		err(1, "%s", name);
	strncpy(request.ifr_name, name, IFNAMSIZ - 1);
	if (ioctl(fd, SIOCGIFHWADDR, &request))
		err(1, "%s", name);
	memcpy(address, request.ifr_hwaddr.sa_data, ETH_ALEN);
	return fd;
}

/* A queue that is full drains: for a second it is waited for. */
static void send_frame(int fd, const void *frame, size_t length)
{
	int tries;

	for (tries = 0; tries < 1000; tries++) {
		if (send(fd, frame, length, 0) == (ssize_t)length)
			return;
		if (errno != ENOBUFS)
			break;
		usleep(1000);
	}
	err(1, "a frame of %zu bytes", length);
}

static int without_fcs(int fd)
{
	int on = 1;

	if (setsockopt(fd, SOL_SOCKET, SO_NOFCS, &on, sizeof(on)))
		err(1, "SO_NOFCS");
	return fd;
}

static void wait_for_turn(const struct timespec *start, unsigned long long ns)
{
	struct timespec turn = *start;

	ns += turn.tv_nsec;
	turn.tv_sec += ns / NS;
	turn.tv_nsec = ns % NS;
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &turn, NULL);
}

static void send_file(int fd, const char *name, unsigned long rate, unsigned long burst)
{
	static unsigned char frame[1 << 18];
	struct pcap_file head;
	struct pcap_record record;
	struct timespec start;
	unsigned long long sent;
	FILE *file = fopen(name, "rb");

	if (!file)
		err(1, "%s", name);
	if (fread(&head, sizeof(head), 1, file) != 1 || head.magic != PCAP_MAGIC)
		errx(1, "%s: not a pcap file", name);
	clock_gettime(CLOCK_MONOTONIC, &start);
	for (sent = 0; fread(&record, sizeof(record), 1, file) == 1; sent++) {
		if (record.captured > sizeof(frame) ||
		    fread(frame, 1, record.captured, file) != record.captured)
			errx(1, "%s: frame %llu is cut off", name, sent + 1);
		if (rate && sent % burst == 0)
			wait_for_turn(&start, sent * NS / rate);
		send_frame(fd, frame, record.captured);
	}
	fclose(file);
}

static void send_marker(int fd, const unsigned char *address, const char *text)
{
	unsigned char frame[60] = "\xff\xff\xff\xff\xff\xff";

	memcpy(frame + ETH_ALEN, address, ETH_ALEN);
	frame[2 * ETH_ALEN] = MARKER_TYPE >> 8;
	frame[2 * ETH_ALEN + 1] = MARKER_TYPE & 0xff;
	snprintf((char *)frame + ETH_HLEN, sizeof(frame) - ETH_HLEN, "%s", text);
	send_frame(fd, frame, sizeof(frame));
}

int main(int argc, char **argv)
{
	unsigned char address[ETH_ALEN];

	if (argc == 4 && !strcmp(argv[1], "--marker"))
		send_marker(open_interface(argv[3], address), address, argv[2]);
	else if (argc == 4 && !strcmp(argv[1], "--no-fcs"))
		send_file(without_fcs(open_interface(argv[2], address)), argv[3], 0, 1);
	else if (argc >= 3 && argc <= 5)
		send_file(open_interface(argv[1], address), argv[2], argc > 3 ? atol(argv[3]) : 0,
			  argc > 4 ? atol(argv[4]) : 1);
	else
		errx(2, "usage: send-frames [--no-fcs|--marker TEXT] IFNAME [PCAP [RATE [BURST]]]");
	return 0;
}
