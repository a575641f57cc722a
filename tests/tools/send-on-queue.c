// SPDX-License-Identifier: GPL-2.0
/*
 * send-on-queue TAP QUEUES FRAMES
 *
 * Makes the interface TAP with a number of queues, stays until its standard input ends, and for
 * each line "N" read there has it receive FRAMES frames on its queue N.
 */
#include <err.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define MAX_QUEUES	64

static int open_queue(const char *name)
{
	int fd = open("/dev/net/tun", O_RDWR);
	struct ifreq request = { .ifr_flags = IFF_TAP | IFF_NO_PI | IFF_MULTI_QUEUE };

	strncpy(request.ifr_name, name, IFNAMSIZ - 1);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &request))
		err(1, "%s", name);
	return fd;
}

static void receive(int fd, unsigned long frames)
{
	static const unsigned char frame[ETH_ZLEN] =
		"\xff\xff\xff\xff\xff\xff\x02\x00\x00\x00\x00\xaa\x88\xb5";

	while (frames--)
		if (write(fd, frame, sizeof(frame)) != sizeof(frame))
			err(1, "a frame");
}

int main(int argc, char **argv)
{
	unsigned long queues, queue;
	int fds[MAX_QUEUES];
	char line[32];

	if (argc != 4)
		errx(2, "usage: send-on-queue TAP QUEUES FRAMES");
	queues = strtoul(argv[2], NULL, 10);
	if (queues > MAX_QUEUES)
		errx(2, "%lu queues, %d at most", queues, MAX_QUEUES);
	for (queue = 0; queue < queues; queue++)
		fds[queue] = open_queue(argv[1]);
	setlinebuf(stdout);
	puts("ready");
	while (fgets(line, sizeof(line), stdin)) {
		queue = strtoul(line, NULL, 10);
		if (queue >= queues)
			errx(2, "no queue %lu", queue);
		receive(fds[queue], strtoul(argv[3], NULL, 10));
		puts("sent");
	}
	return 0;
}
