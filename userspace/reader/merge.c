// SPDX-License-Identifier: GPL-2.0
/*
 * Merging: finished records of all CPUs in the order of their times, without touching payloads.
 *
 * On each CPU records are in order already. The CPU with the oldest record gives records as long
 * as none of another CPU is older; with one CPU that is all there is, piece by piece as long as
 * records lie behind each other.
 */
#include <string.h>

#include "reader/merge.h"
#include "lib/clock.h"

#define NO_TIME	(~0ULL)

/* Is it as long as a record of such a frame, with an epb_dropcount or without? */
static bool fits_frame(const struct softtap_epb *epb)
{
	__u64 padded = ((__u64)epb->captured + 3) & ~3ULL;
	__u64 rest = epb->block.length - SOFTTAP_EPB_OVERHEAD - padded;

	return !rest || rest == sizeof(struct softtap_epb_drops);
}

/*
 * Is there a whole record in @room bytes? Otherwise something else is, or nothing yet. After a
 * reader that gave back up to somewhere within a record, that may be bytes of a frame.
 */
static bool is_record(const struct softtap_epb *epb, size_t room)
{
	return room >= SOFTTAP_EPB_OVERHEAD && epb->block.type == SOFTTAP_PCAPNG_EPB &&
	       epb->block.length <= room && fits_frame(epb);
}

/* Return: bytes from @position to the end of its sub-buffer, or to @limit when that is nearer. */
static size_t room_at(const struct relay *relay, __u64 position, __u64 limit)
{
	__u32 room = relay_subbuf_room(relay, position);

	return limit - position < room ? limit - position : room;
}

/**
 * merge_next - find a CPU's next record
 * @relay: looked at
 * @cpu: whose
 * @position: where to begin; moves past what is none
 * @limit: no more than that
 *
 * What is no block at all lasts to the end of the sub-buffer, or to @limit, where a block ends in
 * any case.
 *
 * Return: the record, or NULL when there is none before @limit.
 */
const struct softtap_epb *merge_next(const struct relay *relay, unsigned int cpu,
				     __u64 *position, __u64 limit)
{
	while (*position < limit) {
		const struct softtap_block *block = relay_block(relay, cpu, *position);
		size_t room = room_at(relay, *position, limit);

		if (block && is_record((const void *)block, room))
			return (const void *)block;
		*position += block && block->length < room ? block->length : room;
	}
	return NULL;
}

/* Return: the next record's time, NO_TIME when there is none yet. */
static __u64 head_time(const struct relay *relay, unsigned int cpu)
{
	struct stream *stream = &relay->streams[cpu];
	const struct softtap_epb *head = merge_next(relay, cpu, &stream->position,
						     stream->limit);

	return head ? pcapng_epb_time(head) : NO_TIME;
}

/*
 * Finds the CPU whose record is next. Times that are the same go by the number of the CPU.
 * Return: its time; @second is the time up to which it may go on.
 */
static __u64 oldest(const struct relay *relay, unsigned int *which, __u64 *second)
{
	__u64 first = NO_TIME;
	unsigned int cpu;

	*second = NO_TIME;
	for (cpu = 0; cpu < relay->geometry.cpus; cpu++) {
		__u64 time = head_time(relay, cpu);

		if (time < first) {
			*second = first;
			first = time;
			*which = cpu;
		} else if (time < *second) {
			*second = time;
		}
	}
	return first;
}

/**
 * batch_clear - begin a batch
 * @batch: of any content
 */
void batch_clear(struct batch *batch)
{
	batch->n_pieces = 0;
	batch->bytes = 0;
	batch->records = 0;
	batch->last = 0;
	memset(batch->ports, 0, sizeof(batch->ports));
}

/**
 * batch_is_full - is there no more to be taken
 * @batch: begun
 * @most: records that it is to have at most
 *
 * Return: whether it is so.
 */
bool batch_is_full(const struct batch *batch, __u64 most)
{
	return batch->records >= most || batch->bytes >= BATCH_BYTES ||
	       batch->n_pieces == BATCH_PIECES;
}

static __u64 newer(__u64 time, __u64 other)
{
	return time > other ? time : other;
}

/**
 * merge_account - add a record to an account
 * @ports: the account
 * @epb: a record as the module writes it; it tells how many frames are missing before it
 */
void merge_account(struct port_account *ports, const struct softtap_epb *epb)
{
	struct port_account *port = &ports[epb->interface % SOFTTAP_PORTS];

	port->recorded++;
	port->dropped += pcapng_epb_drops(epb);
}

