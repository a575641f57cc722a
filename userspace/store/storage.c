// SPDX-License-Identifier: GPL-2.0
/*
 * Output: a file or a pipe that takes whole pieces, or says how much of them it took.
 *
 * A file can be cut behind the last whole block. What is in a pipe is there for good: it gets whole
 * blocks, as many at a time as it has room for, so that none is torn when this process is killed.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/pipe.h"
#include "store/storage.h"
#include "pcapng/write.h"
#include "lib/clock.h"
#include "lib/message.h"

#define MOST_MS		50	/* between two looks at an output that takes nothing */
#define DIRECT_ALIGN	4096	/* bytes; what devices and file systems in use ask for, or less */

/* Not every file system can: tmpfs could not before 6.6. */
static void open_direct(struct storage *storage)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", storage->fd);
	storage->direct = open(path, O_WRONLY | O_DIRECT | O_CLOEXEC);
}

static void close_direct(struct storage *storage)
{
	if (storage->direct >= 0)
		close(storage->direct);
	storage->direct = -1;
}

/* Nothing before @offset is this file's to take to the disk. */
static void begin_at(struct storage *storage, off_t offset)
{
	storage->start = offset;
	storage->length = offset;
	storage->paced = offset;
}

/*
 * A file can be cut, and starts where others have ended it: that is its end when everything is
 * appended, wherever the position is before the first write.
 */
static void look_at_kind(struct storage *storage)
{
	bool appends = fcntl(storage->fd, F_GETFL) & O_APPEND;
	struct stat status;

	storage->reserve = -1;
	storage->regular = !fstat(storage->fd, &status) && S_ISREG(status.st_mode);
	if (storage->regular)
		begin_at(storage, lseek(storage->fd, 0, appends ? SEEK_END : SEEK_CUR));
	else
		storage->pipe = pipe_capacity(storage->fd);
}

/* Return: 0, or -1 with a message. */
static int check_terminal(const struct storage *storage)
{
	if (!isatty(storage->fd))
		return 0;
	msg_error("will not write a capture to a terminal: give a file or a pipe");
	return -1;
}

static int use_stdout(struct storage *storage)
{
	storage->fd = STDOUT_FILENO;
	storage->path = "standard output";
	look_at_kind(storage);
	return check_terminal(storage);
}

/* Is standard output what was opened, by one of its other names? */
static bool is_stdout(const struct storage *storage)
{
	struct stat opened, output;

	return !fstat(storage->fd, &opened) && !fstat(STDOUT_FILENO, &output) &&
	       opened.st_dev == output.st_dev && opened.st_ino == output.st_ino &&
	       (S_ISREG(opened.st_mode) || S_ISFIFO(opened.st_mode));
}

/* Return: a file without a name in the directory of @path; -1 where there is no such thing. */
static int open_unnamed(const char *path)
{
	char *copy = strdup(path);
	int fd = -1;

	if (copy)
		fd = open(dirname(copy), O_WRONLY | O_TMPFILE | O_CLOEXEC, 0600);
	free(copy);
	return fd;
}

/*
 * Space that others cannot take: when the disk is full it becomes that of the file's end. Where it
 * cannot be had, that is tried without.
 */
static void reserve(struct storage *storage)
{
	storage->reserve = open_unnamed(storage->path);
	if (storage->reserve < 0 || !fallocate(storage->reserve, 0, 0, STORAGE_ROOM))
		return;
	close(storage->reserve);
	storage->reserve = -1;
}

/* What is there is opened as it is: it may be what must not be cut. */
static int open_named(const char *path, unsigned int how)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	struct stat status;

	if (fd >= 0 || errno != EEXIST)
		return fd;
	/* A pipe or a device has nothing to lose. */
	if (how & STORAGE_KEEP && (stat(path, &status) || S_ISREG(status.st_mode))) {
		errno = EEXIST;
		return -1;
	}
	/* A link may lead to where nothing is yet. */
	return open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
}

