/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SOFTTAP_NUMBERS_H
#define SOFTTAP_NUMBERS_H

#include <linux/types.h>
#include <stdbool.h>

/**
 * struct numbers - which numbers of a stream were seen
 * @seen: a bit for each
 * @room: bits that @seen has
 * @end: the highest number seen, plus one
 * @once: numbers seen
 * @doubled: sightings of a number that had been seen
 * @reordered: numbers that came after a higher one
 */
struct numbers {
	__u64 *seen;
	__u64 room;
	__u64 end;
	__u64 once;
	__u64 doubled;
	__u64 reordered;
};

void numbers_see(struct numbers *numbers, __u64 number);
bool numbers_has(const struct numbers *numbers, __u64 number);
bool numbers_gap(const struct numbers *numbers, __u64 end, __u64 *from, __u64 *to);

#endif /* SOFTTAP_NUMBERS_H */
