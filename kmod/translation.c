// SPDX-License-Identifier: GPL-2.0
/*
 * From a card's clock to the system's: offset and rate out of pairs of readings.
 *
 * The rate is that between the oldest and the newest pair, which are some seconds apart; the offset
 * is that of the newest. What a new pair is away from what the ones before let expect tells how
 * good that is. When it is more than both readings can be wrong, the rate has changed, as one of
 * the clocks is being adjusted: older pairs are forgotten. When it is more than any adjustment
 * makes, the clock was stepped.
 */
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include "translation.h"

#define BASELINE_MIN	(50 * NSEC_PER_MSEC)	/* between two pairs that give a rate */
#define STEP_MIN	(10 * NSEC_PER_USEC)	/* a smaller difference is no step */
#define DRIFT_SHIFT	12			/* 1/4096 of the time: 244 ppm at once is no step */
#define RATE_MAX	50			/* 1/50: no oscillator is so bad */

/**
 * softtap_track_begin - forget all
 * @track: of a card
 */
void softtap_track_begin(struct softtap_clock_track *track)
{
	memset(track, 0, sizeof(*track));
}

static struct softtap_clock_pair *newest(struct softtap_clock_track *track)
{
	return &track->pairs[track->n - 1];
}

static void keep_newest(struct softtap_clock_track *track)
{
	track->pairs[0] = *newest(track);
	track->n = 1;
}

static void append(struct softtap_clock_track *track, const struct softtap_clock_pair *pair)
{
	if (track->n == SOFTTAP_TRANSLATION_PAIRS)
		memmove(&track->pairs[0], &track->pairs[1],
			(--track->n) * sizeof(track->pairs[0]));
	track->pairs[track->n++] = *pair;
}

static bool is_step(s64 off, u64 passed, u64 width)
{
	return abs(off) > STEP_MIN + width + (passed >> DRIFT_SHIFT);
}

/* Compares a new pair with what was to be expected. Return: whether it goes on from there. */
static bool judge(struct softtap_clock_track *track, const struct softtap_clock_pair *pair)
{
	const struct softtap_clock_pair *before = newest(track);
	u64 passed = pair->system - before->system, expected;
	u64 width = max(pair->width, before->width);
	s64 off;

	if (!softtap_translate(&track->translation, pair->card, &expected)) {
		track->jump = pair->card - before->card - passed;
		return false;
	}
	off = pair->system - expected;
	if (is_step(off, passed, width)) {
		track->jump = -off;
		return false;
	}
	track->off = max_t(u64, abs(off), track->off - track->off / 8);
	if (abs(off) > width)
		keep_newest(track);
	return true;
}

static void translate(struct softtap_clock_track *track)
{
	const struct softtap_clock_pair *from = &track->pairs[0], *to = newest(track);
	s64 card = to->card - from->card;
	s64 more = to->system - from->system - card;

	track->known = card >= (s64)BASELINE_MIN && abs(more) <= card / RATE_MAX;
	if (!track->known)
		return;
	track->translation = (struct softtap_translation){
		.card = to->card,
		.system = to->system,
		.rate = div64_s64(more << 32, card),
	};
}

/**
 * softtap_track_add - learn from a pair
 * @track: of a card; @track->translation is that from now on, if @track->known
 * @pair: read just now
 */
void softtap_track_add(struct softtap_clock_track *track, const struct softtap_clock_pair *pair)
{
	track->jump = 0;
	if (track->known && !judge(track, pair)) {
		track->n = 0;
		track->off = 0;
	}
	append(track, pair);
	translate(track);
	if (!track->known && track->n > 2)	/* stepped before anything was known */
		keep_newest(track);
}

/**
 * softtap_track_error - how wrong translated times may be
 * @track: of a card, which is known
 *
 * Return: ns: what it was off lately, and half of the time that the last reading took.
 */
u64 softtap_track_error(const struct softtap_clock_track *track)
{
	return track->off + track->pairs[track->n - 1].width / 2;
}
