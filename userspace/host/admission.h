/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SOFTTAP_ADMISSION_H
#define SOFTTAP_ADMISSION_H

#include <linux/types.h>
#include <stdbool.h>

#include "host/state.h"

/**
 * struct port_wishes - what is wanted of ports
 * @verb: what the command does with a port, as in "--force taps it all the same"
 * @force: take also what is in use
 * @queues: how many queues each is to have, 0 for as many as there are
 * @keep_rings: leave rings as they are
 * @low_latency: have the cards interrupt at once
 */
struct port_wishes {
	const char *verb;
	bool force;
	__u64 queues;
	bool keep_rings;
	bool low_latency;
};

int ports_read(struct state *state, int n, const char **ifnames, const struct port_wishes *wishes);

#endif /* SOFTTAP_ADMISSION_H */
