/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _SOFTTAP_COUNTERS_H
#define _SOFTTAP_COUNTERS_H

#include <linux/cache.h>
#include <linux/u64_stats_sync.h>
#include <linux/types.h>
#include "softtap.h"
#include "softtap_counters.h"

/**
 * struct softtap_counters - one port's counters on one CPU
 * @sync: a section of writes; readers see none half done
 *
 * They are described in uapi/softtap_counters.h. Written by that CPU with softirqs disabled. What
 * an ordinary frame writes, recorded or not, lies in one cache line.
 */
struct softtap_counters {
	struct u64_stats_sync sync;
#define SOFTTAP_FIELD(name, NAME) u64_stats_t name;
	SOFTTAP_COUNTERS(SOFTTAP_FIELD)
#undef SOFTTAP_FIELD
} ____cacheline_aligned_in_smp;

struct softtap_counters __percpu *softtap_counters_alloc(void);
u64 softtap_counters_sum(struct softtap_counters __percpu *counters, size_t offset);

#endif /* _SOFTTAP_COUNTERS_H */
