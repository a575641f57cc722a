/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SOFTTAP_STATE_H
#define SOFTTAP_STATE_H

#include <net/if.h>
#include <stdbool.h>

#include "host/interrupts.h"
#include "host/l3.h"
#include "host/link.h"
#include "host/queues.h"
#include "lib/pairs.h"
#include "lib/paths.h"

#define PAIR_NAME	(2 * IF_NAMESIZE)	/* bytes, "eth1:eth2" */

/**
 * struct port_state - a port as it was before softtap up touched it
 * @ifname: its name then
 * @ifindex: its number
 * @flags: IFF_*
 * @qdisc: kind of its root qdisc
 * @qdisc_handle: 0 when the kernel had made that by itself
 * @features: its offloads
 * @sysctls: its settings
 * @l3: its addresses, neighbours and routes
 * @queues: its queues
 * @interrupts: its interrupts, if they are to be placed
 */
struct port_state {
	char ifname[IF_NAMESIZE];
	int ifindex;
	unsigned int flags;
	char qdisc[KIND_NAME];
	__u32 qdisc_handle;
	struct pairs features;
	struct pairs sysctls;
	struct l3 l3;
	struct queues queues;
	struct interrupts interrupts;
};

/**
 * struct state - what softtap up keeps of the ports of one tap
 * @name: the ports' names as the module takes them, "eth1:eth2"; also the file's name
 * @taken: when, in seconds since the machine was started
 * @n_ports: 2, or 1 for a listen-only tap
 * @ports: in the order they were named
 */
struct state {
	char name[PAIR_NAME];
	long taken;
	unsigned int n_ports;
	struct port_state ports[2];
};

const char *state_directory(void);
void state_name(char *name, const char *a, const char *b);
long state_clock(void);

int state_lock(void);
int state_save(const struct state *state);
int state_load(struct state *state, const char *name);
int state_remove(const char *name);
void state_free(struct state *state);
int state_list(char ***names, size_t *n_names);

#endif /* SOFTTAP_STATE_H */
