/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SOFTTAP_STORAGE_H
#define SOFTTAP_STORAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <linux/types.h>

/**
 * enum storage_how - how to treat what is there
 * @STORAGE_WHOLE: it stays until storage_appear(), unless a link leads there
 * @STORAGE_KEEP: it is not to be overwritten
 */
enum storage_how {
	STORAGE_WHOLE	= 1 << 0,
	STORAGE_KEEP	= 1 << 1,
};

#define STORAGE_PIECES	1024	/* what one write takes: IOV_MAX of Linux */
#define STORAGE_ROOM	4096	/* bytes that are kept for the end of a file on a full disk */
#define STORAGE_PACE	(4U << 20)	/* bytes of the page cache that are written at a time */
#define STORAGE_BYTES	(2U << 20)	/* written at once: bounds how long its space is kept */

/**
 * struct storage - where a capture goes
 * @fd: file, pipe or device
 * @path: as the user named it
 * @resolved: the same from the root on, without links, once storage_resolved() has found it
 * @regular: a file that can be cut
 * @pipe: bytes that the pipe holds, 0 when it is none
 * @direct: the same file past the page cache (O_DIRECT), or -1
 * @unnamed: the file gets its name by storage_appear()
 * @keep: and not if there is one by then
 * @reserve: a file without a name that keeps room for the end of this one, or -1
 * @start: bytes that were there before
 * @length: bytes so far
 * @paced: up to where the disk has been told to write
 * @named: the directory's entry is on the disk
 * @give_up: asked while the output takes nothing: stop waiting? It gets @waiter, and for how many
 *	ns it has taken nothing
 * @waiter: for it
 * @stuck_since: when it first took nothing, ns of the monotonic clock; 0: it has taken something
 */
struct storage {
	int fd;
	const char *path;
	char *resolved;
	bool regular;
	size_t pipe;
	int direct;
	bool unnamed;
	bool keep;
	int reserve;
	off_t start;
	off_t length;
	off_t paced;
	bool named;
	bool (*give_up)(const void *waiter, __u64 stuck);
	const void *waiter;
	__u64 stuck_since;
};

int storage_open(struct storage *storage, const char *path, unsigned int how);
bool storage_is(const struct storage *storage, dev_t device, ino_t inode);
const char *storage_resolved(struct storage *storage);
int storage_begin(struct storage *storage);
int storage_go_on(struct storage *storage);
int storage_appear(struct storage *storage);
ssize_t storage_write(struct storage *storage, const struct iovec *pieces, int n_pieces);
ssize_t storage_write_whole(struct storage *storage, const struct iovec *pieces, int n_pieces);
void storage_cut(struct storage *storage, off_t length);
bool storage_make_room(struct storage *storage, int error);
int storage_keep_pace(struct storage *storage);
int storage_sync(struct storage *storage);
int storage_close(struct storage *storage);
void storage_drop(struct storage *storage);

#endif /* SOFTTAP_STORAGE_H */
