// SPDX-License-Identifier: GPL-2.0
/*
 * Counters: summed over CPUs when somebody reads them.
 */
#include <linux/cpumask.h>
#include <linux/percpu.h>
#include "stats.h"

/**
 * softtap_stats_sum - read one counter
 * @stats: the tap's counters
 * @port: 0 = a, 1 = b
 * @offset: of the counter in struct softtap_counters
 *
 * Context: any. CPUs that went offline count too.
 * Return: the sum over all CPUs.
 */
u64 softtap_stats_sum(struct softtap_stats __percpu *stats, unsigned int port, size_t offset)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu) {
		const struct softtap_stats *s = per_cpu_ptr(stats, cpu);
		const u64_stats_t *counter = (const void *)&s->port[port] + offset;
		unsigned int start;
		u64 value;

		do {
			start = u64_stats_fetch_begin(&s->sync);
			value = u64_stats_read(counter);
		} while (u64_stats_fetch_retry(&s->sync, start));
		sum += value;
	}
	return sum;
}
