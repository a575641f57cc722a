// SPDX-License-Identifier: GPL-2.0
/*
 * Counters: summed over CPUs when somebody reads them.
 */
#include <linux/cpumask.h>
#include <linux/percpu.h>
#include "counters.h"

/**
 * softtap_counters_alloc - allocate a port's counters, all zero
 *
 * Context: process.
 * Return: the counters, to be freed by free_percpu(), or NULL.
 */
struct softtap_counters __percpu *softtap_counters_alloc(void)
{
	struct softtap_counters __percpu *counters = alloc_percpu(struct softtap_counters);
	int cpu;

	if (counters)
		for_each_possible_cpu(cpu)
			u64_stats_init(&per_cpu_ptr(counters, cpu)->sync);
	return counters;
}

/**
 * softtap_counters_sum - read one counter
 * @counters: a port's
 * @offset: of the counter in struct softtap_counters
 *
 * Context: any. CPUs that went offline count too.
 * Return: the sum over all CPUs.
 */
u64 softtap_counters_sum(struct softtap_counters __percpu *counters, size_t offset)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu) {
		const struct softtap_counters *each = per_cpu_ptr(counters, cpu);
		unsigned int start;
		u64 value;

		do {
			start = u64_stats_fetch_begin(&each->sync);
			value = u64_stats_read((const void *)each + offset);
		} while (u64_stats_fetch_retry(&each->sync, start));
		sum += value;
	}
	return sum;
}
