/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SOFTTAP_TAKERS_H
#define SOFTTAP_TAKERS_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

#define TAKER_TEXT	128	/* bytes */
#define MAX_TAKERS	16	/* of one port: more are not looked for */

/**
 * struct taker - something that gets a port's frames before the tap, and may keep them
 * @what: it, in words
 * @counter: where its drops are counted, as a command or a name of ethtool -S; empty if nowhere
 * @known: whether @drops is known
 * @drops: frames that it has dropped
 */
struct taker {
	char what[TAKER_TEXT];
	char counter[TAKER_TEXT];
	bool known;
	__u64 drops;
};

size_t takers_read(struct taker *takers, const char *ifname);

#endif /* SOFTTAP_TAKERS_H */
