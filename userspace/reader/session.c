// SPDX-License-Identifier: GPL-2.0
/*
 * What all have in common that take records from a tap and write them: the tap's one reader, its
 * place and rights, the file's clock, and the account of what is in the file.
 */
#include <errno.h>
#include <string.h>
#include <sys/uio.h>

#include "reader/session.h"
#include "lib/message.h"
#include "lib/paths.h"
#include "lib/status.h"
#include "lib/sysfs.h"

/* With policy flight nobody takes records away, and only then what has passed is still there. */
static int check_policy(const char *tap, bool flight)
{
	char policy[SYSFS_VALUE];

	if (read_value(policy, sizeof(policy), "%s/%s/policy", sysfs_root(), tap) ||
	    !strcmp(policy, "flight") == flight)
		return EXIT_OK;
	if (flight)
		msg_error("%s has policy %s: only flight keeps what passed", tap, policy);
	else
		msg_error("%s has policy flight: use softtap snapshot, or set another policy", tap);
	return EXIT_FAILED;
}

/**
 * session_open - become a tap's reader
 * @session: empty; session_close() ends it
 * @name: a name of the tap, or of one of its ports
 * @flight: whether the tap has to be a flight recorder, or must not be one
 *
 * Return: an exit status, after a complaint unless it is %EXIT_OK: then there is nothing to close
 */
int session_open(struct session *session, const char *name, bool flight)
{
	char buffer[TAP_NAME];
	int status;

	name = tap_name(buffer, name);
	if (!name)
		return EXIT_FAILED;
	memcpy(session->tap, name, strlen(name) + 1);
	status = relay_open(&session->relay, session->tap);
	if (status)
		return status;
	status = check_policy(session->tap, flight);
	if (!status && session->relay.stamped &&
	    sorting_begin(&session->sorting, &session->relay)) {
		session_complain(session);
		status = EXIT_FAILED;
	}
	if (status)
		session_close(session);
	return status;
}

/**
 * session_settle - take the place and the rights that were asked for
 * @session: is open
 * @scheduling: where to run; what needs root is done now
 * @privileges: who goes on from here
 *
 * Return: 0, or -1 after a complaint
 */
int session_settle(struct session *session, struct scheduling *scheduling,
		   const struct privileges *privileges)
{
	if (scheduling_apply(scheduling, &session->relay))
		return -1;
	scheduling_lock_memory(scheduling);
	return privileges_drop(privileges);
}

/**
 * session_restamp - have records get the file's times from now on
 * @session: its clock has begun
 *
 * Return: 0, or -1 with errno
 */
int session_restamp(struct session *session)
{
	return restamp_begin(&session->restamp, session->clock.shift,
			     BATCH_BYTES + session->relay.geometry.subbuf_size);
}

/**
 * session_complain - say what of the tap failed
 * @session: errno tells
 */
void session_complain(const struct session *session)
{
	msg_error("%s: %s", session->tap, strerror(errno));
}

/**
 * session_fill_batch - take the next records in the order of time
 * @session: looked at
 * @batch: filled; empty when there is nothing before @horizon
 * @horizon: up to which time (ns, exclusive) records are all there
 * @most: how many records to take at most
 *
 * Return: 0, or -1 with errno
 */
int session_fill_batch(struct session *session, struct batch *batch, __u64 horizon, __u64 most)
{
	if (session->relay.stamped)
		return sorting_fill(&session->sorting, &session->relay, batch, horizon, most);
	merge_fill(&session->relay, batch, horizon, most);
	return 0;
}

/**
 * session_cut_batch - take back the end of a batch
 * @session: has filled it last; nothing of it was given back
 * @batch: what stays of it
 * @most: bytes that may stay; a block stays as a whole or not at all
 */
void session_cut_batch(struct session *session, struct batch *batch, size_t most)
{
	if (session->relay.stamped)
		sorting_cut(&session->sorting, &session->relay, batch, most);
	else
		merge_cut(&session->relay, batch, most);
}

/**
 * session_count - count a CPU's records that were not taken
 * @session: looked at
 * @cpu: whose
 * @to: position up to which they count
 * @ports: what they are is added here, unless NULL
 *
 * Return: how many
 */
__u64 session_count(const struct session *session, unsigned int cpu, __u64 to,
		    struct port_account *ports)
{
	const struct relay *relay = &session->relay;

	if (relay->stamped)
		return sorting_count(&session->sorting, relay, cpu, to, ports);
	return merge_count(relay, cpu, relay->streams[cpu].position, to, ports);
}

/**
 * session_count_doubled - count a CPU's records that a reader before may have written
 * @session: looked at, and nothing taken
 * @cpu: whose
 *
 * Return: how many; 0 where it is known which it has written
 */
__u64 session_count_doubled(const struct session *session, unsigned int cpu)
{
	const struct stream *stream = &session->relay.streams[cpu];

	if (stream->before <= stream->position ||
	    (session->relay.stamped && session->sorting.streams[cpu].known))
		return 0;
	return session_count(session, cpu, stream->before, NULL);
}

/**
 * session_write_batch - write records, with the times of the file
 * @session: to write to
 * @batch: the records
 * @whole: they are whole sub-buffers, which may go past the page cache
 *
 * Return: how many bytes of the batch were written; errno tells why not all
 */
size_t session_write_batch(struct session *session, const struct batch *batch, bool whole)
{
	int n_pieces = batch->n_pieces;
	const struct iovec *pieces = restamp_pieces(&session->restamp, batch->pieces, &n_pieces);

	if (whole)
		return storage_write_whole(&session->storage, pieces, n_pieces);
	return storage_write(&session->storage, pieces, n_pieces);
}

/**
 * session_write_blocks - write blocks that are no records
 * @session: to write to
 * @blocks: are written, all of them or none
 *
 * Return: 0, or -1 with errno
 */
int session_write_blocks(struct session *session, const struct blocks *blocks)
{
	struct iovec piece = { (void *)blocks->bytes, blocks->length };
	off_t before = session->storage.length;
	int error;

	if (storage_write(&session->storage, &piece, 1) == (ssize_t)blocks->length)
		return 0;
	error = errno;
	storage_cut(&session->storage, before);
	errno = error;
	return -1;
}

/**
 * session_account - add what was written to the account
 * @session: has the account
 * @batch: what was written
 */
void session_account(struct session *session, const struct batch *batch)
{
	unsigned int port;

	for (port = 0; port < SOFTTAP_PORTS; port++) {
		session->ports[port].recorded += batch->ports[port].recorded;
		session->ports[port].dropped += batch->ports[port].dropped;
		session->records += batch->ports[port].recorded;
	}
	if (session->relay.stamped)
		sorting_settle(&session->sorting);
}

/**
 * session_skipped - add what was left out to the account
 * @session: has the account
 * @skipped: records that were there, and what was lost among them
 */
void session_skipped(struct session *session, const struct port_account *skipped)
{
	unsigned int port;

	for (port = 0; port < SOFTTAP_PORTS; port++) {
		session->ports[port].passed_over += skipped[port].recorded;
		session->ports[port].unplaced += skipped[port].dropped;
	}
}

/**
 * session_close - let the next reader in
 * @session: its storage is its owner's to close
 */
void session_close(struct session *session)
{
	restamp_end(&session->restamp);
	sorting_end(&session->sorting);
	relay_close(&session->relay);
}
