// SPDX-License-Identifier: GPL-2.0
/*
 * Frames leave one port, and what arrives at the other is held against them.
 *
 * A plain frame from time to time, the mark, tells that those before it have passed, so that no
 * more are under way than buffers hold. Nobody relies on it: a frame that comes later is known by
 * its number.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "loop/trial.h"
#include "lib/clock.h"
#include "lib/message.h"
#include "lib/signals.h"
#include "lib/util.h"

#define FCS		4
#define TAG		4
#define ADDRESSES	(2 * ETH_ALEN)
#define PATIENCE	(500 * NS_PER_MS)	/* that a frame is waited for */
#define LATE		(100 * NS_PER_MS)	/* that those behind the last are waited for */
#define MARKS_LOST	8			/* in a row: the link is gone */
#define QUIET_US	20000			/* before a frame that is alone */
#define PAUSES		5	/* that are sent */

/* --- What became of a frame ------------------------------------------------------------------- */

static bool all_zero(const unsigned char *bytes, size_t n)
{
	while (n && !*bytes)
		bytes++, n--;
	return !n;
}

static size_t same_until(const unsigned char *a, const unsigned char *b, size_t n)
{
	size_t i = 0;

	if (!memcmp(a, b, n))
		return n;
	while (a[i] == b[i])
		i++;
	return i;
}

static bool lacks_tag(const struct probe *probe, size_t len, const unsigned char *frame, size_t got)
{
	return got + TAG == len && got >= ADDRESSES &&
	       !memcmp(frame, probe->bytes, ADDRESSES) &&
	       !memcmp(frame + ADDRESSES, probe->bytes + ADDRESSES + TAG, got - ADDRESSES);
}

/* Of the bytes before the FCS. */
static void compare_bytes(struct outcome *outcome, const struct probe *probe, size_t len,
			  const unsigned char *frame, size_t got)
{
	size_t same = same_until(frame, probe->bytes, len < got ? len : got);

	outcome->detail = got;
	if (same == len && same == got) {
		outcome->fate = FATE_UNCHANGED;
	} else if (same == len && all_zero(frame + len, got - len)) {
		outcome->fate = FATE_PADDED;
	} else if (same == got) {
		outcome->fate = FATE_CUT;
	} else if (lacks_tag(probe, len, frame, got)) {
		outcome->fate = FATE_UNTAGGED;
	} else {
		outcome->fate = FATE_CHANGED;
		outcome->detail = same;
	}
}

static __u32 fcs_at(const unsigned char *at)
{
	return at[0] | at[1] << 8 | at[2] << 16 | (__u32)at[3] << 24;
}

static void compare_fcs(struct outcome *outcome, const struct probe *probe, size_t len,
			const unsigned char *frame)
{
	__u32 right = probes_fcs(frame, len), got = fcs_at(frame + len);
	__u32 sent = probe->no_fcs ? fcs_at(probe->bytes + len) : right;

	if (got == sent)
		return;
	outcome->fate = got == right ? FATE_MENDED : FATE_CHANGED;
	outcome->detail = len;
}

static void compare(struct outcome *outcome, const struct trial *trial, const struct probe *probe,
		    const unsigned char *frame, size_t got)
{
	size_t len = probe->len - (probe->no_fcs ? FCS : 0);

	if (trial->fcs)
		got -= got < FCS ? got : FCS;
	compare_bytes(outcome, probe, len, frame, got);
	if (trial->fcs && outcome->fate == FATE_UNCHANGED)
		compare_fcs(outcome, probe, len, frame);
}

static void take(struct trial *trial, const unsigned char *frame, size_t len, bool back)
{
	long i = probes_find(trial->probes, frame, len);
	struct outcome *outcome;

	if (i < 0) {
		trial->foreign++;
		return;
	}
	outcome = &trial->outcomes[i];
	if (back) {
		outcome->back = true;
		return;
	}
	if (!outcome->copies++)
		compare(outcome, trial, &trial->probes->list[i], frame, len);
	if (i < trial->highest)
		outcome->late = true;
	else
		trial->highest = i;
}

/* Of both ports, until there is nothing more. Return: when the last one came that is not back */
static __u64 take_all(struct trial *trial)
{
	static unsigned char frame[PROBE_BUFFER];
	__u64 time, last = 0;
	ssize_t len;

	while ((len = loop_end_receive(trial->to, frame, sizeof(frame), &time)) >= 0) {
		take(trial, frame, len, false);
		last = time;
	}
	while ((len = loop_end_receive(trial->from, frame, sizeof(frame), &time)) >= 0)
		take(trial, frame, len, true);
	return last;
}

/* Return: false if that frame has not come in this time */
static bool wait_for(struct trial *trial, size_t i, __u64 patience)
{
	__u64 end = clock_ns(CLOCK_MONOTONIC) + patience, now;
	struct pollfd fds[] = {
		{ .fd = trial->to->fd, .events = POLLIN },
		{ .fd = trial->from->fd, .events = POLLIN },
	};

	for (;;) {
		struct timespec left;

		take_all(trial);
		now = clock_ns(CLOCK_MONOTONIC);
		if (trial->outcomes[i].copies || now >= end)
			return trial->outcomes[i].copies;
		left = (struct timespec){ .tv_nsec = (end - now) % NS_PER_S,
					  .tv_sec = (end - now) / NS_PER_S };
		ppoll(fds, ARRAY_SIZE(fds), &left, NULL);
	}
}

