// SPDX-License-Identifier: GPL-2.0
/*
 * Unit tests of the reader's merge: buffers are put together in memory as the module writes them,
 * sub-buffer by sub-buffer with fillers, and taken apart again. Prints TAP.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reader/merge.h"

#define SUBBUF	4096
#define SUBBUFS	4
#define CPUS	3

static int tests;

static void ok(bool passed, const char *name)
{
	printf("%sok %d - %s\n", passed ? "" : "not ", ++tests, name);
}

/* A writer as the module is one, without a reader to wait for. */
struct writer {
	unsigned char memory[SUBBUF * SUBBUFS];
	__u64 position;
};

static void put_filler(struct writer *writer, __u32 room)
{
	unsigned char *at = writer->memory + writer->position % sizeof(writer->memory);
	struct softtap_filler filler = { .block = { SOFTTAP_PCAPNG_FILLER, room } };

	memset(at, 0, room);
	memcpy(at, &filler, sizeof(filler));
	memcpy(at + room - 4, &room, 4);
	writer->position += room;
}

static void put_record(struct writer *writer, __u64 time, __u32 port, __u32 frame, __u64 drops)
{
	__u32 padded = (frame + 3) & ~3U;
	__u32 total = SOFTTAP_EPB_OVERHEAD + padded +
		      (drops ? sizeof(struct softtap_epb_drops) : 0);
	__u32 room = SUBBUF - writer->position % SUBBUF;
	struct softtap_epb epb = {
		.block = { SOFTTAP_PCAPNG_EPB, total }, .interface = port,
		.time_high = time >> 32, .time_low = (__u32)time,
		.captured = frame, .original = frame,
	};
	struct softtap_epb_drops option = {
		.option = { SOFTTAP_OPT_EPB_DROPS, 8 },
		.count_low = (__u32)drops, .count_high = drops >> 32,
	};
	unsigned char *at;

	if (total > room - SOFTTAP_FILLER_MIN)
		put_filler(writer, room);
	at = writer->memory + writer->position % sizeof(writer->memory);
	memset(at, 0, total);
	memcpy(at, &epb, sizeof(epb));
	if (drops)
		memcpy(at + sizeof(epb) + padded + sizeof(struct softtap_epb_flags),
		       &option, sizeof(option));
	memcpy(at + total - 4, &total, 4);
	writer->position += total;
}

static struct writer writers[CPUS];
static struct stream streams[CPUS];
static struct relay relay;
static struct batch batch;

static void begin(void)
{
	int cpu;

	memset(writers, 0, sizeof(writers));
	memset(streams, 0, sizeof(streams));
	relay = (struct relay){
		.geometry = { .cpus = CPUS, .subbuf_size = SUBBUF, .subbufs = SUBBUFS },
		.buffer_size = SUBBUF * SUBBUFS, .streams = streams,
	};
	for (cpu = 0; cpu < CPUS; cpu++)
		streams[cpu].map = writers[cpu].memory;
}

static void look(void)
{
	int cpu;

	for (cpu = 0; cpu < CPUS; cpu++)
		streams[cpu].limit = writers[cpu].position;
}

/* Appends what was taken to @times; checks that pieces are whole records only. */
static int collect(__u64 *times, int n)
{
	int i;

	for (i = 0; i < batch.n_pieces; i++) {
		const char *at = batch.pieces[i].iov_base;
		const char *end = at + batch.pieces[i].iov_len;

		while (at < end) {
			const struct softtap_epb *epb = (const void *)at;

			if (epb->block.type != SOFTTAP_PCAPNG_EPB)
				return -1;
			times[n++] = pcapng_epb_time(epb);
			at += epb->block.length;
		}
	}
	return n;
}

static bool is_sorted(const __u64 *times, int n)
{
	while (--n > 0)
		if (times[n] < times[n - 1])
			return false;
	return true;
}

static void test_order_over_cpus(void)
{
	__u64 times[300];
	int i, n = 0;

	begin();
	for (i = 0; i < 90; i++)
		put_record(&writers[i * 7 % CPUS], 1000 + i, i & 1, 60 + i, 0);
	look();
	do {
		merge_fill(&relay, &batch, ~0ULL, ~0ULL);
		n = collect(times, n);
	} while (batch.records && n > 0);
	ok(n == 90, "every record of three CPUs is taken once, fillers are not");
	ok(is_sorted(times, n), "records of three CPUs come in the order of time");
}

