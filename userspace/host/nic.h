/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SOFTTAP_NIC_H
#define SOFTTAP_NIC_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/pairs.h"

#define NIC_TEXT	160	/* bytes, of nic_describe() */

/**
 * struct nic - what a network card does by itself, as it was before softtap up touched it
 * @keep_rings: leave the rings as they are
 * @low_latency: have it interrupt at once
 * @pause: flow control
 * @eee: Energy-Efficient Ethernet
 * @rings: descriptors
 * @coalescing: how long it waits for more before it interrupts
 * @flags: the driver's private flags
 */
struct nic {
	bool keep_rings;
	bool low_latency;
	struct pairs pause;
	struct pairs eee;
	struct pairs rings;
	struct pairs coalescing;
	struct pairs flags;
};

void nic_read(struct nic *nic, const char *ifname);
void nic_set(const struct nic *nic, const char *ifname);
int nic_restore(const struct nic *nic, const char *ifname);
void nic_free(struct nic *nic);
void nic_describe(char text[NIC_TEXT], const char *ifname);

#endif /* SOFTTAP_NIC_H */
