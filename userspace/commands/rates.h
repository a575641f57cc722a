/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SOFTTAP_RATES_H
#define SOFTTAP_RATES_H

#include <stdbool.h>
#include <linux/types.h>

/**
 * struct rates_options - what to show
 * @tap: name of the tap, NULL for all
 * @json: one JSON object a line, not a table
 * @interval: ns between two lines, 0 for counters instead
 * @count: how often, 0 until interrupted
 */
struct rates_options {
	const char *tap;
	bool json;
	__u64 interval;
	__u64 count;
};

int rates_watch(const struct rates_options *options);

#endif /* SOFTTAP_RATES_H */
