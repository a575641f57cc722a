// SPDX-License-Identifier: GPL-2.0
/*
 * exchange-data udp-segments|datagrams|sctp|stream server|client ADDRESS
 *
 * The client sends, the server answers, both look whether they get what they should.
 *   udp-segments  datagrams handed over as one super-frame (UDP_SEGMENT)
 *   datagrams     each by itself
 *   sctp          messages, whose checksum is no Internet checksum
 *   stream        1 MiB over TCP each way, which hosts hand over in super-frames
 *
 * exchange-data datagrams|udp-segments shouter ADDRESS
 *
 * The same from the client, which waits for no answer.
 *
 * exchange-data mixed server|client ADDRESS
 *
 * The client sends a datagram, which nobody is there for, and a short stream in one piece; when it
 * ends, the connection is closed on both sides. The server serves any number of clients.
 *
 * A server says "ready" when it is.
 */
#include <arpa/inet.h>
#include <err.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define PORT		9000
#define ROUNDS		10
#define SEGMENT		1000
#define MESSAGE		10240
#define STREAM		1048576
#define DATAGRAM	1400
#define PIECE		20000

static unsigned char message[STREAM], got[STREAM];
static struct sockaddr_storage address;
static socklen_t address_size;

static void look_up(const char *name)
{
	struct sockaddr_in6 *v6 = (void *)&address;
	struct sockaddr_in *v4 = (void *)&address;

	if (inet_pton(AF_INET6, name, &v6->sin6_addr) == 1) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(PORT);
		address_size = sizeof(*v6);
	} else if (inet_pton(AF_INET, name, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(PORT);
		address_size = sizeof(*v4);
	} else {
		errx(2, "no address: %s", name);
	}
}

/* Nothing takes longer than 20 seconds. */
static int open_socket(int type, int protocol)
{
	struct timeval limit = { .tv_sec = 20 };
	int fd = socket(address.ss_family, type, protocol);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)))
		err(1, "socket");
	return fd;
}

static void take_place(int fd)
{
	int yes = 1;

	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) ||
	    bind(fd, (void *)&address, address_size))
		err(1, "bind");
}

static void be_ready(void)
{
	printf("ready\n");
	fflush(stdout);
}

/* Return: a connection. */
static int meet(bool server, int protocol)
{
	int fd = open_socket(SOCK_STREAM, protocol);

	if (!server) {
		if (connect(fd, (void *)&address, address_size))
			err(1, "connect");
		return fd;
	}
	take_place(fd);
	if (listen(fd, 1))
		err(1, "listen");
	be_ready();
	fd = accept(fd, NULL, NULL);
	if (fd < 0)
		err(1, "accept");
	return fd;
}

static void send_all(int fd, size_t length)
{
	size_t sent = 0;
	ssize_t n;

	for (; sent < length; sent += n) {
		n = send(fd, message + sent, length - sent, 0);
		if (n <= 0)
			err(1, "send");
	}
}

static void receive_all(int fd, size_t length)
{
	size_t received = 0;
	ssize_t n;

	for (; received < length; received += n) {
		n = recv(fd, got + received, length - received, 0);
		if (n <= 0)
			err(1, "after %zu bytes", received);
	}
	if (memcmp(message, got, length))
		errx(1, "not what was sent");
}

/* @times @length bytes to the server, and as many back each time. */
static void talk(bool server, int protocol, int times, size_t length)
{
	int fd = meet(server, protocol);

	for (; times; times--) {
		if (!server)
			send_all(fd, length);
		receive_all(fd, length);
		if (server)
			send_all(fd, length);
	}
	close(fd);
}

static void receive_pieces(int fd, struct sockaddr_storage *peer, socklen_t *size)
{
	size_t at, length;

	for (at = 0; at < MESSAGE; at += length) {
		length = MESSAGE - at < SEGMENT ? MESSAGE - at : SEGMENT;
		*size = sizeof(*peer);
		if (recvfrom(fd, got, sizeof(got), 0, (void *)peer, size) != (ssize_t)length)
			err(1, "no datagram of %zu bytes", length);
		if (memcmp(message + at, got, length))
			errx(1, "not what was sent");
	}
}

