// SPDX-License-Identifier: GPL-2.0
/*
 * What a reader that was killed has written, and what not.
 *
 * Before each write a reader leaves a note in the module: which file, and from where on. The next
 * one looks there: records that are in the file are not written again, and what was cut short at
 * its end is taken off, as that record comes whole in the next file. If that is to be the very
 * same file, it goes on there, as if it had never stopped: the note has the account up to the last
 * write, and what is behind it is counted.
 *
 * The note is what somebody says who may read the tap, and this process may be root: it is believed
 * of that user's own files only, and of any when it is root who left it. The file may have become
 * another one meanwhile: what a reader does not write stays as it is.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "reader/journal.h"
#include "pcapng/write.h"
#include "lib/message.h"
#include "lib/util.h"

#define NOTE_VERSION	3	/* of struct note: others are of another version of this program */

/**
 * struct note - what is left
 * @version: %NOTE_VERSION
 * @device: of the file system
 * @inode: of the file
 * @offset: where writing was about to begin
 * @account: of what is before that
 * @path: of the file, absolute
 */
struct note {
	__u64 version;
	__u64 device;
	__u64 inode;
	__u64 offset;
	struct file_account account;
	char path[PATH_MAX];
};

/**
 * journal_note - note that something is about to be written
 * @relay: open
 * @storage: where to, behind what it has
 * @account: of what it has
 *
 * Of what is no file nobody can know how far it came.
 *
 * Return: 0, or -1 with errno.
 */
int journal_note(const struct relay *relay, struct storage *storage,
		 const struct file_account *account)
{
	struct note note = { .version = NOTE_VERSION, .account = *account };
	const char *path = storage_resolved(storage);
	struct stat status;

	if (!storage->regular || !path || strlen(path) >= sizeof(note.path))
		return relay_note(relay, NULL, 0);
	if (fstat(storage->fd, &status))
		return -1;
	strcpy(note.path, path);
	note.device = status.st_dev;
	note.inode = status.st_ino;
	note.offset = storage->length;
	return relay_note(relay, &note, offsetof(struct note, path) + strlen(note.path) + 1);
}

/**
 * journal_finish - note that a file has come to its end: nobody goes on in it
 * @relay: open
 *
 * Return: 0, or -1 with errno.
 */
int journal_finish(const struct relay *relay)
{
	return relay_note(relay, NULL, 0);
}

/* --- Taking up ------------------------------------------------------------------------------- */

/**
 * struct left - a file that a reader left
 * @fd: the file
 * @offset: where its reader was about to write
 * @shift: ns by which times there differ from those of the records
 * @tail: what is there from then on
 * @length: bytes of it
 */
struct left {
	int fd;
	__u64 offset;
	__s64 shift;
	unsigned char *tail;
	size_t length;
};

/* Is it the file that is meant, and could who left the note have done to it what is done now? */
static bool is_meant(const struct stat *status, const struct note *note, uid_t left_by)
{
	return S_ISREG(status->st_mode) && status->st_dev == note->device &&
	       status->st_ino == note->inode && (!left_by || status->st_uid == left_by);
}

