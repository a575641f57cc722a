/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SOFTTAP_BUS_H
#define SOFTTAP_BUS_H

#include <stdbool.h>

/**
 * struct bus - where in the machine a card sits
 * @mbits: Mb/s that the bus carries in either direction, 0 if it is not known
 * @lanes: of PCI Express, 0 if it is none
 * @node: number of the memory node (NUMA) that is near, -1 if there is but one
 * @sleeps: the kernel lets the card, or its lane, sleep while nothing passes
 */
struct bus {
	unsigned int mbits;
	unsigned int lanes;
	int node;
	bool sleeps;
};

void bus_read(struct bus *bus, const char *ifname);

#endif /* SOFTTAP_BUS_H */
