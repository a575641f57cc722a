/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SOFTTAP_STAMPING_H
#define SOFTTAP_STAMPING_H

#include <stdbool.h>

#define STAMPING_TEXT	80	/* bytes, of a reason */

/**
 * struct stamping - which frames a card gives its own time
 * @wanted: all that it receives are to get one
 * @known: the driver has told what was before
 * @tx: of those that are sent, HWTSTAMP_TX_*
 * @rx: of those that are received, HWTSTAMP_FILTER_*
 */
struct stamping {
	bool wanted;
	bool known;
	int tx;
	int rx;
};

bool stamping_can(char why[STAMPING_TEXT], const char *ifname);
void stamping_read(struct stamping *stamping, const char *ifname);
int stamping_set(const struct stamping *stamping, const char *ifname);
int stamping_restore(const struct stamping *stamping, const char *ifname);

#endif /* SOFTTAP_STAMPING_H */
