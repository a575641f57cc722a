// SPDX-License-Identifier: GPL-2.0
/*
 * Records with times of the cards, brought into the order of time.
 *
 * They lie in the order in which frames were looked at; a record's time is earlier than that by
 * SOFTTAP_RESIDENCE_MAX at most. So each CPU's records are looked at that far ahead of the one that
 * is written next, and wait in a heap. What is written of a CPU's buffer is then not all up to some
 * position: space is given back up to the first record that waits, and what is behind it and in a
 * file already is known by its place in the order, as all before that is in a file.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "reader/sorting.h"

#define TAKEN_MAX	8192	/* records of a batch */
#define ROOM_FIRST	4096	/* a power of two */

static bool is_before(const struct sort_key *one, const struct sort_key *other)
{
	if (one->time != other->time)
		return one->time < other->time;
	if (one->cpu != other->cpu)
		return one->cpu < other->cpu;
	return one->position < other->position;
}

/* --- The heap -------------------------------------------------------------------------------- */

/* Return: 0, or -1 with errno. */
static int heap_grow(struct sorting *sorting)
{
	size_t room = sorting->room ? 2 * sorting->room : ROOM_FIRST;
	void *heap = reallocarray(sorting->heap, room, sizeof(*sorting->heap));

	if (!heap)
		return -1;
	sorting->heap = heap;
	sorting->room = room;
	return 0;
}

/* There is room. */
static void heap_push(struct sorting *sorting, const struct sort_key *key)
{
	struct sort_key *heap = sorting->heap;
	size_t at = sorting->n++;

	while (at && is_before(key, &heap[(at - 1) / 2])) {
		heap[at] = heap[(at - 1) / 2];
		at = (at - 1) / 2;
	}
	heap[at] = *key;
}

static struct sort_key heap_pop(struct sorting *sorting)
{
	struct sort_key *heap = sorting->heap;
	struct sort_key first = heap[0], moved = heap[--sorting->n];
	size_t at = 0, child;

	while ((child = 2 * at + 1) < sorting->n) {
		if (child + 1 < sorting->n && is_before(&heap[child + 1], &heap[child]))
			child++;
		if (!is_before(&heap[child], &moved))
			break;
		heap[at] = heap[child];
		at = child;
	}
	heap[at] = moved;
	return first;
}

/* --- A CPU's records ------------------------------------------------------------------------- */

static struct waiting *waiting_at(const struct sort_stream *stream, size_t number)
{
	return &stream->waiting[number & (stream->room - 1)];
}

/* Return: 0, or -1 with errno. */
static int stream_grow(struct sort_stream *stream)
{
	struct sort_stream more = *stream;
	size_t number;

	more.room = stream->room ? 2 * stream->room : ROOM_FIRST;
	more.waiting = calloc(more.room, sizeof(*more.waiting));
	if (!more.waiting)
		return -1;
	for (number = stream->first; number < stream->end; number++)
		*waiting_at(&more, number) = *waiting_at(stream, number);
	free(stream->waiting);
	*stream = more;
	return 0;
}

/* Positions grow. Return: the record at @position, which is there. */
static struct waiting *find(const struct sort_stream *stream, __u64 position)
{
	size_t from = stream->first, to = stream->end;

	while (to - from > 1) {
		size_t middle = from + (to - from) / 2;

		if (waiting_at(stream, middle)->position > position)
			to = middle;
		else
			from = middle;
	}
	return waiting_at(stream, from);
}

static bool is_written(const struct sorting *sorting, const struct sort_key *key)
{
	return key->position < sorting->streams[key->cpu].known && !is_before(&sorting->last, key);
}

/* Looks at a CPU's next record. Return: 0, 1 when there is none yet, or -1 with errno. */
static int scan(struct sorting *sorting, const struct relay *relay, unsigned int cpu)
{
	struct sort_stream *stream = &sorting->streams[cpu];
	const struct softtap_epb *epb = merge_next(relay, cpu, &stream->scanned,
						   relay->streams[cpu].limit);
	struct sort_key key;

	if (!epb)
		return 1;
	if ((sorting->n == sorting->room && heap_grow(sorting)) ||
	    (stream->end - stream->first == stream->room && stream_grow(stream)))
		return -1;
	key = (struct sort_key){ pcapng_epb_time(epb), stream->scanned, cpu };
	*waiting_at(stream, stream->end++) = (struct waiting){
		.position = key.position,
		.taken = is_written(sorting, &key),
	};
	if (!is_written(sorting, &key))
		heap_push(sorting, &key);
	if (key.time > stream->newest)
		stream->newest = key.time;
	stream->scanned += epb->block.length;
	return 0;
}

