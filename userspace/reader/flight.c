// SPDX-License-Identifier: GPL-2.0
/*
 * The flight recorder's buffers, copied piece by piece while it goes on.
 *
 * The writer tells by `consumed` what it is about to overwrite. What it has not told of when a
 * piece was copied was there while that was done. Of each CPU's buffer a window is copied, which
 * moves on as its records are taken: into a ring of the same size, of which only the window takes
 * memory. So the merge finds records where it always does, and a snapshot needs little memory
 * however large the buffers are and however many CPUs have one.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "reader/flight.h"
#include "reader/merge.h"
#include "pcapng/write.h"

#define PIECE		0x100000	/* bytes copied at a time, many times a record's */
#define LOW		(PIECE / 2)	/* with less in its window, a CPU gets its next piece */
#define PAGE		4096
#define NO_TIME		(~0ULL)

/**
 * struct window - what is copied of one CPU's buffer, up to the stream's limit
 * @live: the mapping
 * @end: up to where it is wanted, bytes
 * @next: where to go on: behind the stream's limit when what was between is overwritten
 * @first: the time of the record there is not known yet
 * @last: time of the last record that was copied, ns; 0 for none
 * @released: bytes up to which the copy has no memory any more
 */
struct window {
	const unsigned char *live;
	__u64 end;
	__u64 next;
	bool first;
	__u64 last;
	__u64 released;
};

/* Copies [from, to) to the same place of another ring. */
static void copy_ring(unsigned char *ring, const unsigned char *map, __u64 size, __u64 from,
		      __u64 to)
{
	__u64 start = from % size, length = to - from;
	__u64 first = length < size - start ? length : size - start;

	memcpy(ring + start, map + start, first);
	memcpy(ring, map, length - first);
}

static void release(unsigned char *ring, __u64 from, __u64 to)
{
	if (to > from)
		madvise(ring + from, to - from, MADV_DONTNEED);
}

/* Whole pages of the copy whose records were taken. */
static void release_taken(const struct relay *relay, unsigned int cpu, struct window *window)
{
	const struct stream *stream = &relay->streams[cpu];
	__u64 size = relay->buffer_size, to = stream->position - stream->position % PAGE;
	unsigned char *ring = (unsigned char *)stream->map;
	__u64 start = window->released % size, length;

	if (to <= window->released)
		return;
	length = to - window->released;
	if (length > size)
		length = size;
	if (start + length > size) {
		release(ring, start, size);
		release(ring, 0, start + length - size);
	} else {
		release(ring, start, start + length);
	}
	window->released = to;
}

/*
 * Moves the stream's limit behind the last whole block before @to. A filler need not be there as a
 * whole: its length says where the next block is.
 */
static void find_limit(struct relay *relay, unsigned int cpu, struct window *window, __u64 to)
{
	struct stream *stream = &relay->streams[cpu];
	const struct softtap_block *block;

	while (stream->limit + sizeof(*block) <= to) {
		block = relay_block(relay, cpu, stream->limit);
		if (!block) {
			stream->limit += relay_subbuf_room(relay, stream->limit);
			continue;
		}
		if (block->type == SOFTTAP_PCAPNG_EPB) {
			if (stream->limit + block->length > to)
				break;
			window->last = pcapng_epb_time((const void *)block);
		}
		stream->limit += block->length;
	}
	/* The end is that of a block: no more than that comes. */
	if (stream->limit > window->end || to == window->end)
		stream->limit = window->end;
}

/* Goes on behind what was overwritten when all before is taken. Return: whether to go on now. */
static bool pass_gap(struct relay *relay, unsigned int cpu, struct window *window)
{
	struct stream *stream = &relay->streams[cpu];

	if (window->next == stream->limit)
		return true;
	if (merge_first(relay, cpu))
		return false;
	stream->position = window->next;
	stream->limit = window->next;
	return true;
}

/* What was overwritten before anything was copied is beyond the reach. */
static void note_gap(struct flight *flight, struct window *window, __u64 gone)
{
	window->next = gone < window->end ? gone : window->end;
	if (!window->last)
		return;
	if (!flight->gap_from || window->last < flight->gap_from)
		flight->gap_from = window->last;
	if (gone < window->end)
		window->first = true;
	else
		flight->gap_until = flight->until;
}