static int open_file(struct storage *storage, const char *path, unsigned int how)
{
	bool whole = how & STORAGE_WHOLE && !(how & STORAGE_KEEP);
	struct stat status;
	int fd = -1;

	/* A link stays, and what it leads to is written. */
	if (lstat(path, &status) ? errno == ENOENT : whole && S_ISREG(status.st_mode))
		fd = open_unnamed(path);
	storage->unnamed = fd >= 0;
	return fd >= 0 ? fd : open_named(path, how);
}

/**
 * storage_open - open the output
 * @storage: filled
 * @path: a file, which is for its owner alone if there is none, or "-" for standard output
 * @how: &enum storage_how, or 0
 *
 * What is in the file stays until storage_begin(). A new file has no name until storage_appear(),
 * where the file system can do that: nobody finds one that has not begun. Says on standard error
 * what is wrong.
 *
 * Return: 0 or -1.
 */
int storage_open(struct storage *storage, const char *path, unsigned int how)
{
	memset(storage, 0, sizeof(*storage));
	storage->direct = -1;
	if (!strcmp(path, "-"))
		return use_stdout(storage);
	storage->path = path;
	storage->keep = how & STORAGE_KEEP;
	storage->fd = open_file(storage, path, how);
	if (storage->fd < 0) {
		msg_error("cannot write %s: %s", path, strerror(errno));
		return -1;
	}
	if (is_stdout(storage)) {
		close(storage->fd);
		return use_stdout(storage);
	}
	look_at_kind(storage);
	if (storage->regular) {
		open_direct(storage);
		reserve(storage);
	}
	return check_terminal(storage);
}

/**
 * storage_is - is the output a certain file
 * @storage: open
 * @device: of the file system
 * @inode: of the file
 *
 * Return: whether it is.
 */
bool storage_is(const struct storage *storage, dev_t device, ino_t inode)
{
	struct stat status;

	return storage->regular && !fstat(storage->fd, &status) && status.st_dev == device &&
	       status.st_ino == inode;
}

/**
 * storage_resolved - find the file's path from the root on
 * @storage: open
 *
 * Return: the path, looked for once; NULL while the file has no name.
 */
const char *storage_resolved(struct storage *storage)
{
	if (!storage->resolved && !storage->unnamed)
		storage->resolved = realpath(storage->path, NULL);
	return storage->resolved;
}

/**
 * storage_begin - overwrite what is in the file
 * @storage: open; nothing happens to standard output, which goes on where others have ended it
 *
 * Return: 0, or -1 with errno.
 */
int storage_begin(struct storage *storage)
{
	if (!storage->regular || storage->fd == STDOUT_FILENO)
		return 0;
	return ftruncate(storage->fd, 0);
}

/**
 * storage_go_on - go on behind what is in the file
 * @storage: open
 *
 * Return: 0, or -1 with errno.
 */
int storage_go_on(struct storage *storage)
{
	off_t end = lseek(storage->fd, 0, SEEK_END);

	if (end < 0)
		return -1;
	begin_at(storage, end);
	return 0;
}