static bool is_far_enough(const struct sorting *sorting, const struct sort_stream *stream)
{
	return sorting->n && stream->newest >= sorting->heap[0].time + SOFTTAP_RESIDENCE_MAX;
}

/* Looks so far ahead that no older record than the heap's first comes. Return: 0, or -1. */
static int look_ahead(struct sorting *sorting, const struct relay *relay)
{
	unsigned int cpu;
	int none;

	for (cpu = 0; cpu < sorting->cpus; cpu++) {
		if (!relay->streams[cpu].map)
			continue;
		while (!is_far_enough(sorting, &sorting->streams[cpu])) {
			none = scan(sorting, relay, cpu);
			if (none < 0)
				return -1;
			if (none)
				break;
		}
	}
	return 0;
}

/* Space can be given back up to the first record that waits. */
static void set_positions(const struct sorting *sorting, struct relay *relay)
{
	unsigned int cpu;

	for (cpu = 0; cpu < sorting->cpus; cpu++) {
		const struct sort_stream *stream = &sorting->streams[cpu];
		size_t number = stream->first;

		while (number < stream->end && waiting_at(stream, number)->taken)
			number++;
		relay->streams[cpu].position = number < stream->end ?
					       waiting_at(stream, number)->position :
					       stream->scanned;
	}
}

/**
 * sorting_settle - what the last batch has is written
 * @sorting: has filled it
 */
void sorting_settle(struct sorting *sorting)
{
	unsigned int cpu;

	for (cpu = 0; cpu < sorting->cpus; cpu++) {
		struct sort_stream *stream = &sorting->streams[cpu];

		while (stream->first < stream->end && waiting_at(stream, stream->first)->taken)
			stream->first++;
	}
	if (sorting->n_taken)
		sorting->last = sorting->taken[sorting->n_taken - 1];
	sorting->n_taken = 0;
}

/* It may be in a file from now on, whatever is before it. */
static void hand(struct relay *relay, const struct sort_key *key, __u32 length)
{
	struct stream *stream = &relay->streams[key->cpu];

	if (stream->before < key->position + length)
		stream->before = key->position + length;
}

/* Takes the heap's first record. */
static const struct softtap_epb *take(struct sorting *sorting, struct relay *relay)
{
	struct sort_key key = heap_pop(sorting);
	const struct softtap_epb *epb = (const void *)relay_block(relay, key.cpu, key.position);

	find(&sorting->streams[key.cpu], key.position)->taken = true;
	hand(relay, &key, epb->block.length);
	sorting->taken[sorting->n_taken++] = key;
	return epb;
}

/**
 * sorting_begin - begin with what waits in the buffers
 * @sorting: filled
 * @relay: open
 *
 * Return: 0, or -1 with errno; sorting_end() is due in any case.
 */
int sorting_begin(struct sorting *sorting, const struct relay *relay)
{
	unsigned int cpu;

	*sorting = (struct sorting){ .cpus = relay->geometry.cpus };
	sorting->streams = calloc(sorting->cpus, sizeof(*sorting->streams));
	sorting->taken = calloc(TAKEN_MAX, sizeof(*sorting->taken));
	if (!sorting->streams || !sorting->taken)
		return -1;
	for (cpu = 0; cpu < sorting->cpus; cpu++)
		sorting->streams[cpu].scanned = relay->streams[cpu].position;
	return 0;
}

/**
 * sorting_end - give the memory back
 * @sorting: begun, or zero
 */
void sorting_end(struct sorting *sorting)
{
	unsigned int cpu;

	for (cpu = 0; sorting->streams && cpu < sorting->cpus; cpu++)
		free(sorting->streams[cpu].waiting);
	free(sorting->streams);
	free(sorting->taken);
	free(sorting->heap);
	*sorting = (struct sorting){ };
}

