/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _SOFTTAP_TRANSLATION_H
#define _SOFTTAP_TRANSLATION_H

#include <linux/time64.h>
#include <linux/types.h>
#include "phc.h"

#define SOFTTAP_TRANSLATION_PAIRS	16
#define SOFTTAP_TRANSLATION_REACH	((s64)2 * NSEC_PER_SEC)

/**
 * struct softtap_translation - from a card's clock to the system's
 * @card: a moment of the card's clock, ns
 * @system: the same moment of CLOCK_MONOTONIC, ns
 * @rate: by how much the system's clock is faster, in units of 2^-32
 */
struct softtap_translation {
	u64 card;
	u64 system;
	s64 rate;
};

/**
 * softtap_translate - translate a time
 * @translation: of the card
 * @card: by its clock, ns
 * @system: set to the same moment of CLOCK_MONOTONIC, ns
 *
 * Return: false when it is too far from the moment that is known.
 */
static inline bool softtap_translate(const struct softtap_translation *translation, u64 card,
				     u64 *system)
{
	s64 passed = card - translation->card;

	if (passed > SOFTTAP_TRANSLATION_REACH || passed < -SOFTTAP_TRANSLATION_REACH)
		return false;
	*system = translation->system + passed + ((passed * translation->rate) >> 32);
	return true;
}

/**
 * struct softtap_clock_track - what is known of a card's clock
 * @pairs: the last ones, which have the same rate; the newest is the last
 * @n: how many
 * @known: @translation holds
 * @translation: from the pairs
 * @off: by how much it was wrong lately, ns
 * @jump: by how much the card's clock was stepped at the last pair, ns; 0 for not at all
 */
struct softtap_clock_track {
	struct softtap_clock_pair pairs[SOFTTAP_TRANSLATION_PAIRS];
	unsigned int n;
	bool known;
	struct softtap_translation translation;
	u64 off;
	s64 jump;
};

void softtap_track_begin(struct softtap_clock_track *track);
void softtap_track_add(struct softtap_clock_track *track, const struct softtap_clock_pair *pair);
u64 softtap_track_error(const struct softtap_clock_track *track);

#endif /* _SOFTTAP_TRANSLATION_H */
