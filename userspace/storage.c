// SPDX-License-Identifier: GPL-2.0
/* Output: a file or a pipe that takes whole pieces, or says how much of them it took. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "message.h"
#include "storage.h"

#define PIECES_MAX	1024	/* IOV_MAX of Linux */

static int use_stdout(struct storage *storage)
{
	storage->fd = STDOUT_FILENO;
	storage->path = "standard output";
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
	struct stat status;

	memset(storage, 0, sizeof(*storage));
	if (!strcmp(path, "-"))
		return use_stdout(storage);
	storage->path = path;
	storage->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (storage->fd < 0) {
		msg_error("cannot write %s: %s", path, strerror(errno));
		return -1;
	}
	storage->regular = !fstat(storage->fd, &status) && S_ISREG(status.st_mode);
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
	struct iovec left[PIECES_MAX];
	ssize_t written, total = 0;
	int done = 0;

	memcpy(left, pieces, n_pieces * sizeof(*pieces));
	while (done < n_pieces) {
		written = writev(storage->fd, left + done, n_pieces - done);
		if (written < 0 && errno == EINTR && !(storage->give_up && storage->give_up()))
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
