// SPDX-License-Identifier: GPL-2.0
/* softtap stat --watch: rates. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "commands/rates.h"
#include "tap/counters.h"
#include "lib/clock.h"
#include "lib/json.h"
#include "lib/message.h"
#include "lib/signals.h"
#include "lib/status.h"
#include "lib/sysfs.h"

#define LINES_A_HEADING	20

/**
 * struct sample - all counters at one time
 * @taps: the taps
 * @n_taps: how many
 * @time: seconds of a clock that nobody sets
 */
struct sample {
	struct tap *taps;
	size_t n_taps;
	double time;
};

/**
 * struct rates - what one direction of a tap carries
 * @frames: received a second
 * @bits: of these frames a second, from the first byte of the header to the last of the payload
 * @lost: frames a second that passed without a copy
 * @dropped: frames a second that did not leave on the other side
 */
struct rates {
	double frames;
	double bits;
	double lost;
	double dropped;
};

static int take_sample(struct sample *sample, const char *tap)
{
	int status;

	status = taps_select(&sample->taps, &sample->n_taps, tap);
	if (status)
		return status;
	sample->time = clock_ns(CLOCK_MONOTONIC) / 1e9;
	if (sample->n_taps)
		return EXIT_OK;
	msg_error("there is no tap");
	free(sample->taps);
	return EXIT_FAILED;
}

static const struct tap *find_tap(const struct sample *sample, const char *name)
{
	size_t i;

	for (i = 0; i < sample->n_taps; i++)
		if (!strcmp(sample->taps[i].name, name))
			return &sample->taps[i];
	return NULL;
}

/* A tap that was made anew under its old name starts from 0 again. */
static double rate(const struct tap_port *was, const struct tap_port *is, enum counter counter,
		   double seconds)
{
	__u64 before = was->counters[counter];
	__u64 now = is->counters[counter];

	return now > before ? (now - before) / seconds : 0;
}

static struct rates port_rates(const struct tap *was, const struct tap *is, unsigned int p,
			       double seconds)
{
	unsigned int q = 1 - p;
	struct rates rates = {
		.frames = rate(&was->ports[p], &is->ports[p], RX_FRAMES, seconds),
		.bits = 8 * rate(&was->ports[p], &is->ports[p], RX_BYTES, seconds),
		.lost = rate(&was->ports[p], &is->ports[p], LOST_FRAMES, seconds),
		.dropped = rate(&was->ports[p], &is->ports[p], REFUSED_FRAMES, seconds),
	};

	if (is->n_ports > 1)
		rates.dropped += rate(&was->ports[q], &is->ports[q], TX_DROPPED, seconds);
	return rates;
}

/* --- As a table ------------------------------------------------------------------------------ */

static void print_heading(void)
{
	static int lines;

	if (!(lines++ % LINES_A_HEADING))
		printf("%-8s %-5s %-20s %10s %12s %9s %9s\n", "time", "tap", "direction",
		       "frames/s", "bits/s", "lost/s", "dropped/s");
}

static void print_rates(const struct tap *tap, unsigned int p, const struct rates *rates)
{
	char direction[2 * SYSFS_VALUE + 8], clock[16];
	time_t now = time(NULL);

	strftime(clock, sizeof(clock), "%H:%M:%S", localtime(&now));
	snprintf(direction, sizeof(direction), "%s%s%s", msg_printable(tap->ports[p].ifname),
		 tap->n_ports > 1 ? " -> " : "",
		 tap->n_ports > 1 ? msg_printable(tap->ports[1 - p].ifname) : "");
	print_heading();
	printf("%-8s %-5s %-20s %10.0f %12.0f %9.0f %9.0f\n", clock, tap->name, direction,
	       rates->frames, rates->bits, rates->lost, rates->dropped);
}

/* --- As JSON --------------------------------------------------------------------------------- */

static void add_rate(struct json_object *object, const char *name, double value)
{
	char text[64];

	snprintf(text, sizeof(text), "%.1f", value);
	json_add(object, name, json_object_new_double_s(value, text));
}

static void print_rates_json(const struct tap *tap, unsigned int p, const struct rates *rates)
{
	struct json_object *object = json_object_new_object();

	json_add_signed(object, "time", time(NULL));
	json_add_number(object, "schema", JSON_SCHEMA);
	json_add_text(object, "tap", tap->name);
	json_add_text(object, "port", p ? "b" : "a");
	json_add_text(object, "ifname", msg_printable(tap->ports[p].ifname));
	add_rate(object, "frames_per_second", rates->frames);
	add_rate(object, "bits_per_second", rates->bits);
	add_rate(object, "lost_per_second", rates->lost);
	add_rate(object, "dropped_per_second", rates->dropped);
	json_print_line(object);
}

/* --- The loop -------------------------------------------------------------------------------- */

static void print_sample(const struct sample *was, const struct sample *is, bool json)
{
	unsigned int p;
	size_t i;

	for (i = 0; i < is->n_taps; i++) {
		const struct tap *tap = &is->taps[i];
		const struct tap *before = find_tap(was, tap->name);

		for (p = 0; before && p < tap->n_ports; p++) {
			struct rates rates = port_rates(before, tap, p, is->time - was->time);

			(json ? print_rates_json : print_rates)(tap, p, &rates);
		}
	}
}

/* Return: whether a signal asked to end */
static bool wait_until(double time)
{
	struct timespec left = { };

	time -= clock_ns(CLOCK_MONOTONIC) / 1e9;
	if (time > 0) {
		left.tv_sec = time;
		left.tv_nsec = (time - left.tv_sec) * 1e9;
	}
	return signals_wait(&left);
}

static int print_next(struct sample *was, const struct rates_options *options)
{
	struct sample is;
	int status;

	status = take_sample(&is, options->tap);
	if (status)	/* it was there when we began */
		return EXIT_GONE;
	print_sample(was, &is, options->json);
	free(was->taps);
	*was = is;
	if (!fflush(stdout))
		return EXIT_OK;
	msg_error("cannot write the output: %s", strerror(errno));
	return EXIT_OUTPUT;
}

/**
 * rates_watch - show rates until interrupted, or as often as asked
 * @options: what to show
 *
 * Return: an exit status
 */
int rates_watch(const struct rates_options *options)
{
	struct sample sample;
	double next;
	__u64 i;
	int status;

	status = take_sample(&sample, options->tap);
	if (status)
		return status;
	signals_hold();
	next = sample.time;
	for (i = 0; !status && (!options->count || i < options->count); i++) {
		next += options->interval / 1e9;
		if (wait_until(next))
			break;
		status = print_next(&sample, options);
	}
	free(sample.taps);
	return status;
}
