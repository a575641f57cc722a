/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SOFTTAP_FLIGHT_H
#define SOFTTAP_FLIGHT_H

#include "tap/relay.h"

/**
 * struct flight - what a flight recorder's buffers held
 * @until: records before this time are all there, ns
 * @reach: none are missing from this time on, ns; 0 when nothing was overwritten
 */
struct flight {
	__u64 until;
	__u64 reach;
};

int flight_copy(struct relay *relay, struct flight *flight);

#endif /* SOFTTAP_FLIGHT_H */
