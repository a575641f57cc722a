// SPDX-License-Identifier: GPL-2.0
/*
 * packet-sockets INTERFACE…
 *
 * Sends frames from 02:00:00:00:00:77 by packet sockets, with and without a qdisc on their way, ten
 * of each a second on each interface, until it is killed. It minds no error in sending.
 */
#include <arpa/inet.h>
#include <err.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <sys/socket.h>
#include <unistd.h>

#define EXPERIMENTS	0x88b5	/* IEEE Std 802: local experiments */
#define PAUSE_US	100000
#define SOCKETS		64

static int open_socket(const char *interface, int bypass)
{
	int fd = socket(AF_PACKET, SOCK_RAW, 0);
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(EXPERIMENTS),
		.sll_ifindex = if_nametoindex(interface),
	};

	if (fd < 0 || bind(fd, (struct sockaddr *)&to, sizeof(to)) ||
	    setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &bypass, sizeof(bypass)))
		err(1, "%s", interface);
	return fd;
}

int main(int argc, char **argv)
{
	static const unsigned char frame[ETH_ZLEN] =
		"\xff\xff\xff\xff\xff\xff\x02\x00\x00\x00\x00\x77\x88\xb5";
	int fds[SOCKETS], n = 0, i;

	for (i = 1; i < argc && n < SOCKETS; i++) {
		fds[n++] = open_socket(argv[i], 0);
		fds[n++] = open_socket(argv[i], 1);
	}
	for (;;) {
		for (i = 0; i < n; i++)
			(void)!send(fds[i], frame, sizeof(frame), 0);
		usleep(PAUSE_US);
	}
}
