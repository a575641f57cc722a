// SPDX-License-Identifier: GPL-2.0
/*
 * Unit tests of output to a pipe: what it is told to have room for it has, whatever is in it; what
 * is read from it are whole blocks each time, and as many when the writer was killed. Prints TAP.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "softtap.h"
#include "store/pipe.h"
#include "store/storage.h"

#define KILLS	200
#define BATCH	(1024 * 1024)
#define PIECES	16

static int tests;
static char buffer[4 << 20];

static void ok(bool passed, const char *name)
{
	printf("%sok %d - %s\n", passed ? "" : "not ", ++tests, name);
}

static size_t any(size_t most)
{
	return (size_t)rand() % most + 1;
}

/* Reads so much and leaves the rest. */
static void take(int fd, size_t length)
{
	if (read(fd, buffer, length) < 0)
		abort();
}

/* Small writes mostly, as they leave pages half full. */
static bool has_room(const int *ends, size_t capacity)
{
	size_t room = pipe_room(ends[1], capacity), length;

	if (!room)
		return true;
	length = rand() % 8 ? any(rand() % 4 ? 3000 : room) : room;
	if (length > room)
		length = room;
	return write(ends[1], buffer, length) == (ssize_t)length;
}

static void test_room(void)
{
	bool good = true;
	size_t capacity;
	int ends[2], i;

	if (pipe2(ends, O_NONBLOCK))
		abort();
	capacity = pipe_capacity(ends[1]);
	ok(capacity >= 65536, "a pipe says what it holds");
	ok(pipe_room(ends[1], capacity) == capacity, "an empty one has room for all of it");
	for (i = 0; i < 200000 && good; i++) {
		good = has_room(ends, capacity);
		if (!(rand() % 5))
			take(ends[0], any(rand() % 4 ? 10000 : capacity));
	}
	ok(good, "what there is room for it takes at once");
	close(ends[0]);
	ok(!pipe_wait(ends[1], false, 1000) && !pipe_wait(ends[1], true, 1000),
	   "that nobody reads is told");
	close(ends[1]);
	ok(!pipe_capacity(STDIN_FILENO), "a file is none");
}

/* Blocks of many lengths, up to that of the longest frame. Return: bytes. */
static size_t put_blocks(char *at, size_t size)
{
	size_t done = 0;

	for (;;) {
		size_t most = rand() % 16 ? 1600 : 65600;
		struct softtap_block block = { SOFTTAP_PCAPNG_EPB, 12 + (any(most) & ~3U) };

		if (done + block.length > size)
			return done;
		memcpy(at + done, &block, sizeof(block));
		done += block.length;
	}
}

/* Writes without end. */
static void write_blocks(int fd)
{
	struct storage storage = { .fd = fd, .direct = -1, .pipe = pipe_capacity(fd) };
	struct iovec pieces[PIECES];
	int i;

	for (i = 0; i < PIECES; i++)
		pieces[i] = (struct iovec){ buffer + i * (BATCH / PIECES * 2), 0 };
	for (;;) {
		for (i = 0; i < PIECES; i++)
			pieces[i].iov_len = put_blocks(pieces[i].iov_base, any(BATCH / PIECES * 2));
		storage_write(&storage, pieces, PIECES);
	}
}

static bool are_whole(const char *at, size_t length)
{
	struct softtap_block block;
	size_t done = 0;

	while (done + sizeof(block) <= length) {
		memcpy(&block, at + done, sizeof(block));
		if (block.type != SOFTTAP_PCAPNG_EPB)
			return false;
		done += block.length;
	}
	return done == length;
}

static pid_t start_writer(int *fd)
{
	int ends[2];
	pid_t writer;

	if (pipe(ends))
		abort();
	writer = fork();
	if (!writer) {
		close(ends[0]);
		srand(getpid());
		write_blocks(ends[1]);
	}
	close(ends[1]);
	*fd = ends[0];
	return writer;
}

/* Return: whether what was read at a time was whole blocks; until the end, or for some times. */
static bool reads_whole(int fd, int times)
{
	bool good = true;
	ssize_t length;

	while (times-- && good && (length = read(fd, buffer, sizeof(buffer))) > 0) {
		good = are_whole(buffer, length);
		if (rand() % 2)
			usleep(any(500));
	}
	return good;
}

static void end_writer(pid_t writer)
{
	kill(writer, SIGKILL);
	waitpid(writer, NULL, 0);
}

/* Read now and then before, so that the writer is somewhere. */
static bool is_whole_when_killed(void)
{
	int fd;
	pid_t writer = start_writer(&fd);
	bool good = reads_whole(fd, any(4));

	usleep(any(3000));
	end_writer(writer);
	good = reads_whole(fd, -1) && good;
	close(fd);
	return good;
}

static void test_killed(void)
{
	bool good = true;
	int fd, i;
	pid_t writer = start_writer(&fd);

	ok(reads_whole(fd, 1000), "each read gets whole blocks");
	end_writer(writer);
	close(fd);
	for (i = 0; i < KILLS && good; i++)
		good = is_whole_when_killed();
	ok(good, "what a writer leaves that was killed is whole blocks");
}

/* Longer than the pipe: it has to go in parts, and goes. */
static void test_long(void)
{
	struct softtap_block block = { SOFTTAP_PCAPNG_EPB, 3 << 20 };
	struct iovec piece = { buffer, block.length };
	struct storage storage = { .direct = -1 };
	size_t length = 0;
	int ends[2];
	ssize_t n;

	if (pipe(ends))
		abort();
	if (!fork()) {
		memcpy(buffer, &block, sizeof(block));
		storage.fd = ends[1];
		storage.pipe = pipe_capacity(ends[1]);
		_exit(storage_write(&storage, &piece, 1) != (ssize_t)block.length);
	}
	close(ends[1]);
	while ((n = read(ends[0], buffer, sizeof(buffer))) > 0)
		length += n;
	ok(length == block.length, "a block longer than the pipe goes through");
}

int main(void)
{
	int null = open("/dev/null", O_RDONLY);

	dup2(null, STDIN_FILENO);
	srand(1);
	alarm(120);
	test_room();
	test_killed();
	test_long();
	printf("1..%d\n", tests);
	return 0;
}
