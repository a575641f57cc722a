/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SOFTTAP_SCHEDULING_H
#define SOFTTAP_SCHEDULING_H

#include <sched.h>

#include "tap/relay.h"

/**
 * struct scheduling - where a reader runs, and how urgently
 * @cpus: where; empty for where `softtap up --cpus reader=' wants it, or for anywhere
 * @priority: real-time priority (SCHED_FIFO), 0 for none
 */
struct scheduling {
	cpu_set_t cpus;
	int priority;
};

int scheduling_parse_cpus(struct scheduling *scheduling, const char *list);
int scheduling_parse_priority(struct scheduling *scheduling, const char *priority);
int scheduling_apply(struct scheduling *scheduling, const struct relay *relay);
void scheduling_lock_memory(const struct scheduling *scheduling);
void scheduling_watch(struct scheduling *scheduling, const struct relay *relay);

#endif /* SOFTTAP_SCHEDULING_H */