static void test_wrap(void)
{
	__u64 times[4000];
	int i, n = 0;

	begin();
	for (i = 0; i < 1000; i++) {
		put_record(&writers[1], i, 0, 60 + i % 1400, 0);
		look();
		merge_fill(&relay, &batch, ~0ULL, ~0ULL);
		n = collect(times, n);
	}
	ok(n == 1000 && is_sorted(times, n), "a buffer that wraps many times gives each record");
	ok(streams[1].position == writers[1].position, "the reader is where the writer is");
}

static void test_horizon(void)
{
	__u64 times[20];
	int n;

	begin();
	put_record(&writers[0], 10, 0, 60, 0);
	put_record(&writers[0], 20, 0, 60, 0);
	put_record(&writers[1], 15, 0, 60, 0);
	look();
	merge_fill(&relay, &batch, 20, ~0ULL);
	n = collect(times, 0);
	ok(n == 2 && times[0] == 10 && times[1] == 15, "records at the horizon wait");
	merge_fill(&relay, &batch, 21, ~0ULL);
	ok(collect(times, 0) == 1 && times[0] == 20, "and come when it has moved");
}

static void test_count_limit(void)
{
	int i;

	begin();
	for (i = 0; i < 10; i++)
		put_record(&writers[2], i, 1, 100, 0);
	look();
	merge_fill(&relay, &batch, ~0ULL, 4);
	ok(batch.records == 4 && batch.last == 3, "no more records than asked for");
	ok(merge_count(&relay, 2, streams[2].position, streams[2].limit, NULL) == 6,
	   "the rest is counted without being taken");
}

static void test_account(void)
{
	begin();
	put_record(&writers[0], 1, 0, 61, 0);
	put_record(&writers[0], 2, 1, 62, 5);
	put_record(&writers[1], 3, 1, 63, 1ULL << 33);
	look();
	merge_fill(&relay, &batch, ~0ULL, ~0ULL);
	ok(batch.ports[0].recorded == 1 && batch.ports[1].recorded == 2,
	   "records are counted by port");
	ok(!batch.ports[0].dropped && batch.ports[1].dropped == (1ULL << 33) + 5,
	   "drop counts are summed by port, beyond 32 bits");
}

static void test_pieces_join(void)
{
	begin();
	put_record(&writers[0], 1, 0, 60, 0);
	put_record(&writers[0], 2, 0, 60, 0);
	put_record(&writers[1], 3, 0, 60, 0);
	put_record(&writers[0], 4, 0, 60, 0);
	look();
	merge_fill(&relay, &batch, ~0ULL, ~0ULL);
	ok(batch.n_pieces == 3, "records behind each other are one piece");
	ok(batch.bytes == 4 * (SOFTTAP_EPB_OVERHEAD + 60), "a batch knows its bytes");
}

static void test_no_block(void)
{
	__u64 times[20];
	int n;

	begin();
	put_record(&writers[0], 1, 0, 60, 0);
	put_filler(&writers[0], SUBBUF - writers[0].position % SUBBUF);
	put_record(&writers[0], 2, 0, 60, 0);
	streams[0].position = 40;	/* within the first record */
	look();
	merge_fill(&relay, &batch, ~0ULL, ~0ULL);
	n = collect(times, 0);
	ok(n == 1 && times[0] == 2,
	   "a position within a record ends nothing: the next sub-buffer goes on");
}

/* Return: whether a record with that length of a frame is none. */
static bool is_passed_over(__u32 captured)
{
	__u64 times[20];

	begin();
	put_record(&writers[0], 1, 0, 60, 0);
	put_record(&writers[0], 2, 0, 60, 0);
	((struct softtap_epb *)writers[0].memory)->captured = captured;
	look();
	merge_fill(&relay, &batch, ~0ULL, ~0ULL);
	return collect(times, 0) == 1 && times[0] == 2;
}

static void test_wrong_lengths(void)
{
	ok(is_passed_over(65) && is_passed_over(56) && is_passed_over(1U << 31) &&
	   is_passed_over(~0U) && is_passed_over(~0U - 1),
	   "a record whose frame is not as long as it is none");
	ok(!is_passed_over(57) && !is_passed_over(48),
	   "padding and an epb_dropcount are not the frame's");
}

/* Three sub-buffers and the beginning of a fourth. */
static void fill_subbufs(struct writer *writer)
{
	__u64 time = 0;

	while (writer->position < 3 * SUBBUF + 1)
		put_record(writer, time++, 0, 400, 0);
}