static void send_pieces(int fd, size_t each, const struct sockaddr_storage *to, socklen_t size)
{
	size_t at, length;

	for (at = 0; at < MESSAGE; at += length) {
		length = MESSAGE - at < each ? MESSAGE - at : each;
		if (sendto(fd, message + at, length, 0, (const void *)to, size) != (ssize_t)length)
			err(1, "sendto");
	}
}

/* @each bytes are handed over at a time; more than a segment are cut below. */
static int open_datagrams(size_t each)
{
	int fd = open_socket(SOCK_DGRAM, 0), segment = SEGMENT;

	if (each > SEGMENT && setsockopt(fd, SOL_UDP, UDP_SEGMENT, &segment, sizeof(segment)))
		err(1, "UDP_SEGMENT");
	return fd;
}

static void talk_udp(bool server, size_t each)
{
	int fd = open_datagrams(each), round;
	struct sockaddr_storage peer;
	socklen_t size;

	if (server) {
		take_place(fd);
		be_ready();
	}
	for (round = 0; round < ROUNDS; round++) {
		if (!server)
			send_pieces(fd, each, &address, address_size);
		receive_pieces(fd, &peer, &size);
		if (server)
			send_pieces(fd, each, &peer, size);
	}
}

static void shout_udp(size_t each)
{
	int fd = open_datagrams(each), round;

	for (round = 0; round < ROUNDS; round++)
		send_pieces(fd, each, &address, address_size);
}

static void serve_mixed(void)
{
	int listener = open_socket(SOCK_STREAM, 0), fd;
	struct timeval never = { 0 };

	take_place(listener);
	if (setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &never, sizeof(never)) ||
	    listen(listener, 5))
		err(1, "listen");
	be_ready();
	while ((fd = accept(listener, NULL, NULL)) >= 0) {
		receive_all(fd, PIECE);
		if (recv(fd, got, 1, 0))
			err(1, "more than %d bytes, or no end", PIECE);
		close(fd);
	}
	err(1, "accept");
}

static void send_mixed(void)
{
	int fd = open_socket(SOCK_DGRAM, 0);

	if (sendto(fd, message, DATAGRAM, 0, (void *)&address, address_size) != DATAGRAM)
		err(1, "sendto");
	fd = meet(false, 0);
	if (send(fd, message, PIECE, 0) != PIECE || shutdown(fd, SHUT_WR) || recv(fd, got, 1, 0))
		err(1, "a stream of %d bytes", PIECE);
	close(fd);
}

int main(int argc, char **argv)
{
	bool server, shouter;
	size_t i;

	if (argc != 4)
		errx(2, "usage: exchange-data KIND server|client|shouter ADDRESS");
	server = !strcmp(argv[2], "server");
	shouter = !strcmp(argv[2], "shouter");
	look_up(argv[3]);
	for (i = 0; i < sizeof(message); i++)
		message[i] = i * 2654435761U >> 13;
	if (!strcmp(argv[1], "udp-segments"))
		shouter ? shout_udp(MESSAGE) : talk_udp(server, MESSAGE);
	else if (!strcmp(argv[1], "datagrams"))
		shouter ? shout_udp(SEGMENT) : talk_udp(server, SEGMENT);
	else if (!strcmp(argv[1], "sctp"))
		talk(server, IPPROTO_SCTP, ROUNDS, MESSAGE);
	else if (!strcmp(argv[1], "stream"))
		talk(server, 0, 1, STREAM);
	else if (!strcmp(argv[1], "mixed"))
		server ? serve_mixed() : send_mixed();
	else
		errx(2, "%s: unknown", argv[1]);
	return 0;
}
