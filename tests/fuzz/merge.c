// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzz target: any bytes as the buffers of several CPUs, for the reader's merge.
 *
 * The first bytes say how many CPUs there are, how they are read, and where each stream begins and
 * ends; the rest is their memory. Buffers are as small as blocks allow, so that a few bytes reach
 * all of it. Each buffer has memory of its own with nothing behind it: what the sanitizers see is
 * a read beyond it. What is taken must lie within a buffer, before the stream's limit, and once;
 * bytes and records must add up.
 */
#include <stdlib.h>
#include <string.h>

#include "reader/merge.h"

#define CPUS		3
#define SUBBUF		256
#define SUBBUFS		4
#define BUFFER		(SUBBUF * SUBBUFS)

/**
 * struct script - how the buffers are read
 * @cpus: how many, less one
 * @way: bits: whole sub-buffers first, of all CPUs, output that takes less
 * @most: records to take in all; 0 for all
 * @horizon: time up to which records are all there, 255 for all
 * @disorder: for whole sub-buffers of all CPUs
 * @share: which part of a batch is written, in 255ths
 * @start: where each stream begins, in words
 * @length: up to where it is committed, words behind
 */
struct script {
	__u8 cpus;
	__u8 way;
	__u8 most;
	__u8 horizon;
	__u8 disorder;
	__u8 share;
	__u16 start[CPUS];
	__u16 length[CPUS];
};

enum { WAY_WHOLE = 1, WAY_BUFFERS = 2, WAY_SHORT = 4 };

static struct script script;
static struct stream streams[CPUS];
static struct relay relay;
static struct batch batch;
static __u64 taken;		/* records, so far */

static void need(bool condition)
{
	if (!condition)
		abort();
}

/* As a mapping is, with nothing behind it. */
static void make_stream(unsigned int cpu, const __u8 *data, size_t size)
{
	struct stream *stream = &streams[cpu];
	unsigned char *memory = calloc(1, BUFFER);
	size_t at = (size_t)cpu * BUFFER;

	need(memory);
	if (at < size)
		memcpy(memory, data + at, size - at < BUFFER ? size - at : BUFFER);
	*stream = (struct stream){ .map = memory, .position = script.start[cpu] * 4 };
	stream->given = stream->position;
	stream->limit = stream->position + script.length[cpu] * 4 % (BUFFER + 4);
}

static void begin(const __u8 *data, size_t size)
{
	unsigned int cpu;

	relay = (struct relay){
		.geometry = { .cpus = 1 + script.cpus % CPUS, .subbuf_size = SUBBUF,
			      .subbufs = SUBBUFS },
		.buffer_size = BUFFER, .streams = streams,
	};
	for (cpu = 0; cpu < relay.geometry.cpus; cpu++)
		make_stream(cpu, data, size);
	taken = 0;
}

static void end(void)
{
	unsigned int cpu;

	for (cpu = 0; cpu < relay.geometry.cpus; cpu++)
		free((void *)streams[cpu].map);
}

/* --- What must hold --------------------------------------------------------------------------- */

/* Return: the position of a piece, which must be somebody's and not have been taken before. */
static __u64 place_of(const struct iovec *piece, unsigned int *cpu)
{
	const unsigned char *at = piece->iov_base;
	__u64 given;

	for (*cpu = 0; *cpu < relay.geometry.cpus; ++*cpu)
		if (at >= streams[*cpu].map && at < streams[*cpu].map + BUFFER)
			break;
	need(*cpu < relay.geometry.cpus);
	need(piece->iov_len && at + piece->iov_len <= streams[*cpu].map + BUFFER);
	given = streams[*cpu].given;
	return given + (at - streams[*cpu].map + BUFFER - given % BUFFER) % BUFFER;
}

/* Return: how many records are in a piece, which must be nothing else, or @fillers as well. */
static __u64 count_piece(const struct iovec *piece, bool fillers)
{
	const unsigned char *at = piece->iov_base;
	const unsigned char *end = at + piece->iov_len;
	__u64 records = 0;

	while (at < end) {
		const struct softtap_block *block = (const void *)at;

		need(block->length >= PCAPNG_FILLER_MIN && !(block->length & 3) &&
		     block->length <= (size_t)(end - at));
		need(block->type == SOFTTAP_PCAPNG_EPB ||
		     (fillers && block->type == SOFTTAP_PCAPNG_FILLER));
		records += block->type == SOFTTAP_PCAPNG_EPB;
		at += block->length;
	}
	return records;
}