static void test_whole(void)
{
	__u64 per_subbuf = SUBBUF / (SOFTTAP_EPB_OVERHEAD + 400);

	begin();
	fill_subbufs(&writers[1]);
	look();
	ok(merge_whole(&relay, &batch, ~0ULL, ~0ULL) == WHOLE_TAKEN && batch.n_pieces == 1 &&
	   batch.pieces[0].iov_base == writers[1].memory &&
	   batch.pieces[0].iov_len == 3 * SUBBUF && batch.bytes == 3 * SUBBUF,
	   "whole sub-buffers of the only CPU are one piece, fillers in it");
	ok(batch.records == 3 * per_subbuf && batch.ports[0].recorded == batch.records &&
	   batch.last == batch.records - 1, "their records are counted");
	ok(streams[1].position == 3 * SUBBUF, "what the fourth has begun is left");
	ok(merge_whole(&relay, &batch, ~0ULL, ~0ULL) == WHOLE_NONE && !batch.n_pieces,
	   "a beginning is not taken");
}

static void test_whole_limits(void)
{
	__u64 per_subbuf = SUBBUF / (SOFTTAP_EPB_OVERHEAD + 400);

	begin();
	fill_subbufs(&writers[1]);
	look();
	ok(merge_whole(&relay, &batch, per_subbuf - 1, ~0ULL) == WHOLE_LATER && !batch.n_pieces,
	   "a sub-buffer with a record at the horizon waits");
	ok(merge_whole(&relay, &batch, 2 * per_subbuf, ~0ULL) == WHOLE_TAKEN &&
	   batch.bytes == 2 * SUBBUF, "those before it do not");
	ok(merge_whole(&relay, &batch, ~0ULL, per_subbuf - 1) == WHOLE_NONE && !batch.n_pieces,
	   "none is taken that has more records than asked for");
}

static void test_whole_rest(void)
{
	begin();
	fill_subbufs(&writers[1]);
	look();
	merge_fill(&relay, &batch, ~0ULL, 2);
	ok(merge_whole(&relay, &batch, ~0ULL, ~0ULL) == WHOLE_NEXT &&
	   batch.records == SUBBUF / (SOFTTAP_EPB_OVERHEAD + 400) - 2,
	   "the rest of a sub-buffer comes first, by itself");
	ok(merge_whole(&relay, &batch, ~0ULL, ~0ULL) == WHOLE_TAKEN && batch.bytes == 2 * SUBBUF,
	   "then whole ones");
}

static void test_whole_not(void)
{
	begin();
	fill_subbufs(&writers[1]);
	put_record(&writers[2], 5, 0, 60, 0);
	look();
	ok(merge_whole(&relay, &batch, ~0ULL, ~0ULL) == WHOLE_NONE && !batch.n_pieces,
	   "nothing is whole when a second CPU has recorded");
	begin();
	fill_subbufs(&writers[1]);
	((struct softtap_block *)writers[1].memory)[0].type = SOFTTAP_PCAPNG_IDB;
	look();
	ok(merge_whole(&relay, &batch, ~0ULL, ~0ULL) != WHOLE_TAKEN,
	   "a sub-buffer with something else in it is not taken as it is");
}

/* Some of it is given back, so that the buffers wrap. */
static void fill_for_cut(void)
{
	int i;

	begin();
	for (i = 0; i < 60; i++) {
		put_record(&writers[i % 2], i, i & 1, 100 + 37 * i % 300, i % 7);
		look();
		if (i >= 30)
			continue;
		merge_fill(&relay, &batch, ~0ULL, ~0ULL);
		streams[0].given = streams[0].position;
		streams[1].given = streams[1].position;
	}
	merge_fill(&relay, &batch, ~0ULL, ~0ULL);
}

/* A batch that is cut is as if no more had been taken. */
static bool cut_is_good(size_t most)
{
	static struct batch cut;
	__u64 positions[CPUS];
	int cpu;

	fill_for_cut();
	merge_cut(&relay, &batch, most);
	cut = batch;
	for (cpu = 0; cpu < CPUS; cpu++)
		positions[cpu] = streams[cpu].position;
	relay_rewind(&relay);
	merge_fill(&relay, &batch, ~0ULL, cut.records);
	for (cpu = 0; cpu < CPUS; cpu++)
		if (merge_count(&relay, cpu, positions[cpu], streams[cpu].position, NULL) ||
		    positions[cpu] > streams[cpu].position)
			return false;
	return cut.bytes <= most && cut.bytes == batch.bytes && cut.n_pieces == batch.n_pieces &&
	       !memcmp(cut.pieces, batch.pieces, cut.n_pieces * sizeof(*cut.pieces)) &&
	       !memcmp(cut.ports, batch.ports, sizeof(cut.ports)) &&
	       (!cut.records || cut.last == batch.last);
}

