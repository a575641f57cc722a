/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _SOFTTAP_COUNTERS_H
#define _SOFTTAP_COUNTERS_H

#include <linux/cache.h>
#include <linux/u64_stats_sync.h>
#include <linux/types.h>
#include "softtap.h"

/*
 * A port's counters; names are the same here, in sysfs and in the manual. Unit of *_frames,
 * tx_dropped: a frame on the wire (a GSO super-frame counts as its segments); of *_bytes: bytes of
 * such frames without FCS, VLAN tags included. At rest, for port p and its peer q:
 *
 *	p.rx_frames = q.tx_frames + q.tx_dropped + p.refused_frames
 *	p.rx_frames = p.captured + p.filtered + p.lost + p.refused + p.idle (_frames)
 */
#define SOFTTAP_COUNTERS(X)						\
	X(rx_frames)		/* arrived on this port */		\
	X(rx_bytes)							\
	X(tx_frames)		/* accepted for sending out of it */	\
	X(tx_bytes)							\
	X(tx_dropped)		/* came from the peer, not accepted */	\
	X(captured_frames)	/* recorded in the relay buffer */	\
	X(captured_bytes)						\
	X(idle_frames)		/* arrived while nobody read */		\
	X(refused_frames)	/* not forwarded: no room to record */	\
	X(filtered_frames)	/* left out by the reader's filter */	\
	X(lost_frames)		/* not recorded: no room */		\
	X(overwritten_frames)	/* recorded, then overwritten */	\
	X(blocked_frames)	/* the host's own, stopped */

/**
 * struct softtap_counters - one port's counters on one CPU
 * @sync: a section of writes; readers see none half done
 *
 * Written by that CPU with softirqs disabled. What an ordinary frame writes, recorded or not, lies
 * in one cache line.
 */
struct softtap_counters {
	struct u64_stats_sync sync;
#define SOFTTAP_FIELD(name) u64_stats_t name;
	SOFTTAP_COUNTERS(SOFTTAP_FIELD)
#undef SOFTTAP_FIELD
} ____cacheline_aligned_in_smp;

struct softtap_counters __percpu *softtap_counters_alloc(void);
u64 softtap_counters_sum(struct softtap_counters __percpu *counters, size_t offset);

#endif /* _SOFTTAP_COUNTERS_H */
