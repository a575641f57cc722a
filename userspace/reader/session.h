/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SOFTTAP_SESSION_H
#define SOFTTAP_SESSION_H

#include <stdbool.h>

#include "host/names.h"
#include "pcapng/write.h"
#include "reader/file_clock.h"
#include "reader/merge.h"
#include "reader/privileges.h"
#include "reader/restamp.h"
#include "reader/scheduling.h"
#include "reader/sorting.h"
#include "store/storage.h"
#include "tap/relay.h"

/**
 * struct session - records on their way from a tap into a file
 * @tap: "tapN", the tap's own name
 * @relay: where they come from
 * @storage: where they go
 * @clock: of the file
 * @restamp: gives records the file's times
 * @sorting: brings times of the cards into order, if they are such
 * @ports: the account so far
 * @records: written so far
 */
struct session {
	char tap[TAP_NAME];
	struct relay relay;
	struct storage storage;
	struct file_clock clock;
	struct restamp restamp;
	struct sorting sorting;
	struct port_account ports[SOFTTAP_PORTS];
	__u64 records;
};

int session_open(struct session *session, const char *name, bool flight);
int session_settle(struct session *session, struct scheduling *scheduling,
		   const struct privileges *privileges);
int session_restamp(struct session *session);
void session_complain(const struct session *session);

int session_fill_batch(struct session *session, struct batch *batch, __u64 horizon, __u64 most);
void session_cut_batch(struct session *session, struct batch *batch, size_t most);
size_t session_write_batch(struct session *session, const struct batch *batch, bool whole);
int session_write_blocks(struct session *session, const struct blocks *blocks);
__u64 session_count(const struct session *session, unsigned int cpu, __u64 to,
		    struct port_account *ports);
__u64 session_count_doubled(const struct session *session, unsigned int cpu);
void session_account(struct session *session, const struct batch *batch);
void session_skipped(struct session *session, const struct port_account *skipped);

void session_close(struct session *session);

#endif /* SOFTTAP_SESSION_H */
