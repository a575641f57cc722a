/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _SOFTTAP_PHC_H
#define _SOFTTAP_PHC_H

#include <linux/types.h>

/**
 * struct softtap_clock_pair - a network card's clock and the system's, read together
 * @card: the card's, ns
 * @system: the system's, CLOCK_MONOTONIC, in the middle of reading the other, ns
 * @width: how long that took, ns: the two belong together up to half of it
 */
struct softtap_clock_pair {
	u64 card;
	u64 system;
	u64 width;
};

int softtap_phc_read(int index, struct softtap_clock_pair *pair);

#endif /* _SOFTTAP_PHC_H */