/**
 * batch_count - count a record
 * @batch: takes it
 * @epb: the record
 */
void batch_count(struct batch *batch, const struct softtap_epb *epb)
{
	merge_account(batch->ports, epb);
	batch->records++;
	batch->bytes += epb->block.length;
	batch->last = newer(batch->last, pcapng_epb_time(epb));
}

/*
 * Counts records that lie behind each other into the batch: within @room bytes, none newer than
 * @until, no more than the batch takes. Return: their bytes.
 */
static size_t take_run(struct batch *batch, const struct softtap_epb *epb, size_t room,
		       __u64 until, __u64 most)
{
	size_t run = 0;

	while (is_record(epb, room - run) && pcapng_epb_time(epb) <= until &&
	       batch->records < most && batch->bytes < BATCH_BYTES) {
		batch_count(batch, epb);
		run += epb->block.length;
		epb = (const void *)((const char *)epb + epb->block.length);
	}
	return run;
}

/**
 * batch_append - take blocks that lie behind each other
 * @batch: not full; only its pieces are changed
 * @run: where they are; it belongs to the last piece if it lies right behind that
 * @length: bytes of them
 */
void batch_append(struct batch *batch, const void *run, size_t length)
{
	struct iovec *last = batch->n_pieces ? &batch->pieces[batch->n_pieces - 1] : NULL;

	if (last && (char *)last->iov_base + last->iov_len == run)
		last->iov_len += length;
	else
		batch->pieces[batch->n_pieces++] = (struct iovec){ (void *)run, length };
}

/* Takes one CPU's records as long as none is newer than @until, a sub-buffer at a time. */
static void take(struct relay *relay, unsigned int cpu, struct batch *batch, __u64 until,
		 __u64 most)
{
	struct stream *stream = &relay->streams[cpu];
	const struct softtap_epb *epb;

	while (!batch_is_full(batch, most) &&
	       (epb = merge_next(relay, cpu, &stream->position, stream->limit))) {
		size_t room = room_at(relay, stream->position, stream->limit);
		size_t run = take_run(batch, epb, room, until, most);

		if (!run)
			break;
		batch_append(batch, epb, run);
		stream->position += run;
	}
}

/**
 * merge_fill - take the next records
 * @relay: looked at; the streams' positions move behind what was taken
 * @batch: filled; empty when there is nothing before @horizon
 * @horizon: up to which time (ns, exclusive) records are all there
 * @most: how many records to take at most
 */
void merge_fill(struct relay *relay, struct batch *batch, __u64 horizon, __u64 most)
{
	unsigned int cpu = 0;
	__u64 second;

	batch_clear(batch);
	while (!batch_is_full(batch, most)) {
		if (oldest(relay, &cpu, &second) >= horizon)
			break;
		take(relay, cpu, batch, second < horizon ? second : horizon - 1, most);
	}
}

/* --- Whole sub-buffers ----------------------------------------------------------------------- */

/* Return: the only CPU that has records, or -1. Its position is that of its next record. */
static int only_cpu(const struct relay *relay)
{
	unsigned int cpu;
	int only = -1;

	for (cpu = 0; cpu < relay->geometry.cpus; cpu++) {
		if (head_time(relay, cpu) == NO_TIME)
			continue;
		if (only >= 0)
			return -1;
		only = cpu;
	}
	return only;
}

/**
 * struct tally - what is in a sub-buffer
 * @records: how many
 * @last: time of the last one
 * @ports: what they add to each port's account
 */
struct tally {
	__u64 records;
	__u64 last;
	struct port_account ports[SOFTTAP_PORTS];
};

/* Return: WHOLE_TAKEN if it is nothing but records before @horizon and a filler. */
static enum merge_whole tally_subbuf(struct tally *tally, const struct softtap_block *block,
				     size_t room, __u64 horizon)
{
	const struct softtap_epb *epb = (const void *)block;

	*tally = (struct tally){ };
	while (is_record(epb, room)) {
		tally->last = pcapng_epb_time(epb);
		if (tally->last >= horizon)
			return WHOLE_LATER;
		merge_account(tally->ports, epb);
		tally->records++;
		room -= epb->block.length;
		epb = (const void *)((const char *)epb + epb->block.length);
	}
	if (room < SOFTTAP_FILLER_MIN || epb->block.type != SOFTTAP_PCAPNG_FILLER ||
	    epb->block.length != room)
		return WHOLE_NONE;
	return WHOLE_TAKEN;
}