static void wait_for_late(struct trial *trial)
{
	__u64 end = clock_ns(CLOCK_MONOTONIC) + LATE;

	while (clock_ns(CLOCK_MONOTONIC) < end) {
		take_all(trial);
		usleep(1000);
	}
	take_all(trial);
}

/* --- Sending ---------------------------------------------------------------------------------- */

static void send_one(struct trial *trial, size_t i)
{
	const struct probe *probe = &trial->probes->list[i];
	int err = loop_end_send(trial->from, probe->bytes, probe->len, probe->no_fcs);

	if (!err)
		return;
	trial->outcomes[i].fate = FATE_REFUSED;
	trial->outcomes[i].detail = -err;
}

static int begin(struct trial *trial)
{
	free(trial->outcomes);
	trial->outcomes = calloc(trial->probes->n, sizeof(*trial->outcomes));
	trial->highest = -1;
	return trial->outcomes ? 0 : -ENOMEM;
}

static int stop_if_asked(void)
{
	if (!signals_pending())
		return 0;
	msg_error("interrupted");
	return -EINTR;
}

/**
 * trial_run - send all frames and see what arrives
 * @trial: with its ends and its frames; @outcomes are set, to be freed with trial_free()
 *
 * Return: 0, or a negative errno after a complaint
 */
int trial_run(struct trial *trial)
{
	unsigned int lost = 0;
	size_t i;
	int err = begin(trial);

	for (i = 0; i < trial->probes->n && !err; i++) {
		send_one(trial, i);
		if (trial->probes->list[i].group != PROBE_MARK)
			continue;
		lost = wait_for(trial, i, PATIENCE) ? 0 : lost + 1;
		err = stop_if_asked();
		if (!err && lost == MARKS_LOST) {
			msg_error("nothing arrives any more");
			err = -EIO;
		}
	}
	if (!err)
		wait_for_late(trial);
	return err;
}

/**
 * trial_free - free what is known of the frames
 * @trial: whose
 */
void trial_free(struct trial *trial)
{
	free(trial->outcomes);
	trial->outcomes = NULL;
}

/**
 * trial_connected - does anything arrive at all
 * @trial: with its ends and a few frames
 *
 * Return: whether it does
 */
bool trial_connected(struct trial *trial)
{
	bool arrives = false;
	size_t i;

	if (begin(trial))
		return false;
	for (i = 0; i < trial->probes->n && !arrives && !signals_pending(); i++) {
		send_one(trial, i);
		arrives = wait_for(trial, i, PATIENCE);
	}
	return arrives;
}

/* --- Many at once, and one alone -------------------------------------------------------------- */

/**
 * trial_burst - send all frames at once
 * @trial: with its ends and plain frames of one length
 * @burst: is set
 *
 * As fast as they can be sent; they are looked at when all are under way.
 *
 * Return: 0 or -ENOMEM
 */
int trial_burst(struct trial *trial, struct burst *burst)
{
	__u64 start, last, time;
	size_t i, n = trial->probes->n;

	if (begin(trial))
		return -ENOMEM;
	loop_end_missed(trial->to);
	start = clock_ns(CLOCK_REALTIME);
	for (i = 0; i < n; i++)
		send_one(trial, i);
	last = take_all(trial);
	if (!trial->outcomes[n - 1].copies && wait_for(trial, n - 1, PATIENCE))
		last = clock_ns(CLOCK_REALTIME);
	time = take_all(trial);
	if (time)
		last = time;
	wait_for_late(trial);
	*burst = (struct burst){
		.frames = n,
		.len = trial->probes->list[0].len,
		.missed = loop_end_missed(trial->to),
		.ns = last > start ? last - start : 0,
	};
	for (i = 0; i < n; i++) {
		burst->arrived += !!trial->outcomes[i].copies;
		burst->late += trial->outcomes[i].late;
		burst->twice += trial->outcomes[i].copies > 1;
	}
	return 0;
}

/* Return: ns until it is received, 0 if it is not */
static __u64 delay_of(struct trial *trial, size_t i)
{
	static unsigned char frame[PROBE_BUFFER];
	__u64 end = clock_ns(CLOCK_MONOTONIC) + 4 * PATIENCE;
	__u64 start = clock_ns(CLOCK_REALTIME), time;
	ssize_t len;

	send_one(trial, i);
	while (clock_ns(CLOCK_MONOTONIC) < end) {
		struct pollfd fd = { .fd = trial->to->fd, .events = POLLIN };

		while ((len = loop_end_receive(trial->to, frame, sizeof(frame), &time)) >= 0)
			if (probes_find(trial->probes, frame, len) == (long)i)
				return time > start ? time - start : 1;
		poll(&fd, 1, 10);
	}
	return 0;
}