static void test_cut(void)
{
	__u64 records;
	size_t most, bytes;
	bool good = true;

	fill_for_cut();
	bytes = batch.bytes;
	records = batch.records;
	for (most = 0; most < bytes; most += 4)
		good = good && cut_is_good(most) && batch.records < records;
	ok(good && records == 30,
	   "a batch can be cut anywhere: whole records stay, the rest does not");
	ok(cut_is_good(bytes) && batch.records == records, "cut at its end, all of it stays");
}

static void test_cut_whole(void)
{
	__u64 per_subbuf = SUBBUF / (SOFTTAP_EPB_OVERHEAD + 400);

	begin();
	fill_subbufs(&writers[1]);
	look();
	merge_whole(&relay, &batch, ~0ULL, ~0ULL);
	merge_cut(&relay, &batch, 2 * SUBBUF - 1);
	ok(batch.records == 2 * per_subbuf && streams[1].position < 2 * SUBBUF &&
	   streams[1].position == batch.bytes, "of whole sub-buffers, a filler that is cut goes");
	merge_cut(&relay, &batch, SUBBUF);
	ok(batch.records == per_subbuf && streams[1].position == SUBBUF && batch.bytes == SUBBUF,
	   "one that is whole stays");
}

/* A sub-buffer that is finished, whose records have times from @first to @last. */
static void put_subbuf(struct writer *writer, __u64 first, __u64 last)
{
	put_record(writer, first, 0, 100, 0);
	put_record(writer, last, 0, 100, 0);
	put_filler(writer, SUBBUF - writer->position % SUBBUF);
}

/* Are the batch's pieces whole sub-buffers, these? */
static bool taken_whole(enum merge_whole found, int n, const void *first, const void *second)
{
	int i;

	for (i = 0; i < batch.n_pieces; i++)
		if (batch.pieces[i].iov_len != SUBBUF)
			return false;
	return found == WHOLE_TAKEN && batch.n_pieces == n &&
	       batch.bytes == (size_t)n * SUBBUF && batch.pieces[0].iov_base == first &&
	       (n < 2 || batch.pieces[1].iov_base == second);
}

static void test_buffers(void)
{
	begin();
	put_subbuf(&writers[2], 20, 100);
	put_subbuf(&writers[0], 30, 110);
	put_record(&writers[1], 40, 0, 60, 0);
	look();
	ok(taken_whole(merge_buffers(&relay, &batch, ~0ULL, 100, ~0ULL), 2, writers[2].memory,
		       writers[0].memory), "whole sub-buffers of all CPUs, the oldest first");
	ok(batch.records == 4 && batch.last == 110, "their records are counted");
	ok(merge_buffers(&relay, &batch, ~0ULL, 100, ~0ULL) == WHOLE_NONE && !batch.n_pieces &&
	   !streams[1].position, "a beginning is left");
}

static void test_buffers_in_the_way(void)
{
	__u64 times[20];

	begin();
	put_record(&writers[1], 9, 0, 60, 0);
	put_record(&writers[1], 50, 0, 60, 0);
	put_subbuf(&writers[2], 20, 100);
	put_subbuf(&writers[2], 101, 102);
	look();
	ok(taken_whole(merge_buffers(&relay, &batch, ~0ULL, 91, ~0ULL), 1, writers[2].memory, NULL),
	   "a beginning is passed within the bound");
	relay_rewind(&relay);
	ok(merge_buffers(&relay, &batch, ~0ULL, 10, ~0ULL) == WHOLE_NEXT &&
	   collect(times, 0) == 1 && times[0] == 9, "beyond it, what is in the way comes first");
	ok(merge_buffers(&relay, &batch, ~0ULL, 10, ~0ULL) == WHOLE_NEXT &&
	   collect(times, 0) == 1 && times[0] == 20,
	   "a sub-buffer that is too long for the bound goes piece by piece");
	ok(merge_buffers(&relay, &batch, ~0ULL, 10, ~0ULL) == WHOLE_NEXT &&
	   collect(times, 0) == 1 && times[0] == 50, "what is in between as well");
	ok(merge_buffers(&relay, &batch, ~0ULL, 10, ~0ULL) == WHOLE_NEXT &&
	   collect(times, 0) == 1 && times[0] == 100 && streams[2].position == SUBBUF,
	   "and its rest");
	ok(taken_whole(merge_buffers(&relay, &batch, ~0ULL, 10, ~0ULL), 1,
		       writers[2].memory + SUBBUF, NULL), "then a whole one");
}

