/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SOFTTAP_INTERRUPTS_H
#define SOFTTAP_INTERRUPTS_H

#include <sched.h>

#include "lib/pairs.h"

/**
 * struct interrupts - a port's interrupts
 * @affinities: their numbers, and which CPUs they may go to: "0-3"
 * @banned: the numbers of those that irqbalance(1) leaves alone
 */
struct interrupts {
	struct pairs affinities;
	struct pairs banned;
};

int interrupts_read(struct interrupts *interrupts, const char *ifname);
void interrupts_cpus(cpu_set_t *cpus, const char *ifname);
int interrupts_place(const struct interrupts *interrupts, const char *ifname,
		     const cpu_set_t *cpus);
int interrupts_restore(const struct interrupts *interrupts);

#endif /* SOFTTAP_INTERRUPTS_H */