/* Only what is meant is opened: of a device that may be an act. Return: its fd, or -1. */
static int open_meant(const struct note *note, uid_t left_by)
{
	int at = open(note->path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat status;
	char path[32];
	int fd = -1;

	if (at < 0)
		return -1;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", at);
	if (!fstat(at, &status) && is_meant(&status, note, left_by))
		fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	close(at);
	return fd;
}

/*
 * The most that a reader can have written behind its note: a batch, which ends with a whole record
 * or sub-buffer, with blocks around it.
 */
static size_t most_written(const struct relay *relay)
{
	return BATCH_BYTES + relay->geometry.subbuf_size + 2 * sizeof(struct blocks);
}

/*
 * Copies the end of the file: it may be changed or cut while it is looked at. One that is longer
 * than a reader can have made it is not looked at. Return: 0, or -1.
 */
static int read_tail(struct left *left, size_t room)
{
	struct stat status;
	ssize_t length;

	if (fstat(left->fd, &status) || (__u64)status.st_size < left->offset ||
	    status.st_size - left->offset > room)
		return -1;
	left->length = status.st_size - left->offset;
	left->tail = malloc(left->length + 1);
	if (!left->tail)
		return -1;
	for (size_t done = 0; done < left->length; done += length) {
		length = pread(left->fd, left->tail + done, left->length - done,
			       left->offset + done);
		if (length <= 0) {
			free(left->tail);
			return -1;
		}
	}
	return 0;
}

/* Return: 0, or -1 when it is not there any more, or not ours to change. */
static int open_left(struct left *left, const struct note *note, uid_t left_by, size_t room)
{
	left->offset = note->offset;
	left->shift = note->account.shift;
	left->fd = open_meant(note, left_by);
	if (left->fd < 0)
		return -1;
	if (!read_tail(left, room))
		return 0;
	close(left->fd);
	return -1;
}

static void close_left(const struct left *left)
{
	free(left->tail);
	close(left->fd);
}

/* Return: the block at @offset of the tail, NULL when it is not whole. */
static const struct softtap_block *block_at(const struct left *left, size_t offset)
{
	const struct softtap_block *block = (const void *)(left->tail + offset);
	size_t room = left->length - offset;

	if (room < sizeof(*block) || block->length < PCAPNG_FILLER_MIN || block->length % 4 ||
	    block->length > room)
		return NULL;
	return block;
}

/**
 * struct found - what is in the end of a file
 * @end: where its whole blocks end
 * @interfaces: how many are described
 * @ports: the records there
 */
struct found {
	size_t end;
	unsigned int interfaces;
	struct port_account ports[SOFTTAP_PORTS];
};

/* Is it a record as the module writes it? Its author may be somebody else. */
static bool is_record(const struct softtap_block *block)
{
	const struct softtap_epb *epb = (const void *)block;
	size_t padded;

	if (block->type != SOFTTAP_PCAPNG_EPB || block->length < SOFTTAP_EPB_OVERHEAD ||
	    epb->interface >= SOFTTAP_PORTS)
		return false;
	padded = ((size_t)epb->captured + 3) & ~3UL;
	return block->length == SOFTTAP_EPB_OVERHEAD + padded ||
	       block->length == SOFTTAP_EPB_OVERHEAD + padded + sizeof(struct softtap_epb_drops);
}

static void take(struct relay *relay, struct sorting *sorting, const struct softtap_epb *epb,
		 __s64 shift)
{
	if (relay->stamped)
		(void)!sorting_take(sorting, relay, epb, shift);
	else
		merge_take(relay, epb, shift);
}

/*
 * Takes what the buffers have of the file's records. Each CPU's are there in their order, whatever
 * the file's is; what the reader had given back already, perhaps of one CPU and not yet of
 * another, is in no buffer.
 */
static void look_through(struct found *found, struct relay *relay, struct sorting *sorting,
			 const struct left *left)
{
	const struct softtap_block *block;

	while ((block = block_at(left, found->end))) {
		found->end += block->length;
		found->interfaces += block->type == SOFTTAP_PCAPNG_IDB;
		if (!is_record(block))
			continue;
		take(relay, sorting, (const void *)block, left->shift);
		merge_account(found->ports, (const void *)block);
	}
}

/* Does the file begin as a capture does? One that was just made is empty. */
static bool is_capture(const struct left *left)
{
	static const __u32 type = SOFTTAP_PCAPNG_SHB;
	__u32 begin;
	ssize_t length = pread(left->fd, &begin, sizeof(begin), 0);

	return length >= 0 && !memcmp(&begin, &type, length);
}

/* Is what is behind the whole blocks the beginning of one that a reader writes? */
static bool is_torn(const struct left *left, size_t offset, __u32 most)
{
	static const __u32 types[] = {
		SOFTTAP_PCAPNG_EPB, SOFTTAP_PCAPNG_FILLER, SOFTTAP_PCAPNG_ISB,
	};
	size_t room = left->length - offset, i = 0;
	size_t known = room < sizeof(*types) ? room : sizeof(*types);
	struct softtap_block begun;

	while (i < ARRAY_SIZE(types) && memcmp(left->tail + offset, &types[i], known))
		i++;
	if (i == ARRAY_SIZE(types) || room < sizeof(begun))
		return i < ARRAY_SIZE(types);
	memcpy(&begun, left->tail + offset, sizeof(begun));
	return begun.length > room && begun.length <= most && !(begun.length % 4);
}

/* The file of a reader that died before it had begun is a capture of nothing. */
static void begin_again(const struct left *left, const struct relay *relay)
{
	struct blocks blocks = { .length = 0 };

	pcapng_start(&blocks, &relay->geometry, relay->ports, NULL);
	if (!ftruncate(left->fd, 0))
		(void)!pwrite(left->fd, blocks.bytes, blocks.length, 0);
}

/* Return: NULL, or why it is not as a reader leaves it. */
static const char *mend(const struct left *left, const struct found *found,
			const struct relay *relay, struct note *note)
{
	if (!is_capture(left))
		return "it is no capture any more";
	if (!left->offset && found->interfaces < relay->geometry.ports) {
		if (left->length > sizeof(((struct blocks *)0)->bytes))
			return "it has no beginning";
		begin_again(left, relay);
		return NULL;
	}
	if (found->end == left->length)
		return NULL;
	if (!is_torn(left, found->end, relay->geometry.subbuf_size) ||
	    ftruncate(left->fd, left->offset + found->end))
		return "something else is behind its last packet";
	msg_make_printable(note->path);
	msg_warning("%s: cut behind its last whole packet, as its reader died", note->path);
	return NULL;
}

/* Only what was handed over can be in the file: that is all there is for now. */
static void limit_to_handed(struct relay *relay)
{
	unsigned int cpu;

	for (cpu = 0; cpu < relay->geometry.cpus; cpu++) {
		struct stream *stream = &relay->streams[cpu];

		if (stream->limit > stream->before)
			stream->limit = stream->before;
	}
}

/*
 * Gives back what is in the file. The rest of what was handed over is in none; but for what sorting
 * knows of, which goes on where it was.
 */
static void give_back(struct relay *relay)
{
	unsigned int cpu;

	for (cpu = 0; !relay->stamped && cpu < relay->geometry.cpus; cpu++)
		relay->streams[cpu].before = relay->streams[cpu].position;
	relay_hand(relay);
	relay_consume(relay);
}

/* Return: 0, or -1 when there is none. */
static int read_note(const struct relay *relay, struct note *note, uid_t *left_by)
{
	memset(note, 0, sizeof(*note));
	if (relay_noted(relay, note, sizeof(*note) - 1, left_by))
		return -1;
	return note->version == NOTE_VERSION && note->path[0] ? 0 : -1;
}

static void set_unfinished(struct unfinished *unfinished, const struct note *note,
			   const struct found *found)
{
	unsigned int port;

	unfinished->account = note->account;
	for (port = 0; port < SOFTTAP_PORTS; port++) {
		unfinished->account.ports[port].recorded += found->ports[port].recorded;
		unfinished->account.ports[port].dropped += found->ports[port].dropped;
	}
}

/* Is the file there, and may the note be believed? Whether it can be read is another question. */
static bool find_unfinished(struct unfinished *unfinished, const struct note *note, uid_t left_by)
{
	struct stat status;

	if (lstat(note->path, &status) || !is_meant(&status, note, left_by))
		return false;
	unfinished->present = true;
	unfinished->device = status.st_dev;
	unfinished->inode = status.st_ino;
	unfinished->fault = "it was changed, or cannot be read";
	return true;
}

/**
 * journal_look - find the file of a reader that did not come to its end
 * @relay: open
 * @unfinished: set; not looked into
 */
void journal_look(const struct relay *relay, struct unfinished *unfinished)
{
	struct note note;
	uid_t left_by;

	*unfinished = (struct unfinished){ };
	if (!read_note(relay, &note, &left_by))
		find_unfinished(unfinished, &note, left_by);
}

/**
 * journal_means - is a path that of such a file
 * @unfinished: the file
 * @path: any of its names
 *
 * Return: whether it is.
 */
bool journal_means(const struct unfinished *unfinished, const char *path)
{
	struct stat status;

	return unfinished->present && !stat(path, &status) &&
	       status.st_dev == unfinished->device && status.st_ino == unfinished->inode;
}

/**
 * journal_take_up - go on where a reader that was killed has stopped
 * @relay: open and looked at; the streams go on behind what it has written. Those where that is not
 *	known have something before which it may be.
 * @sorting: begun, where times are those of the cards; it knows then what is written
 * @unfinished: set to that reader's file
 */
void journal_take_up(struct relay *relay, struct sorting *sorting, struct unfinished *unfinished)
{
	struct found found = { };
	struct left left;
	struct note note;
	uid_t left_by;

	*unfinished = (struct unfinished){ };
	if (read_note(relay, &note, &left_by) || !find_unfinished(unfinished, &note, left_by) ||
	    open_left(&left, &note, left_by, most_written(relay)))
		return;
	limit_to_handed(relay);
	if (relay->stamped)
		sorting_is_written(sorting, relay, &note.account.last);
	look_through(&found, relay, sorting, &left);
	give_back(relay);
	unfinished->fault = mend(&left, &found, relay, &note);
	set_unfinished(unfinished, &note, &found);
	close_left(&left);
}