static int compare_times(const void *a, const void *b)
{
	const __u64 *one = a, *other = b;

	return *one < *other ? -1 : *one > *other;
}

/**
 * trial_delays - send frames one by one, with silence before each
 * @trial: with its ends and plain frames
 * @delays: is set
 *
 * Return: 0 or -ENOMEM
 */
int trial_delays(struct trial *trial, struct delays *delays)
{
	__u64 times[TRIAL_DELAYS];
	size_t i;

	*delays = (struct delays){ };
	if (begin(trial))
		return -ENOMEM;
	for (i = 0; i < trial->probes->n && i < TRIAL_DELAYS && !signals_pending(); i++) {
		usleep(QUIET_US);
		times[delays->frames] = delay_of(trial, i);
		delays->frames += !!times[delays->frames];
	}
	qsort(times, delays->frames, sizeof(*times), compare_times);
	if (delays->frames) {
		delays->median = times[delays->frames / 2];
		delays->longest = times[delays->frames - 1];
	}
	return 0;
}

/* To 01:80:c2:00:00:01, for so many quanta (IEEE Std 802.3, annex 31B). */
static void send_pause(struct loop_end *end, unsigned int quanta)
{
	unsigned char frame[ETH_ZLEN] = {
		0x01, 0x80, 0xc2, 0x00, 0x00, 0x01, 0x02, 0x73, 0x74, 0xff, 0xff, 0xfe,
		0x88, 0x08, 0x00, 0x01, quanta >> 8, quanta,
	};

	loop_end_send(end, frame, sizeof(frame), false);
}

/**
 * trial_pauses - does the port that sends wait when it is told to
 * @trial: with its ends and one plain frame
 * @usual: how long that takes otherwise
 * @pause: ns that the longest PAUSE is for
 *
 * The other port sends PAUSE, and ends it, several times: a busy machine is late now and then.
 *
 * Return: whether it does
 */
bool trial_pauses(struct trial *trial, const struct delays *usual, __u64 pause)
{
	int i, waited = 0;
	__u64 delay;

	if (begin(trial))
		return false;
	for (i = 0; i < PAUSES && !signals_pending(); i++) {
		usleep(QUIET_US);
		take_all(trial);
		send_pause(trial->to, 0xffff);
		delay = delay_of(trial, 0);
		send_pause(trial->to, 0);
		waited += !delay || delay > usual->median + pause / 2;
	}
	return waited > PAUSES / 2;
}

/* --- In words --------------------------------------------------------------------------------- */

/**
 * outcome_is_plain - did a frame arrive as it was, once, and in its place
 * @outcome: of the frame
 *
 * Return: whether it did
 */
bool outcome_is_plain(const struct outcome *outcome)
{
	return outcome->fate == FATE_UNCHANGED && outcome->copies == 1 && !outcome->late &&
	       !outcome->back;
}

static void refusal(char text[OUTCOME_TEXT], size_t err)
{
	if (err == EPROTONOSUPPORT)
		snprintf(text, OUTCOME_TEXT, "not sent: driver makes each FCS");
	else if (err == EMSGSIZE)
		snprintf(text, OUTCOME_TEXT, "not sent: above largest MTU");
	else
		snprintf(text, OUTCOME_TEXT, "not sent: %s", strerror(err));
}

static void fate_text(char text[OUTCOME_TEXT], const struct outcome *outcome)
{
	size_t detail = outcome->detail;

	switch (outcome->fate) {
	case FATE_LOST:
		snprintf(text, OUTCOME_TEXT, "lost");
		break;
	case FATE_REFUSED:
		refusal(text, detail);
		break;
	case FATE_UNCHANGED:
		snprintf(text, OUTCOME_TEXT, "unchanged");
		break;
	case FATE_PADDED:
		snprintf(text, OUTCOME_TEXT, "padded to %zu", detail);
		break;
	case FATE_CUT:
		snprintf(text, OUTCOME_TEXT, "cut to %zu", detail);
		break;
	case FATE_UNTAGGED:
		snprintf(text, OUTCOME_TEXT, "tag taken out");
		break;
	case FATE_MENDED:
		snprintf(text, OUTCOME_TEXT, "FCS mended");
		break;
	case FATE_CHANGED:
		snprintf(text, OUTCOME_TEXT, "byte %zu changed", detail);
		break;
	}
}

/**
 * outcome_text - tell what became of a frame
 * @text: gets it
 * @outcome: of the frame
 */
void outcome_text(char text[OUTCOME_TEXT], const struct outcome *outcome)
{
	size_t used;

	fate_text(text, outcome);
	used = strlen(text);
	if (outcome->copies > 1)
		used += snprintf(text + used, OUTCOME_TEXT - used, ", %u times", outcome->copies);
	if (outcome->late && used < OUTCOME_TEXT)
		used += snprintf(text + used, OUTCOME_TEXT - used, ", overtaken");
	if (outcome->back && used < OUTCOME_TEXT)
		snprintf(text + used, OUTCOME_TEXT - used, ", and back");
}
