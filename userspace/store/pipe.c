// SPDX-License-Identifier: GPL-2.0
/*
 * How much one write to a pipe is sure to find room for: it is made in one go then, whatever kills
 * the writer. All of a pipe's bytes must come from this writer.
 *
 * fs/pipe.c: a pipe is a ring of pages. A write begins with what is over its whole pages, and adds
 * that to the last page in use if it fits there; everything else starts a page. So two neighbours
 * hold more than a page together, and only the page being read may hold any number of bytes.
 */
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "store/pipe.h"

#define CAPACITY	(1024 * 1024)	/* what every user may have: /proc/sys/fs/pipe-max-size */

/**
 * pipe_capacity - how much a pipe holds; more than it did, if that is allowed
 * @fd: its end for writing
 *
 * Return: bytes, 0 when it is no pipe.
 */
size_t pipe_capacity(int fd)
{
	int capacity = fcntl(fd, F_GETPIPE_SZ);

	if (capacity < 0)
		return 0;
	if (capacity < CAPACITY && fcntl(fd, F_SETPIPE_SZ, CAPACITY) >= 0)
		capacity = fcntl(fd, F_GETPIPE_SZ);
	return capacity;
}

/* poll(2) tells of the first free page: whatever fits in one is written at once then. */
static size_t one_page(int fd)
{
	struct pollfd end = { .fd = fd, .events = POLLOUT };

	return poll(&end, 1, 0) > 0 ? PIPE_BUF : 0;
}

/**
 * pipe_room - how much can be written without waiting
 * @fd: a pipe's end for writing
 * @capacity: bytes, of pipe_capacity()
 *
 * Return: bytes, 0 or at least %PIPE_BUF.
 */
size_t pipe_room(int fd, size_t capacity)
{
	size_t page = sysconf(_SC_PAGESIZE);
	int bytes;
	size_t used;

	if (ioctl(fd, FIONREAD, &bytes))
		return one_page(fd);
	used = bytes ? 2 * (bytes / page) + 2 : 0;
	if (capacity < used * page + PIPE_BUF)
		return one_page(fd);
	return capacity - used * page;
}

/**
 * pipe_wait - give the other side a moment to read
 * @fd: a pipe's end for writing
 * @is_full: it has no room at all: until it has some
 * @ms: how long, at most; a signal ends it
 *
 * How much there is more than one free page poll(2) does not tell.
 *
 * Return: whether there is another side.
 */
bool pipe_wait(int fd, bool is_full, int ms)
{
	struct pollfd end = { .fd = fd, .events = is_full ? POLLOUT : 0 };

	return poll(&end, 1, ms) <= 0 || !(end.revents & POLLERR);
}
