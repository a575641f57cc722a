// SPDX-License-Identifier: GPL-2.0
/* softtap stat: counters, whether they add up, and what was lost outside the tap. */
#include <errno.h>
#include <getopt.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands/commands.h"
#include "commands/rates.h"
#include "host/outside.h"
#include "tap/counters.h"
#include "lib/message.h"
#include "lib/status.h"

static void stat_help(FILE *file)
{
	fprintf(file, "Usage: softtap stat [-i TAP] [-j] [-w [SECONDS]] [-c COUNT]\n"
		"Shows a tap's counters beside what the network devices and the kernel lost, and\n"
		"whether they add up. Exactly so only at rest: frames pass while they are read.\n\n"
		"  -i, --interface TAP      one tap, not all\n"
		"  -j, --json               as JSON; with -w one object a line\n"
		"  -w, --watch [SECONDS]    rates, every SECONDS (1) until interrupted\n"
		"  -c, --count COUNT        end after COUNT times\n"
		"  -h, --help               this text\n");
}

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
	return port->counters[RX_FRAMES] - peer->counters[TX_FRAMES] - peer->counters[TX_DROPPED] -
	       port->counters[REFUSED_FRAMES];
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

	for (p = 0; p < 2; p++)
		outside_read(&outside[p], tap->ports[p].ifname);
	printf(" lost by the device or its driver, not the tap's to count\n");
	for (i = 0; i < N_OUTSIDE; i++)
		print_row(outside_names[i], tap->n_ports, &outside[0].counters[i],
			  &outside[1].counters[i]);
}

static void print_law(const char *law, const char *from, const char *to, __s64 rest)
{
	printf("  %s %s%s%s: ", law, from, *to ? " -> " : "", to);
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

	printf("%s: %s, policy %s\n%-22s", tap->name, tap->state, tap->policy, "");
	for (p = 0; p < tap->n_ports; p++)
		printf(" %18.18s %c", tap->ports[p].ifname, 'a' + p);
	printf("\n");
	print_counters(tap);
	print_outside(tap);
	print_laws(tap);
}

/* --- As JSON --------------------------------------------------------------------------------- */

static void add_count(struct json_object *object, const char *name, __u64 value)
{
	json_object_object_add(object, name, json_object_new_uint64(value));
}

static void add_text(struct json_object *object, const char *name, const char *text)
{
	json_object_object_add(object, name, json_object_new_string(text));
}

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
		add_count(object, outside_names[i], outside.counters[i]);
	return object;
}

static struct json_object *port_json(const struct tap_port *port)
{
	struct json_object *object = json_object_new_object();
	int i;

	add_text(object, "ifname", port->ifname);
	add_text(object, "state", port->state);
	for (i = 0; i < N_COUNTERS; i++)
		add_count(object, counter_names[i], port->counters[i]);
	json_object_object_add(object, "netdev", outside_json(port->ifname));
	return object;
}

static void add_rest(struct json_object *object, const char *name, __s64 rest)
{
	json_object_object_add(object, name, json_object_new_int64(rest));
}

/* Of frames received on a port: how many are not accounted for, 0 at rest. */
static struct json_object *laws_json(const struct tap *tap)
{
	struct json_object *object = json_object_new_object();
	const struct tap_port *a = &tap->ports[0];
	const struct tap_port *b = &tap->ports[1];

	if (tap->n_ports > 1) {
		add_rest(object, "forwarding_a", forwarding_rest(a, b));
		add_rest(object, "forwarding_b", forwarding_rest(b, a));
	}
	add_rest(object, "capture_a", capture_rest(a));
	if (tap->n_ports > 1)
		add_rest(object, "capture_b", capture_rest(b));
	return object;
}

static struct json_object *tap_json(const struct tap *tap)
{
	struct json_object *object = json_object_new_object();

	add_text(object, "tap", tap->name);
	add_text(object, "state", tap->state);
	add_text(object, "policy", tap->policy);
	json_object_object_add(object, "a", port_json(&tap->ports[0]));
	if (tap->n_ports > 1)
		json_object_object_add(object, "b", port_json(&tap->ports[1]));
	json_object_object_add(object, "in_flight", laws_json(tap));
	return object;
}

static void print_json(const struct tap *taps, size_t n_taps)
{
	struct json_object *object = json_object_new_object();
	struct json_object *list = json_object_new_array();
	size_t i;

	for (i = 0; i < n_taps; i++)
		json_object_array_add(list, tap_json(&taps[i]));
	json_object_object_add(object, "taps", list);
	add_count(object, "softnet_dropped", softnet_dropped());
	puts(json_object_to_json_string_ext(object, JSON_C_TO_STRING_PRETTY |
					    JSON_C_TO_STRING_SPACED));
	json_object_put(object);
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

static int parse_interval(const char *text, double *seconds)
{
	char *end;

	*seconds = strtod(text, &end);
	if (end != text && !*end && *seconds >= 0.01 && *seconds <= 86400)
		return EXIT_OK;
	msg_error("`%s' is no interval: 0.01 to 86400 seconds", text);
	return EXIT_USAGE;
}

static int parse_count(const char *text, unsigned long *count)
{
	char *end;

	errno = 0;
	*count = strtoul(text, &end, 10);
	if (end != text && !*end && !errno && *count && *text != '-')
		return EXIT_OK;
	msg_error("`%s' is no count: 1 or more", text);
	return EXIT_USAGE;
}

/* getopt takes an optional value only when it is glued to its option: "-w2", not "-w 2". */
static int parse_watch(int argc, char **argv, struct rates_options *options)
{
	options->interval = 1;
	if (!optarg && optind < argc && strspn(argv[optind], "0123456789."))
		optarg = argv[optind++];
	return optarg ? parse_interval(optarg, &options->interval) : EXIT_OK;
}

static int parse_option(int c, int argc, char **argv, struct rates_options *options)
{
	switch (c) {
	case 'i':
		options->tap = optarg;
		return EXIT_OK;
	case 'j':
		options->json = true;
		return EXIT_OK;
	case 'w':
		return parse_watch(argc, argv, options);
	case 'c':
		return parse_count(optarg, &options->count);
	default:
		return EXIT_USAGE;
	}
}

/**
 * softtap_stat - the subcommand stat
 * @argc: number of arguments, the subcommand's name included
 * @argv: the arguments
 *
 * Return: an exit status
 */
int softtap_stat(int argc, char **argv)
{
	static const struct option long_options[] = {
		{ "interface", required_argument, NULL, 'i' },
		{ "json", no_argument, NULL, 'j' },
		{ "watch", optional_argument, NULL, 'w' },
		{ "count", required_argument, NULL, 'c' },
		{ "help", no_argument, NULL, 'h' },
		{ }
	};
	struct rates_options options = { };
	int c, status;

	while ((c = getopt_long(argc, argv, "i:jw::c:h", long_options, NULL)) != -1) {
		if (c == 'h') {
			stat_help(stdout);
			return EXIT_OK;
		}
		status = parse_option(c, argc, argv, &options);
		if (status)
			return status;
	}
	if (optind < argc) {
		msg_error("unexpected argument `%s'", argv[optind]);
		return EXIT_USAGE;
	}
	if (options.count && !options.interval)
		options.interval = 1;
	return options.interval ? rates_watch(&options) : print_stat(&options);
}
