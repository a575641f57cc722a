/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SOFTTAP_PCAPNG_READ_H
#define SOFTTAP_PCAPNG_READ_H

#include <stdbool.h>
#include <stdio.h>

#include "pcapng/write.h"

#define INSPECT_NAME	64	/* bytes, the longest name of an interface that is kept */

/**
 * enum inspect_end - how the reading of a file ended
 * @INSPECT_WHOLE: with a whole block
 * @INSPECT_TORN: within a block
 * @INSPECT_BAD: at something that softtap does not write
 * @INSPECT_UNREADABLE: it could not be read on, errno says why
 */
enum inspect_end {
	INSPECT_WHOLE,
	INSPECT_TORN,
	INSPECT_BAD,
	INSPECT_UNREADABLE,
};

/**
 * struct inspect_statistics - what the file says of a port, the last time it does
 * @present: it does
 * @end: when the capture ended, ns since 1970-01-01 UTC
 * @received: frames written, passed over or dropped
 * @dropped: frames lost in all
 * @delivered: frames written
 */
struct inspect_statistics {
	bool present;
	__u64 end;
	__u64 received;
	__u64 dropped;
	__u64 delivered;
};

/**
 * struct inspect_port - what the file holds of a port
 * @name: as the file has it, with `?' for what is no printable ASCII
 * @packets: records
 * @bytes: of their frames, as they were on the wire
 * @broken: records of frames that arrived broken
 * @gaps: records with frames missing before them
 * @missing: how many in all, as far as a record tells of it
 * @first: time of the first record, ns since 1970-01-01 UTC
 * @last: time of the last one
 * @statistics: the file's own account
 */
struct inspect_port {
	char name[INSPECT_NAME];
	__u64 packets;
	__u64 bytes;
	__u64 broken;
	__u64 gaps;
	__u64 missing;
	__u64 first;
	__u64 last;
	struct inspect_statistics statistics;
};

/**
 * struct inspect_gap - frames that are missing
 * @port: which port's
 * @before: time of the port's record before, 0 when there is none
 * @after: time of the record that tells of it
 * @missing: how many
 */
struct inspect_gap {
	unsigned int port;
	__u64 before;
	__u64 after;
	__u64 missing;
};

/**
 * struct inspect_step - the wall clock was stepped, which times in the file do not follow
 * @time: when that was, ns since 1970-01-01 UTC by the file's clock
 * @ns: by how much
 */
struct inspect_step {
	__u64 time;
	__s64 ns;
};

/**
 * struct inspection - a file as it is read
 * @file: where it is read from
 * @on_gap: called for each gap, unless NULL
 * @on_step: called for each step of the wall clock, unless NULL
 * @end: how the reading ended
 * @fault: what is bad, when it is
 * @n_ports: ports described so far
 * @ports: by number of the interface
 * @packets: records of all ports
 * @allowed: ns by which a record may be older than one before it, as the file says
 * @disorder: ns by which one is, at most
 * @late: records with a time before that of the one before them
 * @first_late: number of the first of them, from 1
 * @steps: of the wall clock, as far as the file tells
 * @stepped: ns, all together
 * @offset: of the block that is read, or that was the last to be
 * @taken: bytes of it that were there
 * @left: bytes of it up to the length at its end
 * @time: of the last record
 * @newest: the newest time so far
 */
struct inspection {
	FILE *file;
	void (*on_gap)(const struct inspection *inspection, const struct inspect_gap *gap);
	void (*on_step)(const struct inspection *inspection, const struct inspect_step *step);
	enum inspect_end end;
	const char *fault;
	unsigned int n_ports;
	struct inspect_port ports[SOFTTAP_PORTS];
	__u64 packets;
	__u64 allowed;
	__u64 disorder;
	__u64 late;
	__u64 first_late;
	__u64 steps;
	__s64 stepped;
	__u64 offset;
	__u64 taken;
	__u64 left;
	__u64 time;
	__u64 newest;
};

void inspect(struct inspection *inspection);

#endif /* SOFTTAP_PCAPNG_READ_H */
