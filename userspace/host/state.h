/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SOFTTAP_STATE_H
#define SOFTTAP_STATE_H

#include <net/if.h>
#include <stdbool.h>

#include "host/interrupts.h"
#include "host/l3.h"
#include "host/link.h"
#include "host/nic.h"
#include "host/queues.h"
#include "host/stamping.h"
#include "lib/pairs.h"
#include "lib/paths.h"

#define PAIR_NAME	(2 * IF_NAMESIZE)	/* bytes, "eth1:eth2" */

/**
 * struct state_key - which tap a state is of
 * @name: its ports' names as the module takes them, "eth1:eth2"
 * @netns: number of the network namespace that they are in: two can have ports of the same names
 */
struct state_key {
	char name[PAIR_NAME];
	__u64 netns;
};

#define STATE_FILE	(PATH_ESCAPED(PAIR_NAME) + 24)	/* bytes, the name of a state's file */

/**
 * struct port_state - a port as it was before softtap up touched it
 * @ifname: its name then
 * @address: its hardware address: another device may have its number, in another namespace say
 * @ifindex: its number
 * @flags: IFF_*
 * @mtu: 0 if nothing changes it
 * @qdisc: kind of its root qdisc
 * @qdisc_handle: 0 when the kernel had made that by itself
 * @features: its offloads
 * @sysctls: its settings
 * @l3: its addresses, neighbours and routes
 * @queues: its queues
 * @nic: what the card does by itself
 * @stamping: which frames the card gives its time
 * @interrupts: its interrupts, if they are to be placed
 */
struct port_state {
	char ifname[IF_NAMESIZE];
	char address[LINK_ADDRESS];
	int ifindex;
	unsigned int flags;
	unsigned int mtu;
	char qdisc[KIND_NAME];
	__u32 qdisc_handle;
	struct pairs features;
	struct pairs sysctls;
	struct l3 l3;
	struct queues queues;
	struct nic nic;
	struct stamping stamping;
	struct interrupts interrupts;
};

/**
 * struct state - what softtap up keeps of the ports of one tap
 * @key: of which tap
 * @taken: when, in seconds since the machine was started
 * @n_ports: 2, or 1 for a listen-only tap
 * @ports: in the order they were named
 */
struct state {
	struct state_key key;
	long taken;
	unsigned int n_ports;
	struct port_state ports[2];
};

void state_key(struct state_key *key, const char *a, const char *b);
bool state_has_port(const struct state_key *key, const char *ifname);
void state_file(char *file, const struct state_key *key);
long state_clock(void);

bool state_exists(const struct state_key *key);
int state_lock(void);
int state_save(const struct state *state);
int state_load(struct state *state, const struct state_key *key);
int state_remove(const struct state_key *key);
void state_free(struct state *state);
void state_free_port(struct port_state *port);
int state_list(struct state_key **keys, size_t *n_keys);

#endif /* SOFTTAP_STATE_H */
