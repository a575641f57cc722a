// SPDX-License-Identifier: GPL-2.0
/* Output: a file or a pipe that takes whole pieces, or says how much of them it took. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "message.h"
#include "storage.h"

/* A file can be cut, and starts where others have ended it. */
static void look_at_kind(struct storage *storage)
{
	struct stat status;

	storage->regular = !fstat(storage->fd, &status) && S_ISREG(status.st_mode);
	if (storage->regular)
		storage->length = lseek(storage->fd, 0, SEEK_CUR);
}

static int use_stdout(struct storage *storage)
{
	storage->fd = STDOUT_FILENO;
	storage->path = "standard output";
	look_at_kind(storage);
	if (!isatty(storage->fd))
		return 0;
	msg_error("will not write a capture to a terminal: give a file or a pipe");
	return -1;
}

/**
 * storage_open - open the output
 * @storage: filled
 * @path: a file, made anew for its owner alone, or "-" for standard output
 *
 * Says on standard error what is wrong.
 *
 * Return: 0 or -1.
 */
int storage_open(struct storage *storage, const char *path)
{
	memset(storage, 0, sizeof(*storage));
	if (!strcmp(path, "-"))
		return use_stdout(storage);
	storage->path = path;
	storage->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (storage->fd < 0) {
		msg_error("cannot write %s: %s", path, strerror(errno));
		return -1;
	}
	look_at_kind(storage);
	if (storage->regular)
		fchmod(storage->fd, 0600);	/* also when it was there */
	return 0;
}

/* Moves past @length bytes that were written. Return: how many pieces are done. */
static int advance(struct iovec *pieces, int n_pieces, size_t length)
{
	int done = 0;

	while (done < n_pieces && length >= pieces[done].iov_len)
		length -= pieces[done++].iov_len;
	if (done < n_pieces) {
		pieces[done].iov_base = (char *)pieces[done].iov_base + length;
		pieces[done].iov_len -= length;
	}
	return done;
}

/*
 * A write has failed with errno: wait until it may go on? Somebody else may have set a pipe to
 * O_NONBLOCK. Return: whether to try again.
 */
static bool is_passing(const struct storage *storage)
{
	struct pollfd output = { .fd = storage->fd, .events = POLLOUT };

	if (errno == EAGAIN && poll(&output, 1, -1) > 0)
		return true;
	return errno == EINTR && !(storage->give_up && storage->give_up());
}

/**
 * storage_write - write pieces of memory as they are
 * @storage: open
 * @pieces: not more than fit one writev(2)
 * @n_pieces: how many
 *
 * Waits for a pipe's other side. errno tells why less was written than there is.
 *
 * Return: bytes written.
 */
ssize_t storage_write(struct storage *storage, const struct iovec *pieces, int n_pieces)
{
	struct iovec left[STORAGE_PIECES];
	ssize_t written, total = 0;
	int done = 0;

	memcpy(left, pieces, n_pieces * sizeof(*pieces));
	while (done < n_pieces) {
		written = writev(storage->fd, left + done, n_pieces - done);
		if (written < 0 && is_passing(storage))
			continue;
		if (written < 0)
			break;
		total += written;
		done += advance(left + done, n_pieces - done, written);
	}
	storage->length += total;
	return total;
}

/**
 * storage_cut - take back what was written last
 * @storage: open; nothing happens when it is no file
 * @length: bytes that stay
 */
void storage_cut(struct storage *storage, off_t length)
{
	if (!storage->regular)
		return;
	if (ftruncate(storage->fd, length) || lseek(storage->fd, length, SEEK_SET) < 0)
		msg_error("cannot cut %s: %s", storage->path, strerror(errno));
	else
		storage->length = length;
}

/**
 * storage_close - close the output
 * @storage: open
 *
 * Return: 0, or -1 with errno when the end of it was not written.
 */
int storage_close(struct storage *storage)
{
	return close(storage->fd);
}
