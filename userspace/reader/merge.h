/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SOFTTAP_MERGE_H
#define SOFTTAP_MERGE_H

#include <stdbool.h>
#include <sys/uio.h>

#include "store/storage.h"
#include "tap/relay.h"
#include "pcapng/write.h"

#define BATCH_PIECES	STORAGE_PIECES
#define BATCH_BYTES	STORAGE_BYTES

/**
 * struct batch - records that are written together
 * @pieces: where they are, in the order of the file; each is whole records of one CPU, or whole
 *	sub-buffers
 * @n_pieces: how many
 * @bytes: sum of their lengths
 * @records: how many records
 * @last: time of the newest record, ns
 * @ports: what they add to each port's account
 */
struct batch {
	struct iovec pieces[BATCH_PIECES];
	int n_pieces;
	size_t bytes;
	__u64 records;
	__u64 last;
	struct port_account ports[SOFTTAP_PORTS];
};

/**
 * enum merge_whole - what came of a look for whole sub-buffers
 * @WHOLE_TAKEN: the batch has some
 * @WHOLE_NEXT: the batch has what comes before the next one
 * @WHOLE_LATER: there are some, but older records may still come
 * @WHOLE_NONE: there are none, or, for merge_whole(), several CPUs have recorded
 */
enum merge_whole {
	WHOLE_TAKEN,
	WHOLE_NEXT,
	WHOLE_LATER,
	WHOLE_NONE,
};

void batch_clear(struct batch *batch);
bool batch_is_full(const struct batch *batch, __u64 most);
void batch_count(struct batch *batch, const struct softtap_epb *epb);
void batch_append(struct batch *batch, const void *run, size_t length);

enum merge_whole merge_whole(struct relay *relay, struct batch *batch, __u64 horizon, __u64 most);
enum merge_whole merge_buffers(struct relay *relay, struct batch *batch, __u64 horizon,
			       __u64 disorder, __u64 most);
void merge_fill(struct relay *relay, struct batch *batch, __u64 horizon, __u64 most);
const struct softtap_epb *merge_next(const struct relay *relay, unsigned int cpu,
				     __u64 *position, __u64 limit);
bool merge_is_same(const struct softtap_epb *epb, const struct softtap_epb *written, __s64 shift);
bool merge_take(struct relay *relay, const struct softtap_epb *epb, __s64 shift);
__u64 merge_first(struct relay *relay, unsigned int cpu);
void merge_account(struct port_account *ports, const struct softtap_epb *epb);
void merge_skip(struct relay *relay, unsigned int cpu, __u64 time, struct port_account *ports);
void merge_cut(struct relay *relay, struct batch *batch, size_t most);
__u64 merge_count(const struct relay *relay, unsigned int cpu, __u64 from, __u64 to,
		  struct port_account *ports);

#endif /* SOFTTAP_MERGE_H */