/* Each CPU's first sub-buffer was begun when the reader looked for the first time. */
static void test_buffers_begun(void)
{
	__u64 times[20];

	begin();
	put_record(&writers[0], 1, 0, 60, 0);
	put_record(&writers[1], 2, 0, 60, 0);
	look();
	merge_fill(&relay, &batch, ~0ULL, ~0ULL);
	put_record(&writers[1], 10, 0, 60, 0);
	put_record(&writers[0], 11, 0, 60, 0);
	put_filler(&writers[0], SUBBUF - writers[0].position % SUBBUF);
	look();
	ok(merge_buffers(&relay, &batch, ~0ULL, 100, ~0ULL) == WHOLE_NEXT &&
	   collect(times, 0) == 1 && times[0] == 11,
	   "the rest of one that was begun passes a beginning");
	ok(merge_buffers(&relay, &batch, ~0ULL, 100, ~0ULL) == WHOLE_NONE && !batch.n_pieces,
	   "which is left");
	put_subbuf(&writers[0], 20, 21);
	put_filler(&writers[1], SUBBUF - writers[1].position % SUBBUF);
	put_record(&writers[0], 22, 0, 60, 0);
	look();
	ok(merge_buffers(&relay, &batch, ~0ULL, 100, ~0ULL) == WHOLE_NEXT &&
	   collect(times, 0) == 1 && times[0] == 10, "the other's rest comes");
	ok(taken_whole(merge_buffers(&relay, &batch, ~0ULL, 100, ~0ULL), 1,
		       writers[0].memory + SUBBUF, NULL), "and then whole ones");
}

static void test_buffers_limits(void)
{
	begin();
	put_record(&writers[1], 10, 0, 60, 0);
	put_subbuf(&writers[2], 20, 100);
	look();
	ok(merge_buffers(&relay, &batch, 100, 1000, ~0ULL) == WHOLE_LATER && !batch.n_pieces,
	   "a sub-buffer with a record at the horizon waits");
	ok(merge_buffers(&relay, &batch, 10, 1, ~0ULL) == WHOLE_LATER && !batch.n_pieces,
	   "what is in its way, too");
	ok(merge_buffers(&relay, &batch, ~0ULL, 1000, 1) == WHOLE_NEXT && batch.records == 1,
	   "none is taken that has more records than asked for");
	ok(taken_whole(merge_buffers(&relay, &batch, 101, ~0ULL, 2), 1, writers[2].memory, NULL),
	   "the longest bound is no overflow");
}

/**
 * struct file - what was taken, as a file has it
 * @records: how many
 * @whole: sub-buffers as they were
 * @newest: time
 * @disorder: by how much one is older than one before it, at most
 */
struct file {
	__u64 records;
	__u64 whole;
	__u64 newest;
	__u64 disorder;
};

static void write_batch(struct file *file)
{
	int i;

	for (i = 0; i < batch.n_pieces; i++) {
		const char *at = batch.pieces[i].iov_base;
		const char *end = at + batch.pieces[i].iov_len;

		for (; at < end; at += ((const struct softtap_block *)at)->length) {
			const struct softtap_epb *epb = (const void *)at;
			__u64 time = pcapng_epb_time(epb);

			if (epb->block.type != SOFTTAP_PCAPNG_EPB)
				continue;
			file->records++;
			if (time > file->newest)
				file->newest = time;
			if (file->newest - time > file->disorder)
				file->disorder = file->newest - time;
		}
	}
	for (i = 0; i < CPUS; i++)
		streams[i].given = streams[i].position;
}

/* As the reader does it: sub-buffers; if there was none, what there is. */
static void write_until(struct file *file, __u64 horizon, __u64 bound)
{
	bool due = true;

	look();
	do {
		enum merge_whole found = merge_buffers(&relay, &batch, horizon, bound, ~0ULL);

		file->whole += found == WHOLE_TAKEN ? batch.bytes / SUBBUF : 0;
		if (found == WHOLE_NONE && due)
			merge_fill(&relay, &batch, horizon, ~0ULL);
		due = due && found == WHOLE_NONE;
		write_batch(file);
	} while (batch.records);
}

