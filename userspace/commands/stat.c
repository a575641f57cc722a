// SPDX-License-Identifier: GPL-2.0
/* softtap stat: counters, whether they add up, and what was lost outside the tap. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands/commands.h"
#include "commands/rates.h"
#include "host/audit.h"
#include "host/outside.h"
#include "host/takers.h"
#include "host/names.h"
#include "tap/counters.h"
#include "lib/json.h"
#include "lib/message.h"
#include "lib/numbers.h"
#include "lib/options.h"
#include "lib/status.h"
#include "lib/util.h"

#define LEAST_NS	(NS_PER_S / 100)	/* between two rates */
#define MOST_NS		(86400 * NS_PER_S)

/* --- The laws -------------------------------------------------------------------------------- */

/**
 * forwarding_rest - frames that arrived and are not accounted for on the way out
 * @port: where they arrived
 * @peer: where they left
 *
 * Return: 0 at rest; else what passed between two readings, of either sign
 */
static __s64 forwarding_rest(const struct tap_port *port, const struct tap_port *peer)
{
	/* Broken ones are not sent on unless that is wanted. */
	__s64 kept = port->counters[BAD_RX_FRAMES] - peer->counters[BAD_TX_FRAMES];

	return port->counters[RX_FRAMES] - peer->counters[TX_FRAMES] - peer->counters[TX_DROPPED] -
	       port->counters[REFUSED_FRAMES] - kept;
}

/**
 * capture_rest - frames that arrived and are not accounted for in the capture
 * @port: where they arrived
 *
 * Return: as forwarding_rest()
 */
static __s64 capture_rest(const struct tap_port *port)
{
	return port->counters[RX_FRAMES] - port->counters[CAPTURED_FRAMES] -
	       port->counters[FILTERED_FRAMES] - port->counters[LOST_FRAMES] -
	       port->counters[REFUSED_FRAMES] - port->counters[IDLE_FRAMES];
}

/* --- As a table ------------------------------------------------------------------------------ */

static void print_row(const char *name, unsigned int n, const __u64 *a, const __u64 *b)
{
	printf("  %-20s %20llu", name, *a);
	if (n > 1)
		printf(" %20llu", *b);
	printf("\n");
}

static void print_counters(const struct tap *tap)
{
	int i;

	for (i = 0; i < N_COUNTERS; i++)
		print_row(counter_names[i], tap->n_ports, &tap->ports[0].counters[i],
			  &tap->ports[1].counters[i]);
}

static void print_outside(const struct tap *tap)
{
	struct outside_counters outside[2];
	unsigned int p;
	int i;

	if (!tap_is_here(tap)) {
		printf(" in another network namespace: look at its devices there\n");
		return;
	}
	for (p = 0; p < 2; p++)
		outside_read(&outside[p], tap->ports[p].ifname);
	printf(" lost by the device or its driver, not the tap's to count\n");
	for (i = 0; i < N_OUTSIDE; i++)
		print_row(outside_names[i], tap->n_ports, &outside[0].counters[i],
			  &outside[1].counters[i]);
}

static void print_taker(const char *ifname, const struct taker *taker)
{
	printf("  %s, %s: ", msg_printable(ifname), taker->what);
	if (taker->known)
		printf("%llu", taker->drops);
	else
		printf("unknown");
	if (*taker->counter)
		printf(" (%s)", taker->counter);
	printf("\n");
}

/* What is not counted anywhere, or by whom cannot be told, is unknown. */
static void print_takers(const struct tap *tap)
{
	struct taker takers[MAX_TAKERS];
	bool any = false;
	unsigned int p;
	size_t i, n;

	for (p = 0; p < tap->n_ports && tap_is_here(tap); p++) {
		n = takers_read(takers, tap->ports[p].ifname);
		for (i = 0; i < n; i++) {
			if (!any)
				printf(" dropped before the tap, which does not see it\n");
			any = true;
			print_taker(tap->ports[p].ifname, &takers[i]);
		}
	}
}

/* Of the fullest CPU: it is its frames that are lost first. */
static void print_buffers(const struct tap *tap)
{
	const double mib = 1 << 20;

	if (tap->buffer_size)
		printf(" the fullest buffer: %.1f of %.1f MiB; at most %.1f since a reader came\n",
		       tap->buffer_fill / mib, tap->buffer_size / mib, tap->buffer_highest / mib);
}

static __u64 residence_below(int i)
{
	return 1ULL << (SOFTTAP_RESIDENCE_SHIFT + i);
}

