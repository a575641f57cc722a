/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SOFTTAP_PLACEMENT_H
#define SOFTTAP_PLACEMENT_H

#include <sched.h>

#include "host/state.h"
#include "tap/counters.h"

/**
 * struct placement - which CPUs do what for a tap; an empty set is any
 * @rx: receive, forward and record: the ports' interrupts go there
 * @reader: run softtap capture
 * @post: run what works on captures, as softtap post starts it
 */
struct placement {
	cpu_set_t rx;
	cpu_set_t reader;
	cpu_set_t post;
};

int placement_parse(struct placement *placement, const char *text);
int placement_save(const struct placement *placement, const struct state_key *key);
void placement_load(struct placement *placement, const struct tap *tap);
void placement_remove(const struct state_key *key);

#endif /* SOFTTAP_PLACEMENT_H */
