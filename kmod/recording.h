/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _SOFTTAP_RECORDING_H
#define _SOFTTAP_RECORDING_H

#include "channel.h"
#include "reader.h"

/**
 * softtap_concerns - is a CPU meant
 * @which: a CPU, or SOFTTAP_ALL_CPUS
 * @cpu: the CPU
 */
static inline bool softtap_concerns(int which, int cpu)
{
	return which == SOFTTAP_ALL_CPUS || which == cpu;
}

/* The caller holds the channel's lock. */
void __softtap_recording_begin(struct softtap_channel *channel, int which);
void __softtap_recording_end(struct softtap_channel *channel, int which);
void __softtap_recording_tell_cpus(struct softtap_channel *channel);
void __softtap_recording_set_snaplen(struct softtap_channel *channel);
bool __softtap_is_recording(const struct softtap_channel *channel);

void softtap_recording_open(struct softtap_channel *channel, bool stamped);
int __softtap_recording_set_stamped(struct softtap_channel *channel, bool stamped);
void softtap_recording_tell(struct softtap_channel *channel);
int softtap_recording_set_policy(struct softtap_channel *channel, enum softtap_policy policy);
int softtap_recording_hold(struct softtap_channel *channel);
void softtap_recording_let_go(struct softtap_channel *channel);
void softtap_recording_set_snaplen(struct softtap_channel *channel, u32 snaplen);
u64 softtap_recording_now(const struct softtap_channel *channel);
u64 softtap_recording_horizon(struct softtap_channel *channel);
void softtap_recording_clock(const struct softtap_channel *channel, struct softtap_clock *clock);
bool softtap_recording_stops_wire(const struct softtap_channel *channel);

#endif /* _SOFTTAP_RECORDING_H */
