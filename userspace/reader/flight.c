// SPDX-License-Identifier: GPL-2.0
/*
 * The flight recorder's buffers, copied while it goes on.
 *
 * The writer tells by `consumed` what it is about to overwrite. What it has not told of when the
 * copy is made was there while it was copied; the rest of the copy is left out.
 */
#include <string.h>
#include <sys/mman.h>

#include "reader/flight.h"
#include "reader/merge.h"

/* Copies [from, to) to the same place of another ring. */
static void copy_ring(unsigned char *ring, const unsigned char *map, __u64 size, __u64 from,
		      __u64 to)
{
	__u64 start = from % size, length = to - from;
	__u64 first = length < size - start ? length : size - start;

	memcpy(ring + start, map + start, first);
	memcpy(ring, map, length - first);
}

/* Puts a copy in the place of a CPU's mapping. Return: 0, or -1 without memory. */
static int copy_stream(struct relay *relay, unsigned int cpu)
{
	const struct softtap_positions *at = &relay->control[cpu];
	struct stream *stream = &relay->streams[cpu];
	__u64 size = relay->buffer_size, gone;
	unsigned char *ring;

	ring = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (ring == MAP_FAILED)
		return -1;
	/* In this order: the other way round the writer could be more than a ring ahead by then. */
	stream->limit = __atomic_load_n(&at->committed, __ATOMIC_ACQUIRE);
	stream->position = __atomic_load_n(&at->consumed, __ATOMIC_ACQUIRE);
	if (stream->position > stream->limit)
		stream->position = stream->limit;
	copy_ring(ring, stream->map, size, stream->position, stream->limit);
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	gone = __atomic_load_n(&at->consumed, __ATOMIC_RELAXED);
	if (gone > stream->position)
		stream->position = gone < stream->limit ? gone : stream->limit;
	munmap((void *)stream->map, size);
	stream->map = ring;
	return 0;
}

/* From when on nothing of a CPU is missing that was overwritten. */
static __u64 reach_of(struct relay *relay, unsigned int cpu)
{
	const struct stream *stream = &relay->streams[cpu];

	return stream->position ? merge_first(relay, cpu) : 0;
}

/**
 * flight_copy - copy what the buffers hold
 * @relay: open; its streams are the copy afterwards, and nothing can be given back any more
 * @flight: filled
 *
 * Needs as much memory as the buffers hold.
 *
 * Return: 0, or -1 with errno.
 */
int flight_copy(struct relay *relay, struct flight *flight)
{
	unsigned int cpu;

	*flight = (struct flight){ };
	if (relay_look(relay, &flight->until))
		return -1;
	for (cpu = 0; cpu < relay->geometry.cpus; cpu++)
		if (relay->streams[cpu].map && copy_stream(relay, cpu))
			return -1;
	for (cpu = 0; cpu < relay->geometry.cpus; cpu++) {
		__u64 reach = reach_of(relay, cpu);

		if (reach > flight->reach)
			flight->reach = reach;
	}
	return 0;
}