/* With times of the cards: how many frames were how long in the machine before the tap. */
static void print_residence(const struct tap *tap)
{
	const __u64 *a = tap->ports[0].residence, *b = tap->ports[1].residence;
	int first = SOFTTAP_RESIDENCE_COUNTS, last = -1, i;
	char below[32];

	for (i = 0; i < SOFTTAP_RESIDENCE_COUNTS; i++) {
		if (!a[i] && !b[i])
			continue;
		first = last < 0 ? i : first;
		last = i;
	}
	if (last < 0)
		return;
	printf(" from arrival at the card to the tap, frames by ns\n");
	for (i = first; i <= last; i++) {
		snprintf(below, sizeof(below), "below %llu", residence_below(i));
		print_row(below, tap->n_ports, &a[i], &b[i]);
	}
}

static void print_law(const char *law, const char *from, const char *to, __s64 rest)
{
	printf("  %s %s%s%s: ", law, msg_printable(from), *to ? " -> " : "", msg_printable(to));
	if (rest)
		printf("%lld in flight\n", rest);
	else
		printf("every frame accounted for\n");
}

static void print_laws(const struct tap *tap)
{
	const struct tap_port *a = &tap->ports[0];
	const struct tap_port *b = &tap->ports[1];

	printf(" at this instant\n");
	if (tap->n_ports > 1) {
		print_law("forwarding", a->ifname, b->ifname, forwarding_rest(a, b));
		print_law("forwarding", b->ifname, a->ifname, forwarding_rest(b, a));
	}
	print_law("capture", a->ifname, "", capture_rest(a));
	if (tap->n_ports > 1)
		print_law("capture", b->ifname, "", capture_rest(b));
}

static void print_table(const struct tap *tap)
{
	unsigned int p;

	printf("%s: %s, policy %s\n%-22s", tap->name, tap_condition(tap), tap->policy, "");
	for (p = 0; p < tap->n_ports; p++)
		printf(" %18.18s %c", msg_printable(tap->ports[p].ifname), 'a' + p);
	printf("\n");
	print_counters(tap);
	print_outside(tap);
	print_takers(tap);
	print_buffers(tap);
	print_residence(tap);
	print_laws(tap);
}

/* --- As JSON --------------------------------------------------------------------------------- */

static struct json_object *outside_json(const char *ifname)
{
	struct json_object *object;
	struct outside_counters outside;
	int i;

	outside_read(&outside, ifname);
	if (!outside.present)
		return NULL;	/* null */
	object = json_object_new_object();
	for (i = 0; i < N_OUTSIDE; i++)
		json_add_number(object, outside_names[i], outside.counters[i]);
	return object;
}

static struct json_object *taker_json(const struct taker *taker)
{
	struct json_object *object = json_object_new_object();

	json_add_text(object, "what", taker->what);
	json_add_text(object, "counter", *taker->counter ? taker->counter : NULL);
	if (taker->known)
		json_add_number(object, "dropped", taker->drops);
	else
		json_add(object, "dropped", NULL);
	return object;
}

static struct json_object *takers_json(const char *ifname, bool is_here)
{
	struct json_object *list = json_object_new_array();
	struct taker takers[MAX_TAKERS];
	size_t i, n = is_here ? takers_read(takers, ifname) : 0;

	for (i = 0; i < n; i++)
		json_object_array_add(list, taker_json(&takers[i]));
	return list;
}

/* Null where times are the software's. */
static struct json_object *residence_json(const struct tap_port *port)
{
	struct json_object *list = NULL, *object;
	int i;

	for (i = 0; i < SOFTTAP_RESIDENCE_COUNTS; i++) {
		if (!port->residence[i])
			continue;
		if (!list)
			list = json_object_new_array();
		object = json_object_new_object();
		json_add_number(object, "below_ns", residence_below(i));
		json_add_number(object, "frames", port->residence[i]);
		json_object_array_add(list, object);
	}
	return list;
}

static struct json_object *port_json(const struct tap_port *port, bool is_here)
{
	struct json_object *object = json_object_new_object();
	int i;

	json_add_text(object, "ifname", msg_printable(port->ifname));
	json_add_text(object, "state", port->state);
	for (i = 0; i < N_COUNTERS; i++)
		json_add_number(object, counter_names[i], port->counters[i]);
	json_add(object, "residence", residence_json(port));
	json_add(object, "netdev", is_here ? outside_json(port->ifname) : NULL);
	json_add(object, "before_tap", takers_json(port->ifname, is_here));
	return object;
}

/* Of frames received on a port: how many are not accounted for, 0 at rest. */
static struct json_object *laws_json(const struct tap *tap)
{
	struct json_object *object = json_object_new_object();
	const struct tap_port *a = &tap->ports[0];
	const struct tap_port *b = &tap->ports[1];