static void add_tally(struct batch *batch, const struct tally *tally)
{
	unsigned int port;

	batch->records += tally->records;
	batch->last = newer(batch->last, tally->last);
	for (port = 0; port < SOFTTAP_PORTS; port++) {
		batch->ports[port].recorded += tally->ports[port].recorded;
		batch->ports[port].dropped += tally->ports[port].dropped;
	}
}

/* Is all there up to the end of the sub-buffer that the CPU's next record is in? */
static bool is_finished(const struct relay *relay, unsigned int cpu)
{
	const struct stream *stream = &relay->streams[cpu];

	return stream->limit - stream->position >= relay_subbuf_room(relay, stream->position);
}

/* As take(), not beyond the end of the sub-buffer. */
static void take_within(struct relay *relay, unsigned int cpu, struct batch *batch, __u64 until,
			__u64 most)
{
	struct stream *stream = &relay->streams[cpu];
	__u64 limit = stream->limit;

	stream->limit = stream->position + room_at(relay, stream->position, limit);
	take(relay, cpu, batch, until, most);
	stream->limit = limit;
}

/* Takes the rest of a sub-buffer, with which somebody has begun already. */
static enum merge_whole take_rest(struct relay *relay, unsigned int cpu, struct batch *batch,
				  __u64 horizon, __u64 most)
{
	if (!is_finished(relay, cpu))
		return WHOLE_NONE;
	take_within(relay, cpu, batch, horizon - 1, most);
	return batch->records ? WHOLE_NEXT : WHOLE_LATER;
}

/*
 * Takes one CPU's next sub-buffer, which is finished, as it is. Return: WHOLE_TAKEN if nobody has
 * begun with it, all its records are older than @before, and the batch takes them.
 */
static enum merge_whole take_subbuf(struct relay *relay, unsigned int cpu, struct batch *batch,
				    __u64 before, __u64 most)
{
	struct stream *stream = &relay->streams[cpu];
	const struct softtap_block *block = relay_block(relay, cpu, stream->position);
	__u32 size = relay->geometry.subbuf_size;
	enum merge_whole found = WHOLE_NONE;
	struct tally tally;

	if (block && relay_subbuf_room(relay, stream->position) == size)
		found = tally_subbuf(&tally, block, size, before);
	if (found != WHOLE_TAKEN)
		return found;
	if (tally.records > most - batch->records)
		return WHOLE_NONE;
	batch_append(batch, block, size);
	batch->bytes += size;
	add_tally(batch, &tally);
	stream->position += size;
	return WHOLE_TAKEN;
}

/**
 * merge_whole - take the next sub-buffers as they are, if only one CPU has records
 * @relay: looked at; the stream's position moves behind what was taken
 * @batch: filled; its pieces are page-aligned
 * @horizon: up to which time (ns, exclusive) records are all there
 * @most: how many records to take at most
 *
 * One CPU's records are in order, so nothing has to be merged.
 *
 * Return: what came of it. After WHOLE_NONE records may be there for merge_fill().
 */
enum merge_whole merge_whole(struct relay *relay, struct batch *batch, __u64 horizon, __u64 most)
{
	enum merge_whole found = WHOLE_NONE;
	__u32 size = relay->geometry.subbuf_size;
	int cpu = only_cpu(relay);

	batch_clear(batch);
	if (cpu < 0)
		return WHOLE_NONE;
	if (relay_subbuf_room(relay, relay->streams[cpu].position) != size)
		return take_rest(relay, cpu, batch, horizon, most);
	while (is_finished(relay, cpu) && !batch_is_full(batch, most)) {
		found = take_subbuf(relay, cpu, batch, horizon, most);
		if (found != WHOLE_TAKEN)
			break;
	}
	if (batch->n_pieces)
		return WHOLE_TAKEN;
	return found == WHOLE_LATER ? WHOLE_LATER : WHOLE_NONE;
}

/* --- Whole sub-buffers of all CPUs ------------------------------------------------------------ */

/* Return: the CPU with the oldest record of those whose sub-buffer is finished, or -1. */
static int oldest_finished(const struct relay *relay)
{
	__u64 first = NO_TIME;
	unsigned int cpu;
	int which = -1;

	for (cpu = 0; cpu < relay->geometry.cpus; cpu++) {
		__u64 time = head_time(relay, cpu);

		if (time >= first || !is_finished(relay, cpu))
			continue;
		first = time;
		which = cpu;
	}
	return which;
}

