/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SOFTTAP_SIZING_H
#define SOFTTAP_SIZING_H

#include <linux/types.h>

#include "softtap.h"
#include "store/storage.h"

/**
 * struct mix - frames of one length, or of several in a fixed ratio
 * @name: what it is called in a table
 * @n_parts: how many lengths
 * @parts: bytes of a frame with its FCS, and how many of those come
 */
struct mix {
	const char *name;
	unsigned int n_parts;
	struct {
		unsigned int frame;
		unsigned int weight;
	} parts[3];
};

#define N_MIXES	8

extern const struct mix mixes[N_MIXES];

__u64 sizing_need(__u64 bits_per_second, const struct mix *mix);
__u64 sizing_tap_speed(const char *a, const char *b);
const struct mix *sizing_covered_from(__u64 bits_per_second, __u64 rate);
void sizing_warn_of_sorting(const struct softtap_geometry *geometry);
void sizing_warn(const struct softtap_geometry *geometry, const struct storage *storage);

#endif /* SOFTTAP_SIZING_H */
