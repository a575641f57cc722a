/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SOFTTAP_FLIGHT_H
#define SOFTTAP_FLIGHT_H

#include "tap/relay.h"

struct window;

/**
 * struct flight - what a flight recorder's buffers held
 * @until: records before this time are all there, ns
 * @reach: none are missing from this time on, ns, but for those between @gap_from and @gap_until; 0
 *	when nothing was overwritten
 * @gap_from: time of the last record before those that were overwritten before they were copied, ns
 * @gap_until: time of the first one behind them, ns; 0 when there are none
 * @horizon: records before this time are in the copy, ns
 * @windows: what is copied of each CPU's buffer
 */
struct flight {
	__u64 until;
	__u64 reach;
	__u64 gap_from;
	__u64 gap_until;
	__u64 horizon;
	struct window *windows;
};

int flight_begin(struct relay *relay, struct flight *flight);
void flight_copy(struct relay *relay, struct flight *flight);
void flight_end(struct relay *relay, struct flight *flight);

#endif /* SOFTTAP_FLIGHT_H */
