// SPDX-License-Identifier: GPL-2.0
/*
 * delays FILE
 *
 * Follows a capture while it is written, up to its interface statistics, and takes the time from
 * the arrival of each packet, as its record has it, to where the record can be read. The wall clock
 * must not step meanwhile. Then it prints for each port
 *
 *	port N records R most M
 *
 * with the longest time in microseconds. A time before the arrival, and a file that is none of
 * softtap's, is an error.
 */
#include <err.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "pcapng/write.h"

#define NSEC	1000000000ULL
#define BUFFER	(4U << 20)	/* bytes; a block fits */
#define LOOK_NS	1000000		/* between two looks at the end of the file */

static __u64 records[SOFTTAP_PORTS], most[SOFTTAP_PORTS];

static __u64 now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_REALTIME, &time);
	return time.tv_sec * NSEC + time.tv_nsec;
}

static void account(const struct softtap_epb *epb, __u64 seen)
{
	unsigned int port = epb->interface % SOFTTAP_PORTS;
	__u64 time = pcapng_epb_time(epb);

	if (time > seen)
		errx(1, "a packet from %llu ns after now", time - seen);
	records[port]++;
	if (seen - time > most[port])
		most[port] = seen - time;
}

/* Takes whole blocks of @length bytes. Return: bytes taken; @ended is set at statistics. */
static size_t take_blocks(const unsigned char *bytes, size_t length, __u64 seen, bool *ended)
{
	const struct softtap_block *block;
	size_t at = 0;

	while (length - at >= sizeof(*block)) {
		block = (const void *)(bytes + at);
		if (block->length < PCAPNG_FILLER_MIN || block->length > BUFFER)
			errx(1, "a block of %u bytes", block->length);
		if (block->length > length - at)
			break;
		if (block->type == SOFTTAP_PCAPNG_EPB)
			account((const void *)block, seen);
		*ended |= block->type == SOFTTAP_PCAPNG_ISB;
		at += block->length;
	}
	return at;
}

static void follow(int fd)
{
	static __u64 words[BUFFER / sizeof(__u64)];
	unsigned char *bytes = (void *)words;
	const struct timespec pause = { .tv_nsec = LOOK_NS };
	size_t length = 0, taken;
	bool ended = false;
	ssize_t got;

	while (!ended) {
		got = read(fd, bytes + length, BUFFER - length);
		if (got < 0)
			err(1, "read");
		if (!got)
			nanosleep(&pause, NULL);
		length += got;
		taken = take_blocks(bytes, length, now(), &ended);
		length -= taken;
		memmove(bytes, bytes + taken, length);
	}
}

int main(int argc, char **argv)
{
	int fd = argc == 2 ? open(argv[1], O_RDONLY) : -1;
	unsigned int port;

	if (argc != 2)
		errx(2, "usage: delays FILE");
	if (fd < 0)
		err(1, "%s", argv[1]);
	follow(fd);
	for (port = 0; port < SOFTTAP_PORTS; port++)
		printf("port %u records %llu most %llu\n", port, records[port], most[port] / 1000);
	return 0;
}