static __u64 add_time(__u64 time, __u64 ns)
{
	return time > NO_TIME - ns ? NO_TIME : time + ns;
}

/* Return: the time up to which @cpu's records may come before what other CPUs have. */
static __u64 time_allowed(const struct relay *relay, unsigned int cpu, __u64 disorder)
{
	__u64 first = NO_TIME;
	unsigned int other;

	for (other = 0; other < relay->geometry.cpus; other++) {
		__u64 time = other == cpu ? NO_TIME : head_time(relay, other);

		if (time < first)
			first = time;
	}
	return add_time(first, disorder);
}

/*
 * Takes a finished sub-buffer's records before @before, if it was begun. What is older of others
 * stays, as it does for a whole one: taking it would begin theirs, and so on for ever.
 */
static bool take_begun(struct relay *relay, unsigned int cpu, struct batch *batch, __u64 before,
		       __u64 most)
{
	__u64 position = relay->streams[cpu].position;

	if (relay_subbuf_room(relay, position) != relay->geometry.subbuf_size && before)
		take_within(relay, cpu, batch, before - 1, most);
	return batch->records;
}

/* Takes what is oldest, which stands in the way of a sub-buffer as a whole. */
static enum merge_whole take_way(struct relay *relay, struct batch *batch, __u64 horizon,
				 __u64 disorder, __u64 most)
{
	unsigned int cpu = 0;
	__u64 second, until;

	if (oldest(relay, &cpu, &second) >= horizon)
		return WHOLE_LATER;
	until = add_time(second, disorder);
	take_within(relay, cpu, batch, until < horizon ? until : horizon - 1, most);
	return WHOLE_NEXT;
}

/**
 * merge_buffers - take the next sub-buffers as they are, whichever CPUs have recorded
 * @relay: looked at; the streams' positions move behind what was taken
 * @batch: filled; its pieces are page-aligned after WHOLE_TAKEN
 * @horizon: up to which time (ns, exclusive) records are all there
 * @disorder: by how many ns a record may be older than one that was taken before it
 * @most: how many records to take at most
 *
 * The sub-buffer with the oldest record comes first. It may pass sub-buffers that are not
 * finished, up to @disorder; what these have is taken before what would pass it by more. What
 * merge_fill() takes is within the same bound.
 *
 * Return: what came of it. After WHOLE_NONE nothing is finished, records may be there for
 * merge_fill().
 */
enum merge_whole merge_buffers(struct relay *relay, struct batch *batch, __u64 horizon,
			       __u64 disorder, __u64 most)
{
	enum merge_whole found = WHOLE_TAKEN;
	__u64 allowed = 0, before = 0;
	int cpu = -1;

	batch_clear(batch);
	while (found == WHOLE_TAKEN && !batch_is_full(batch, most)) {
		cpu = oldest_finished(relay);
		if (cpu < 0)
			break;
		allowed = add_time(time_allowed(relay, cpu, disorder), 1);
		before = allowed < horizon ? allowed : horizon;
		found = take_subbuf(relay, cpu, batch, before, most);
	}
	if (batch->n_pieces)
		return WHOLE_TAKEN;
	if (cpu < 0)
		return WHOLE_NONE;
	if (found == WHOLE_LATER && allowed >= horizon)
		return WHOLE_LATER;
	if (take_begun(relay, cpu, batch, before, most))
		return WHOLE_NEXT;
	return take_way(relay, batch, horizon, disorder, most);
}

/* --- What was taken --------------------------------------------------------------------------- */

/* Return: the CPU in whose buffer a piece lies. */
static unsigned int cpu_of(const struct relay *relay, const struct iovec *piece)
{
	unsigned int cpu;

	for (cpu = 0; cpu + 1 < relay->geometry.cpus; cpu++) {
		const unsigned char *map = relay->streams[cpu].map;
		const unsigned char *at = piece->iov_base;

		if (map && at >= map && at < map + relay->buffer_size)
			break;
	}
	return cpu;
}

/* Return: the position of a block, which is not given back. */
static __u64 position_of(const struct relay *relay, unsigned int cpu, const char *block)
{
	const struct stream *stream = &relay->streams[cpu];
	__u64 offset = (const unsigned char *)block - stream->map;

	return stream->given +
	       (offset + relay->buffer_size - stream->given % relay->buffer_size) %
	       relay->buffer_size;
}

