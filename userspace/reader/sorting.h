/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SOFTTAP_SORTING_H
#define SOFTTAP_SORTING_H

#include <stdbool.h>

#include "reader/merge.h"
#include "tap/relay.h"

/**
 * struct sort_key - where a record stands in the order of a file
 * @time: its time, ns; what is the same goes by the next two
 * @position: in its CPU's buffer
 * @cpu: whose
 */
struct sort_key {
	__u64 time;
	__u64 position;
	__u64 cpu;
};

/**
 * struct waiting - a record that was looked at
 * @position: in its CPU's buffer
 * @taken: a batch has it, or a file
 */
struct waiting {
	__u64 position;
	bool taken;
};

/**
 * struct sort_stream - one CPU's records on their way
 * @waiting: those from the first that is not written, as they lie in the buffer
 * @first: number of that one; numbers count all that was looked at
 * @end: behind the last one
 * @room: how many @waiting can hold, a power of two
 * @scanned: position up to which records were looked at
 * @newest: time of the newest of them, ns
 * @known: position up to which a reader before may have written
 */
struct sort_stream {
	struct waiting *waiting;
	size_t first;
	size_t end;
	size_t room;
	__u64 scanned;
	__u64 newest;
	__u64 known;
};

/**
 * struct sorting - records on their way into the order of time
 * @streams: per CPU
 * @cpus: how many
 * @heap: records that wait; the oldest is the first
 * @n: how many
 * @room: how many it can hold
 * @taken: what the last batch has, in its order
 * @n_taken: how many
 * @last: the last record that is in a file: those before it are, too
 */
struct sorting {
	struct sort_stream *streams;
	unsigned int cpus;
	struct sort_key *heap;
	size_t n;
	size_t room;
	struct sort_key *taken;
	size_t n_taken;
	struct sort_key last;
};

int sorting_begin(struct sorting *sorting, const struct relay *relay);
void sorting_end(struct sorting *sorting);
void sorting_is_written(struct sorting *sorting, const struct relay *relay,
			const struct sort_key *last);
int sorting_take(struct sorting *sorting, struct relay *relay, const struct softtap_epb *epb,
		 __s64 shift);
int sorting_fill(struct sorting *sorting, struct relay *relay, struct batch *batch, __u64 horizon,
		 __u64 most);
void sorting_settle(struct sorting *sorting);
void sorting_cut(struct sorting *sorting, struct relay *relay, struct batch *batch, size_t most);
__u64 sorting_count(const struct sorting *sorting, const struct relay *relay, unsigned int cpu,
		    __u64 to, struct port_account *ports);

#endif /* SOFTTAP_SORTING_H */