	if (tap->n_ports > 1) {
		json_add_signed(object, "forwarding_a", forwarding_rest(a, b));
		json_add_signed(object, "forwarding_b", forwarding_rest(b, a));
	}
	json_add_signed(object, "capture_a", capture_rest(a));
	if (tap->n_ports > 1)
		json_add_signed(object, "capture_b", capture_rest(b));
	return object;
}

static struct json_object *buffers_json(const struct tap *tap)
{
	struct json_object *object = json_object_new_object();

	json_add_number(object, "size", tap->buffer_size);
	json_add_number(object, "fill", tap->buffer_fill);
	json_add_number(object, "highest", tap->buffer_highest);
	return object;
}

static struct json_object *tap_json(const struct tap *tap)
{
	struct json_object *object = json_object_new_object();

	json_add_text(object, "tap", tap->name);
	json_add_text(object, "state", tap_condition(tap));
	json_add_text(object, "policy", tap->policy);
	json_add(object, "a", port_json(&tap->ports[0], tap_is_here(tap)));
	if (tap->n_ports > 1)
		json_add(object, "b", port_json(&tap->ports[1], tap_is_here(tap)));
	json_add(object, "buffers", buffers_json(tap));
	json_add(object, "in_flight", laws_json(tap));
	return object;
}

static void print_json(const struct tap *taps, size_t n_taps)
{
	struct json_object *object = json_object_new_object();
	struct json_object *list = json_object_new_array();
	size_t i;

	for (i = 0; i < n_taps; i++)
		json_object_array_add(list, tap_json(&taps[i]));
	json_add_number(object, "schema", JSON_SCHEMA);
	json_add(object, "taps", list);
	json_add_number(object, "softnet_dropped", softnet_dropped());
	json_print(object);
}

/* --- The command ----------------------------------------------------------------------------- */

static int print_stat(const struct rates_options *options)
{
	struct tap *taps;
	size_t n_taps, i;
	int status;

	status = taps_select(&taps, &n_taps, options->tap);
	if (status)
		return status;
	if (options->json) {
		print_json(taps, n_taps);
	} else {
		for (i = 0; i < n_taps; i++)
			print_table(&taps[i]);
		if (!n_taps)
			printf("no tap\n");
		printf("dropped at a CPU's backlog, whole machine: %llu\n", softnet_dropped());
	}
	free(taps);
	return EXIT_OK;
}

static int take_interval(const struct option_row *row, const char *value, void *options)
{
	struct rates_options *rates = options;

	rates->interval = NS_PER_S;
	if (!value || (!parse_seconds(value, &rates->interval) && rates->interval >= LEAST_NS &&
		       rates->interval <= MOST_NS))
		return 0;
	msg_error("%s %s: must be an interval of 0.01 to 86400 seconds", option_label(row), value);
	return -1;
}

static const struct option_row rows[] = {
	OPTION_TEXT('i', "interface", "TAP", struct rates_options, tap,
		    "one tap, not all; a port's name does as well"),
	OPTION_FLAG('j', "json", struct rates_options, json, "as JSON; with -w one object a line"),
	OPTION_CALL('w', "watch", "[SECONDS]", take_interval,
		    "rates, every SECONDS (1) until interrupted"),
	OPTION_NUMBER('c', "count", "COUNT", struct rates_options, count, "times", 1, 0,
		      "end after COUNT times"),
};

static const struct command_line line = {
	.name = "stat",
	.synopsis = "[-i TAP] [-j] [-w [SECONDS]] [-c COUNT]",
	.about = "Shows a tap's counters beside what the network devices and the kernel "
		 "lost, and whether they add up. Exactly so only at rest: frames pass "
		 "while they are read.",
	.rows = rows,
	.n_rows = ARRAY_SIZE(rows),
};

/**
 * softtap_stat - the subcommand stat
 * @argc: number of arguments, the subcommand's name included
 * @argv: the arguments
 *
 * Return: an exit status
 */
int softtap_stat(int argc, char **argv)
{
	struct rates_options options = { };
	char name[TAP_NAME];
	int words = options_parse(&line, argc, argv, &options);

	if (words <= 0)
		return words ? EXIT_USAGE : EXIT_OK;
	if (words < argc)
		return options_complain(&line, "unexpected argument `%s'", argv[words]);
	if (options.count && !options.interval)
		options.interval = NS_PER_S;
	if (options.tap) {
		options.tap = tap_name(name, options.tap);
		if (!options.tap)
			return EXIT_FAILED;
	}
	return options.interval ? rates_watch(&options) : print_stat(&options);
}