/**
 * sorting_is_written - say what a reader before has written
 * @sorting: begun, and nothing done with it
 * @relay: open; how far a reader before may have come in each buffer is known
 * @last: the last record that it has written; time 0 for none
 */
void sorting_is_written(struct sorting *sorting, const struct relay *relay,
			const struct sort_key *last)
{
	unsigned int cpu;

	sorting->last = *last;
	for (cpu = 0; cpu < sorting->cpus; cpu++)
		sorting->streams[cpu].known = relay->streams[cpu].before;
}

/**
 * sorting_take - take a record that is known, if it is the next one
 * @sorting: begun
 * @relay: looked at, up to where a reader before may have come; the streams' positions move
 * @epb: as it is in a file
 * @shift: by how many ns its time was moved there
 *
 * Return: 0, or -1 with errno; it is no error when it is not there.
 */
int sorting_take(struct sorting *sorting, struct relay *relay, const struct softtap_epb *epb,
		 __s64 shift)
{
	if (look_ahead(sorting, relay))
		return -1;
	if (sorting->n) {
		const struct sort_key *first = &sorting->heap[0];
		const void *next = relay_block(relay, first->cpu, first->position);

		if (merge_is_same(next, epb, shift)) {
			take(sorting, relay);
			sorting_settle(sorting);
		}
	}
	set_positions(sorting, relay);
	return 0;
}

/**
 * sorting_fill - take the next records
 * @sorting: begun; what the last batch had is settled
 * @relay: looked at; the streams' positions move behind what is written when the batch is
 * @batch: filled; empty when there is nothing before @horizon
 * @horizon: up to which time (ns, exclusive) records are all there
 * @most: how many records to take at most
 *
 * Return: 0, or -1 with errno.
 */
int sorting_fill(struct sorting *sorting, struct relay *relay, struct batch *batch, __u64 horizon,
		 __u64 most)
{
	const struct softtap_epb *epb;

	batch_clear(batch);
	while (!batch_is_full(batch, most) && sorting->n_taken < TAKEN_MAX) {
		if (look_ahead(sorting, relay))
			return -1;
		if (!sorting->n || sorting->heap[0].time >= horizon)
			break;
		epb = take(sorting, relay);
		batch_append(batch, epb, epb->block.length);
		batch_count(batch, epb);
	}
	set_positions(sorting, relay);
	return 0;
}

/**
 * sorting_cut - take back the end of a batch
 * @sorting: has filled it
 * @relay: the streams' positions move back, to behind what stays
 * @batch: as it was filled
 * @most: bytes that may stay; a record stays as a whole or not at all
 */
void sorting_cut(struct sorting *sorting, struct relay *relay, struct batch *batch, size_t most)
{
	size_t taken = sorting->n_taken, i;

	batch_clear(batch);
	sorting->n_taken = 0;
	for (i = 0; i < taken; i++) {
		const struct sort_key *key = &sorting->taken[i];
		const struct softtap_epb *epb =
			(const void *)relay_block(relay, key->cpu, key->position);

		if (sorting->n_taken == i && batch->bytes + epb->block.length <= most) {
			batch_append(batch, epb, epb->block.length);
			batch_count(batch, epb);
			sorting->n_taken++;
			continue;
		}
		find(&sorting->streams[key->cpu], key->position)->taken = false;
		heap_push(sorting, key);	/* where it was before */
	}
	set_positions(sorting, relay);
}

/**
 * sorting_count - count the records of a CPU that were not taken
 * @sorting: begun
 * @relay: looked at
 * @cpu: whose
 * @to: position behind a block, not behind the stream's limit: those before it count
 * @ports: what they are is added here, unless NULL
 *
 * Return: how many.
 */
__u64 sorting_count(const struct sorting *sorting, const struct relay *relay, unsigned int cpu,
		    __u64 to, struct port_account *ports)
{
	const struct sort_stream *stream = &sorting->streams[cpu];
	__u64 records = 0;
	size_t number;

	for (number = stream->first; number < stream->end; number++) {
		const struct waiting *waiting = waiting_at(stream, number);

		if (waiting->taken || waiting->position >= to)
			continue;
		if (ports)
			merge_account(ports, (const void *)relay_block(relay, cpu,
								       waiting->position));
		records++;
	}
	if (stream->scanned < to)
		records += merge_count(relay, cpu, stream->scanned, to, ports);
	return records;
}