/* No room: the copy is lost. */
static bool is_lost(const struct writer *writer, const struct stream *stream)
{
	return writer->position + 2 * SUBBUF > stream->given + sizeof(writer->memory);
}

/*
 * One CPU is @mix times as busy as the next; the reader comes when a few records are there, or
 * only when all buffers are full. Return: records put.
 */
static __u64 run_mix(struct file *file, unsigned int mix, __u64 bound)
{
	__u64 time, put = 0;

	begin();
	*file = (struct file){};
	for (time = 1; time < 20000; time++) {
		unsigned int cpu = rand() % mix ? 0 : rand() % mix ? 1 : 2;

		if (!is_lost(&writers[cpu], &streams[cpu])) {
			put_record(&writers[cpu], time, 0, rand() % 500, 0);
			put++;
		}
		if (!(rand() % (time % 4000 < 2000 ? 20 : 500)))
			write_until(file, time + 1 - rand() % 5, bound);
	}
	write_until(file, ~0ULL, bound);
	write_until(file, ~0ULL, bound);
	return put;
}

static void test_buffers_mixed(void)
{
	static const __u64 bounds[] = { 1, 30, 100, 1000 };
	bool once = true, within = true, used = true, whole = true;
	unsigned int mix, i;
	struct file file;

	srand(1);
	for (mix = 2; mix < 40; mix += 3) {
		for (i = 0; i < sizeof(bounds) / sizeof(*bounds); i++) {
			once &= run_mix(&file, mix, bounds[i]) == file.records;
			within &= file.disorder <= bounds[i];
			used &= file.disorder > 0;
			whole &= i < 2 || file.whole > 20;
		}
	}
	ok(once, "quiet and busy CPUs mixed: each record is taken once");
	ok(within, "none is older than one before it by more than the bound");
	ok(used, "but some are older");
	ok(whole, "and whole sub-buffers are taken as they are");
}

/*
 * A reader died behind a write of two CPUs' records, when it had given back those of the first. Its
 * file has them in the order of time.
 */
static void test_take(void)
{
	static const struct softtap_epb *file[40];
	int i, taken = 0, right = 0;

	begin();
	for (i = 0; i < 40; i++) {
		put_record(&writers[i % 2], 1000 + i, 0, 60, 0);
		file[i] = (const void *)(writers[i % 2].memory + writers[i % 2].position -
					 SOFTTAP_EPB_OVERHEAD - 60);
	}
	look();
	streams[0].position = streams[0].limit;
	for (i = 0; i < 30; i++) {
		bool took = merge_take(&relay, file[i], 0);

		taken += took;
		right += took == i % 2;
	}
	ok(taken == 15 && right == 30, "what one CPU still has is found among another's");
	ok(merge_count(&relay, 1, streams[1].position, streams[1].limit, NULL) == 5,
	   "and what is in no file is left");
	ok(!merge_take(&relay, file[1], 0), "nothing is found twice");
}

/* In a file that has another clock than the records. */
static void test_take_moved(void)
{
	static unsigned char file[SOFTTAP_EPB_OVERHEAD + 60];
	struct softtap_epb *moved = (void *)file;

	begin();
	put_record(&writers[0], 1000, 1, 60, 0);
	put_record(&writers[0], 2000, 1, 60, 0);
	look();
	memcpy(file, writers[0].memory, sizeof(file));
	pcapng_epb_set_time(moved, (1ULL << 33) + 1000);
	ok(!merge_take(&relay, moved, 0) && !merge_take(&relay, moved, (1LL << 33) + 1) &&
	   merge_take(&relay, moved, 1LL << 33), "a record is found whose time was moved");
	memcpy(file, writers[0].memory + sizeof(file), sizeof(file));
	pcapng_epb_set_time(moved, 0);
	file[40]++;
	ok(!merge_take(&relay, moved, -3000), "not one with another frame");
	file[40]--;
	ok(merge_take(&relay, moved, -3000), "also one whose time would be before 1970");
}

int main(void)
{
	test_take();
	test_take_moved();
	test_order_over_cpus();
	test_wrap();
	test_horizon();
	test_count_limit();
	test_account();
	test_pieces_join();
	test_no_block();
	test_wrong_lengths();
	test_whole();
	test_whole_limits();
	test_whole_rest();
	test_whole_not();
	test_cut();
	test_cut_whole();
	test_buffers();
	test_buffers_in_the_way();
	test_buffers_begun();
	test_buffers_limits();
	test_buffers_mixed();
	printf("1..%d\n", tests);
	return 0;
}
