/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SOFTTAP_OUTSIDE_H
#define SOFTTAP_OUTSIDE_H

#include <linux/types.h>
#include <stdbool.h>

/**
 * enum outside - what the network device and its driver say they lost, before or after the tap
 *
 * outside_names[] has the names, which are the names of the files.
 */
enum outside {
	RX_MISSED_ERRORS,
	RX_ERRORS,
	RX_CRC_ERRORS,
	RX_DROPPED,
	NETDEV_TX_ERRORS,
	NETDEV_TX_DROPPED,
	N_OUTSIDE
};

extern const char *const outside_names[N_OUTSIDE];

/**
 * struct outside_counters - losses of one port outside the tap
 * @present: whether there is such a network device here
 * @counters: by &enum outside
 */
struct outside_counters {
	bool present;
	__u64 counters[N_OUTSIDE];
};

void outside_read(struct outside_counters *outside, const char *ifname);
__u64 softnet_dropped(void);

#endif /* SOFTTAP_OUTSIDE_H */