/* Puts blocks of a piece back into the batch, up to @most bytes. Return: whether all of them. */
static bool keep_piece(struct relay *relay, struct batch *batch, struct iovec *piece, size_t most)
{
	unsigned int cpu = cpu_of(relay, piece);
	const char *start = piece->iov_base, *at = start;
	const char *end = at + piece->iov_len;

	while (at < end) {
		const struct softtap_epb *epb = (const void *)at;

		if (batch->bytes + epb->block.length > most)
			break;
		if (epb->block.type == SOFTTAP_PCAPNG_EPB)
			batch_count(batch, epb);
		else
			batch->bytes += epb->block.length;
		relay->streams[cpu].position = position_of(relay, cpu, at) + epb->block.length;
		at += epb->block.length;
	}
	piece->iov_len = at - start;
	return at == end;
}

/**
 * merge_cut - take back the end of a batch
 * @relay: the streams' positions move back, to behind what stays
 * @batch: just taken; nothing of it was given back
 * @most: bytes that may stay; a block stays as a whole or not at all
 */
void merge_cut(struct relay *relay, struct batch *batch, size_t most)
{
	int pieces = batch->n_pieces, i;

	relay_rewind(relay);
	batch_clear(batch);
	for (i = 0; i < pieces; i++) {
		bool all = keep_piece(relay, batch, &batch->pieces[i], most);

		batch->n_pieces += batch->pieces[i].iov_len > 0;
		if (!all)
			return;
	}
}

/**
 * merge_is_same - compare a record with one in a file
 * @epb: in a buffer
 * @written: in the file
 * @shift: by how many ns its time was moved there
 *
 * Return: whether they are the same but for that.
 */
bool merge_is_same(const struct softtap_epb *epb, const struct softtap_epb *written, __s64 shift)
{
	static const size_t behind = offsetof(struct softtap_epb, captured);

	return epb->block.length == written->block.length &&
	       epb->interface == written->interface &&
	       clock_add(pcapng_epb_time(epb), shift) == pcapng_epb_time(written) &&
	       !memcmp((const char *)epb + behind, (const char *)written + behind,
		       epb->block.length - behind);
}

/**
 * merge_take - take a record that is known, if it is any CPU's next one
 * @relay: looked at; the stream's position moves behind the record
 * @epb: as it is in a file
 * @shift: by how many ns its time was moved there
 *
 * Return: whether it was there.
 */
bool merge_take(struct relay *relay, const struct softtap_epb *epb, __s64 shift)
{
	const struct softtap_epb *next;
	unsigned int cpu;

	for (cpu = 0; cpu < relay->geometry.cpus; cpu++) {
		struct stream *stream = &relay->streams[cpu];

		next = merge_next(relay, cpu, &stream->position, stream->limit);
		if (!next || !merge_is_same(next, epb, shift))
			continue;
		stream->position += epb->block.length;
		return true;
	}
	return false;
}

/**
 * merge_first - tell the time of a CPU's next record
 * @relay: looked at
 * @cpu: whose; its position moves to that record
 *
 * Return: ns, 0 when there is none.
 */
__u64 merge_first(struct relay *relay, unsigned int cpu)
{
	__u64 time = head_time(relay, cpu);

	return time == NO_TIME ? 0 : time;
}

/**
 * merge_skip - leave out what is too old
 * @relay: looked at
 * @cpu: whose; its position moves behind what was left out
 * @time: records before it (ns) are left out
 * @ports: what they are is added here
 */
void merge_skip(struct relay *relay, unsigned int cpu, __u64 time, struct port_account *ports)
{
	struct stream *stream = &relay->streams[cpu];
	const struct softtap_epb *epb;

	while ((epb = merge_next(relay, cpu, &stream->position, stream->limit)) &&
	       pcapng_epb_time(epb) < time) {
		merge_account(ports, epb);
		stream->position += epb->block.length;
	}
}

/**
 * merge_count - count records without taking them
 * @relay: looked at
 * @cpu: whose
 * @from: position of a block
 * @to: position behind a block, not behind the stream's limit
 * @ports: what they are is added here, unless NULL
 *
 * Return: how many.
 */
__u64 merge_count(const struct relay *relay, unsigned int cpu, __u64 from, __u64 to,
		  struct port_account *ports)
{
	const struct softtap_epb *epb;
	__u64 records = 0;

	while ((epb = merge_next(relay, cpu, &from, to))) {
		if (ports)
			merge_account(ports, epb);
		from += epb->block.length;
		records++;
	}
	return records;
}