static void check_pieces(bool fillers)
{
	__u64 last[CPUS], bytes = 0, records = 0;
	unsigned int cpu;
	int i;

	for (cpu = 0; cpu < CPUS; cpu++)
		last[cpu] = streams[cpu].given;
	need(batch.n_pieces <= BATCH_PIECES);
	for (i = 0; i < batch.n_pieces; i++) {
		const struct iovec *piece = &batch.pieces[i];
		__u64 place = place_of(piece, &cpu);

		need(place >= last[cpu]);
		last[cpu] = place + piece->iov_len;
		need(last[cpu] <= streams[cpu].position);
		bytes += piece->iov_len;
		records += count_piece(piece, fillers);
	}
	need(bytes == batch.bytes && records == batch.records);
	need(batch.ports[0].recorded + batch.ports[1].recorded == records);
	need(!records == !batch.n_pieces);
}

static void check(bool fillers, __u64 most)
{
	unsigned int cpu;

	for (cpu = 0; cpu < relay.geometry.cpus; cpu++) {
		need(streams[cpu].position >= streams[cpu].given);
		need(streams[cpu].position <= streams[cpu].limit);
	}
	need(batch.records <= most);
	check_pieces(fillers);
}

static void check_whole(void)
{
	int i;

	need(batch.n_pieces);
	for (i = 0; i < batch.n_pieces; i++) {
		unsigned int cpu;

		need(batch.pieces[i].iov_len % SUBBUF == 0);
		need(place_of(&batch.pieces[i], &cpu) % SUBBUF == 0);
	}
}

/* --- The reader ------------------------------------------------------------------------------- */

/* The reader dies behind the write: the next one looks for what is in the file. */
static void take_up(void)
{
	__u64 positions[CPUS];
	unsigned int cpu;
	int i;

	for (cpu = 0; cpu < relay.geometry.cpus; cpu++)
		positions[cpu] = streams[cpu].position;
	relay_rewind(&relay);
	for (i = 0; i < batch.n_pieces; i++)
		merge_take(&relay, batch.pieces[i].iov_base, 0);
	for (cpu = 0; cpu < relay.geometry.cpus; cpu++) {
		need(streams[cpu].position <= streams[cpu].limit);
		streams[cpu].position = positions[cpu];
	}
}

/* The output takes less than the batch. What is whole of it stays. */
static void write_less(bool whole)
{
	size_t most = batch.bytes * script.share / 255;
	__u64 before = batch.records;

	merge_cut(&relay, &batch, most);
	need(batch.bytes <= most && batch.records <= before);
	check(whole, before);
}

/* Return: whether there was something. */
static bool take_batch(__u64 horizon, bool last)
{
	__u64 most = script.most ? script.most - taken : ~0ULL;
	enum merge_whole found = WHOLE_NONE;

	if (script.way & WAY_BUFFERS)
		found = merge_buffers(&relay, &batch, horizon, script.disorder, most);
	else if (script.way & WAY_WHOLE)
		found = merge_whole(&relay, &batch, horizon, most);
	if (found == WHOLE_NONE)
		merge_fill(&relay, &batch, horizon, most);
	if (found == WHOLE_TAKEN)
		check_whole();
	check(found == WHOLE_TAKEN, most);
	take_up();
	if (script.way & WAY_SHORT && last)
		write_less(found == WHOLE_TAKEN);
	taken += batch.records;
	return batch.records;
}

static void give_back(void)
{
	unsigned int cpu;

	for (cpu = 0; cpu < relay.geometry.cpus; cpu++)
		streams[cpu].given = streams[cpu].position;
}

static void read_until(__u64 horizon)
{
	bool last = script.way & WAY_SHORT;

	while ((!script.most || taken < script.most) && take_batch(horizon, last)) {
		give_back();
		if (last)
			return;
	}
	give_back();
}

/* What is left when all was read up to the end of time is no record. */
static void check_rest(void)
{
	struct port_account ports[SOFTTAP_PORTS] = { };
	unsigned int cpu;
	__u64 left;

	for (cpu = 0; cpu < relay.geometry.cpus; cpu++) {
		const struct stream *stream = &streams[cpu];

		left = merge_count(&relay, cpu, stream->position, stream->limit, ports);
		need(left <= BUFFER / SOFTTAP_EPB_OVERHEAD);
	}
}

int LLVMFuzzerTestOneInput(const __u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const __u8 *data, size_t size)
{
	if (size < sizeof(script))
		return 0;
	memcpy(&script, data, sizeof(script));
	begin(data + sizeof(script), size - sizeof(script));
	if (script.horizon < 255)
		read_until(script.horizon);
	read_until(~0ULL);
	check_rest();
	end();
	return 0;
}
