/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SOFTTAP_QUEUES_H
#define SOFTTAP_QUEUES_H

#include <stdbool.h>

#include "lib/pairs.h"

/**
 * struct queues - a port's queues
 * @wanted: how many it is to have, 0 for as many as there are
 * @channels: how many: "combined", "rx", "tx", those that the driver can change; read only when
 *	they are to be changed
 * @steering: who chooses a queue or a CPU for a frame: "tx-0/xps_cpus", "rx-0/rps_cpus"…
 */
struct queues {
	unsigned int wanted;
	struct pairs channels;
	struct pairs steering;
};

int queues_read(struct queues *queues, const char *ifname);
int queues_set(const struct queues *queues, const char *ifname);
bool queues_are_steered(const char *ifname);
int queues_restore(const struct queues *queues, const char *ifname);

#endif /* SOFTTAP_QUEUES_H */