/* A link cannot replace a file, a rename can. */
static int replace(const struct storage *storage, const char *from)
{
	char name[PATH_MAX];
	int err;

	if (snprintf(name, sizeof(name), "%s.%d", storage->path, getpid()) >= (int)sizeof(name)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if (linkat(AT_FDCWD, from, AT_FDCWD, name, AT_SYMLINK_FOLLOW))
		return -1;
	if (!rename(name, storage->path))
		return 0;
	err = errno;
	unlink(name);
	errno = err;
	return -1;
}

/**
 * storage_appear - let others find the file
 * @storage: open
 *
 * Return: 0, or -1 with errno.
 */
int storage_appear(struct storage *storage)
{
	char from[32];

	if (!storage->unnamed)
		return 0;
	snprintf(from, sizeof(from), "/proc/self/fd/%d", storage->fd);
	if (linkat(AT_FDCWD, from, AT_FDCWD, storage->path, AT_SYMLINK_FOLLOW) &&
	    (errno != EEXIST || storage->keep || replace(storage, from)))
		return -1;
	storage->unnamed = false;
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

/* The output takes nothing. Return: whether it is not to be waited for any longer. */
static bool gives_up(struct storage *storage)
{
	__u64 now = clock_ns(CLOCK_MONOTONIC);

	if (!storage->stuck_since)
		storage->stuck_since = now;
	return storage->give_up && storage->give_up(storage->waiter, now - storage->stuck_since);
}

/*
 * A write has failed with errno: wait until it may go on? Somebody else may have set a pipe to
 * O_NONBLOCK. Return: whether to try again.
 */
static bool is_passing(struct storage *storage)
{
	struct pollfd output = { .fd = storage->fd, .events = POLLOUT };

	if (errno != EAGAIN && errno != EINTR)
		return false;
	if (gives_up(storage)) {
		errno = EINTR;
		return false;
	}
	if (errno == EAGAIN)
		poll(&output, 1, MOST_MS);
	return true;
}

/* Writes pieces, and moves them past what was written. Return: bytes; errno tells why not all. */
static size_t write_all(struct storage *storage, struct iovec *left, int n_left)
{
	size_t total = 0;
	int done = 0;

	while (done < n_left) {
		ssize_t written = writev(storage->fd, left + done, n_left - done);

		if (written < 0 && is_passing(storage))
			continue;
		if (written < 0)
			break;
		storage->stuck_since = 0;
		total += written;
		done += advance(left + done, n_left - done, written);
	}
	return total;
}

/*
 * Waits for a pipe that has no room for a block, unless none ever has; the longer, the less it
 * moves. Return: bytes to write now, whole blocks; 0 with EINTR when it is not to be waited for.
 */
static size_t portion(struct storage *storage, const struct iovec *left, int n_left)
{
	const struct softtap_block *first = left->iov_base;
	size_t room, before = 0, whole;
	int ms = 0;

	do {
		room = pipe_room(storage->fd, storage->pipe);
		pcapng_whole(left, n_left, room, &whole);
		if (whole)
			return whole;
		if (room != before) {
			storage->stuck_since = 0;
			ms = 0;
		}
		before = room;
		if (gives_up(storage)) {
			errno = EINTR;
			return 0;
		}
		ms = ms ? 2 * ms : 1;
		if (ms > MOST_MS)
			ms = MOST_MS;
	} while (first->length <= storage->pipe && pipe_wait(storage->fd, !room, ms));
	return first->length;
}

/* Copies pieces up to @length bytes. Return: how many. */
static int copy_pieces(struct iovec *to, const struct iovec *from, size_t length)
{
	int n = 0;

	for (; length; n++) {
		to[n] = from[n];
		if (to[n].iov_len > length)
			to[n].iov_len = length;
		length -= to[n].iov_len;
	}
	return n;
}

static size_t write_portions(struct storage *storage, struct iovec *left, int n_left)
{
	struct iovec pieces[STORAGE_PIECES];
	size_t length, written, total = 0;
	int done = 0;

	while (done < n_left && (length = portion(storage, left + done, n_left - done))) {
		written = write_all(storage, pieces, copy_pieces(pieces, left + done, length));
		total += written;
		if (written < length)
			break;
		done += advance(left + done, n_left - done, length);
	}
	return total;
}

/**
 * storage_write - write pieces of memory as they are
 * @storage: open
 * @pieces: not more than fit one writev(2); whole pcapng blocks each
 * @n_pieces: how many
 *
 * Waits for a pipe's other side. errno tells why less was written than there is.
 *
 * Return: bytes written.
 */
ssize_t storage_write(struct storage *storage, const struct iovec *pieces, int n_pieces)
{
	struct iovec left[STORAGE_PIECES];
	size_t total;

	memcpy(left, pieces, n_pieces * sizeof(*pieces));
	total = (storage->pipe ? write_portions : write_all)(storage, left, n_pieces);
	storage->length += total;
	return total;
}

/* A block that every reader skips, up to where a direct write may start. */
static int pad(struct storage *storage)
{
	size_t length = (DIRECT_ALIGN - storage->length % DIRECT_ALIGN) % DIRECT_ALIGN;
	struct blocks blocks = { .length = 0 };
	off_t before = storage->length;
	struct iovec piece;
	int error;

	if (!length)
		return 0;
	pcapng_filler(&blocks, length < PCAPNG_FILLER_MIN ? length + DIRECT_ALIGN : length);
	piece = (struct iovec){ blocks.bytes, blocks.length };
	if (storage_write(storage, &piece, 1) == (ssize_t)blocks.length)
		return 0;
	error = errno;
	storage_cut(storage, before);
	errno = error;
	return -1;
}

/* Return: bytes written; errno tells why it is not all. */
static ssize_t write_direct(struct storage *storage, struct iovec *left, int *n_left)
{
	ssize_t written, total = 0;
	int done = 0;

	while (done < *n_left) {
		written = pwritev(storage->direct, left + done, *n_left - done,
				  storage->length + total);
		if (written < 0 && is_passing(storage))
			continue;
		if (written < 0)
			break;
		storage->stuck_since = 0;
		total += written;
		done += advance(left + done, *n_left - done, written);
	}
	memmove(left, left + done, (*n_left - done) * sizeof(*left));
	*n_left -= done;
	storage->length += total;
	return total;
}

/*
 * Misaligned for this disk, or after a short write; of a kind that this file system does not write
 * like that; or of memory that it cannot take it from.
 */
static bool is_impossible(int error)
{
	return error == EINVAL || error == EOPNOTSUPP || error == EFAULT;
}

/**
 * storage_write_whole - write whole sub-buffers, past the page cache if that can be
 * @storage: open
 * @pieces: page-aligned memory, as many pages
 * @n_pieces: how many
 *
 * One copy less: the disk takes the data out of the memory that is given. A padding block may come
 * before it in the file. What cannot be written like that is written as storage_write() does it.
 *
 * Return: bytes written, without the padding.
 */
ssize_t storage_write_whole(struct storage *storage, const struct iovec *pieces, int n_pieces)
{
	struct iovec left[STORAGE_PIECES];
	ssize_t total;

	if (storage->direct < 0)
		return storage_write(storage, pieces, n_pieces);
	if (pad(storage))
		return 0;
	memcpy(left, pieces, n_pieces * sizeof(*pieces));
	total = write_direct(storage, left, &n_pieces);
	if (lseek(storage->fd, storage->length, SEEK_SET) < 0 || !n_pieces)
		return total;
	if (is_impossible(errno)) {
		msg_warning("%s: cannot be written past the page cache, and is not from now on: %s",
			    storage->path, strerror(errno));
		close_direct(storage);
		total += storage_write(storage, left, n_pieces);
	}
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
	if (ftruncate(storage->fd, length) || lseek(storage->fd, length, SEEK_SET) < 0) {
		msg_error("cannot cut %s: %s", storage->path, strerror(errno));
		return;
	}
	storage->length = length;
	if (storage->paced > length)
		storage->paced = length;
}

/**
 * storage_make_room - is the end of a file to be written although it could not be gone on with?
 * @storage: open
 * @error: errno of the write that failed
 *
 * Return: whether what is missing is space; %STORAGE_ROOM bytes of it are there now, or less.
 */
bool storage_make_room(struct storage *storage, int error)
{
	if (!storage->regular || (error != ENOSPC && error != EDQUOT && error != EFBIG))
		return false;
	if (storage->reserve >= 0)
		close(storage->reserve);
	storage->reserve = -1;
	return true;
}

/*
 * Of a part that the disk was told to write: waits until it has, and lets the page cache forget it.
 * Who reads the file while it is written is hardly so far behind.
 */
static int finish_part(const struct storage *storage, off_t offset, off_t length)
{
	static const unsigned int all = SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE |
					SYNC_FILE_RANGE_WAIT_AFTER;

	if (length <= 0)
		return 0;
	if (sync_file_range(storage->fd, offset, length, all))
		return -1;
	posix_fadvise(storage->fd, offset, length, POSIX_FADV_DONTNEED);
	return 0;
}

/**
 * storage_keep_pace - see that the disk follows, and that it does not refuse
 * @storage: open; nothing happens when it is no file
 *
 * What goes by the page cache would fill it until all the machine waits for the disk, and at the
 * end all of that would have to be waited for. So the disk is told to write a part as soon as that
 * is complete, and the part before is waited for: two of them wait at most.
 *
 * A write to the page cache succeeds before the disk has seen any of it. What went wrong afterwards
 * the kernel tells once (errseq_t), to whoever waits for a part of the file: when no part is
 * complete, its first page, which is hardly ever on its way.
 *
 * Return: 0, or -1 with errno.
 */
int storage_keep_pace(struct storage *storage)
{
	if (!storage->regular)
		return 0;
	while (storage->length - storage->paced >= STORAGE_PACE) {
		off_t before = storage->paced - STORAGE_PACE;

		if (before < storage->start)
			before = storage->start;
		if (sync_file_range(storage->fd, storage->paced, STORAGE_PACE,
				    SYNC_FILE_RANGE_WRITE) ||
		    finish_part(storage, before, storage->paced - before))
			return -1;
		storage->paced += STORAGE_PACE;
	}
	return sync_file_range(storage->fd, 0, 1, SYNC_FILE_RANGE_WAIT_BEFORE);
}

/* Without its name a file is lost, however much of it the disk has. */
static int sync_name(struct storage *storage)
{
	char link[32], path[PATH_MAX];
	ssize_t length;
	int fd, error = 0;

	if (storage->named || storage->unnamed || storage->fd == STDOUT_FILENO)
		return 0;
	storage->named = true;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", storage->fd);
	length = readlink(link, path, sizeof(path) - 1);
	if (length < 0)
		return 0;
	path[length] = '\0';
	fd = open(dirname(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	/* Who may write into a directory need not be allowed to read it. */
	if (fd < 0)
		return 0;
	if (fsync(fd) && errno != EINVAL)
		error = errno;
	close(fd);
	errno = error;
	return error ? -1 : 0;
}

/**
 * storage_sync - wait until the disk has all that was written
 * @storage: open; nothing happens when it is no file
 *
 * May run beside what writes on (store/syncer.c), but for storage_close().
 *
 * Return: 0, or -1 with errno when it did not take all.
 */
int storage_sync(struct storage *storage)
{
	if (!storage->regular)
		return 0;
	return fdatasync(storage->fd) ? -1 : sync_name(storage);
}

/**
 * storage_close - close the output
 * @storage: open
 *
 * Return: 0, or -1 with errno when the end of it was not written.
 */
int storage_close(struct storage *storage)
{
	close_direct(storage);
	if (storage->reserve >= 0)
		close(storage->reserve);
	free(storage->resolved);
	storage->resolved = NULL;
	return close(storage->fd);
}

/* Is the file there by the name that was given, and not by a link? */
static bool has_name(const struct storage *storage)
{
	struct stat named, opened;

	return storage->regular && storage->fd != STDOUT_FILENO && !storage->unnamed &&
	       !lstat(storage->path, &named) && !fstat(storage->fd, &opened) &&
	       named.st_dev == opened.st_dev && named.st_ino == opened.st_ino;
}

/**
 * storage_drop - close an output that did not become whole
 * @storage: open; what was there before stays, unless it was written in place
 *
 * Where a file has its name from the start it goes. A link stays, and what it leads to is empty.
 */
void storage_drop(struct storage *storage)
{
	storage_cut(storage, storage->start);
	if (has_name(storage))
		unlink(storage->path);
	storage_close(storage);
}