/* Copies the next piece. Return: whether the window has grown. */
static bool grow(struct relay *relay, struct flight *flight, unsigned int cpu)
{
	struct window *window = &flight->windows[cpu];
	struct stream *stream = &relay->streams[cpu];
	const struct softtap_positions *at = &relay->control[cpu];
	__u64 from, to, gone;

	if (!pass_gap(relay, cpu, window))
		return false;
	from = stream->limit;
	to = window->end - from < PIECE ? window->end : from + PIECE;
	copy_ring((unsigned char *)stream->map, window->live, relay->buffer_size, from, to);
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	gone = __atomic_load_n(&at->consumed, __ATOMIC_RELAXED);
	if (gone > from) {
		note_gap(flight, window, gone);
		return pass_gap(relay, cpu, window);
	}
	find_limit(relay, cpu, window, to);
	window->next = stream->limit;
	/* No block that the module writes is as long as a piece. */
	if (stream->limit == from)
		note_gap(flight, window, window->end);
	if (window->first && merge_first(relay, cpu) > flight->gap_until)
		flight->gap_until = merge_first(relay, cpu);
	window->first = window->first && !merge_first(relay, cpu);
	return stream->limit > from;
}

static bool has_more(const struct window *window)
{
	return window->live && window->next < window->end;
}

static void fill(struct relay *relay, struct flight *flight, unsigned int cpu)
{
	struct window *window = &flight->windows[cpu];
	const struct stream *stream = &relay->streams[cpu];

	release_taken(relay, cpu, window);
	while (has_more(window) &&
	       (stream->limit - stream->position < LOW || !merge_first(relay, cpu)))
		if (!grow(relay, flight, cpu))
			break;
}

/**
 * flight_copy - copy on, where records were taken
 * @relay: of the flight
 * @flight: begun; @horizon is set anew
 *
 * What is to be taken next is that before @flight->horizon; at the end that is %~0.
 */
void flight_copy(struct relay *relay, struct flight *flight)
{
	unsigned int cpu;

	flight->horizon = NO_TIME;
	for (cpu = 0; cpu < relay->geometry.cpus; cpu++) {
		struct window *window = &flight->windows[cpu];

		fill(relay, flight, cpu);
		if (has_more(window) && window->last < flight->horizon)
			flight->horizon = window->last + 1;
	}
}

/* Puts a ring that has no memory yet in the place of a CPU's mapping. Return: 0, or -1. */
static int begin_window(struct relay *relay, unsigned int cpu, struct window *window)
{
	const struct softtap_positions *at = &relay->control[cpu];
	struct stream *stream = &relay->streams[cpu];
	unsigned char *ring;

	ring = mmap(NULL, relay->buffer_size, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (ring == MAP_FAILED)
		return -1;
	window->live = stream->map;
	stream->map = ring;
	/* In this order: the other way round the writer could be more than a ring ahead by then. */
	window->end = __atomic_load_n(&at->committed, __ATOMIC_ACQUIRE);
	stream->position = __atomic_load_n(&at->consumed, __ATOMIC_ACQUIRE);
	if (stream->position > window->end)
		stream->position = window->end;
	stream->limit = stream->position;
	window->next = stream->position;
	window->released = stream->position - stream->position % PAGE;
	return 0;
}

/* From when on nothing of a CPU is missing that was overwritten. */
static __u64 reach_of(struct relay *relay, unsigned int cpu)
{
	return relay->streams[cpu].position ? merge_first(relay, cpu) : 0;
}

/**
 * flight_begin - begin to copy what the buffers hold
 * @relay: open; its streams are the copy until flight_end(), and nothing can be given back
 * @flight: filled
 *
 * Return: 0, or -1 with errno; flight_end() is due in any case.
 */
int flight_begin(struct relay *relay, struct flight *flight)
{
	unsigned int cpu;

	*flight = (struct flight){ };
	if (relay_look(relay, &flight->until))
		return -1;
	flight->windows = calloc(relay->geometry.cpus, sizeof(*flight->windows));
	if (!flight->windows)
		return -1;
	for (cpu = 0; cpu < relay->geometry.cpus; cpu++)
		if (relay->streams[cpu].map && begin_window(relay, cpu, &flight->windows[cpu]))
			return -1;
	flight_copy(relay, flight);
	for (cpu = 0; cpu < relay->geometry.cpus; cpu++) {
		__u64 reach = reach_of(relay, cpu);

		if (reach > flight->reach)
			flight->reach = reach;
	}
	return 0;
}

/**
 * flight_end - give the copy back
 * @relay: of the flight
 * @flight: begun, or zero
 */
void flight_end(struct relay *relay, struct flight *flight)
{
	unsigned int cpu;

	for (cpu = 0; flight->windows && cpu < relay->geometry.cpus; cpu++) {
		if (!flight->windows[cpu].live)
			continue;
		munmap((void *)relay->streams[cpu].map, relay->buffer_size);
		relay->streams[cpu].map = flight->windows[cpu].live;
	}
	free(flight->windows);
	flight->windows = NULL;
}
