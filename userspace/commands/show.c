// SPDX-License-Identifier: GPL-2.0
/* softtap show: taps, ports, states, settings. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands/commands.h"
#include "host/audit.h"
#include "host/nic.h"
#include "host/takers.h"
#include "host/placement.h"
#include "tap/counters.h"
#include "lib/cpus.h"
#include "lib/json.h"
#include "lib/message.h"
#include "lib/options.h"
#include "lib/paths.h"
#include "lib/status.h"
#include "lib/sysfs.h"
#include "lib/util.h"

static void print_cpus(const char *what, const cpu_set_t *cpus)
{
	char list[CPU_LIST];

	if (!CPU_COUNT(cpus))
		return;
	cpus_print(cpus, list);
	printf("  %-12s processor%s %s\n", what, CPU_COUNT(cpus) == 1 ? "" : "s", list);
}

static void print_takers(const struct tap *tap, const char *ifname)
{
	struct taker takers[MAX_TAKERS];
	size_t i, n = tap_is_here(tap) ? takers_read(takers, ifname) : 0;

	for (i = 0; i < n; i++)
		printf("               before the tap: %s\n", takers[i].what);
}

static void print_port(const struct tap *tap, unsigned int i)
{
	const struct tap_port *port = &tap->ports[i];
	char lacks[AUDIT_TEXT], nic[NIC_TEXT] = "";

	printf("  port %c       %s, %s\n", 'a' + i, msg_printable(port->ifname),
	       port->state);
	if (tap_is_here(tap))
		nic_describe(nic, port->ifname);
	if (*nic)
		printf("               %s\n", nic);
	print_takers(tap, port->ifname);
	if (!tap_port_audit(lacks, tap, i))
		printf("               not as it was prepared: %s; run softtap up again\n", lacks);
}

/* With times of the cards, how far their clocks are known. */
static void print_tstamp(const struct tap *tap)
{
	unsigned int i;

	printf("  tstamp       %s", *tap->tstamp ? tap->tstamp : "sw");
	for (i = 0; !strcmp(tap->tstamp, "hw") && i < tap->n_ports; i++) {
		const struct tap_port *port = &tap->ports[i];
		bool known = strspn(port->clock_error, "0123456789");

		printf("%s %s %s%s", i ? "," : ":", msg_printable(port->ifname),
		       known ? "within " : "has no clock that is known",
		       known ? port->clock_error : "");
		if (known)
			printf(" ns");
	}
	printf("\n");
}

static void print_tap(const struct tap *tap)
{
	struct placement placement;
	unsigned int i;

	printf("%s: %s\n", tap->name, tap_condition(tap));
	if (!strcmp(tap->state, "stopped"))
		printf("  THE WIRE IS STOPPED: nobody records, and policy is record: %s\n",
		       "start softtap capture");
	for (i = 0; i < tap->n_ports; i++)
		print_port(tap, i);
	printf("  policy       %s\n", tap->policy);
	printf("  snaplen      %s%s\n", tap->snaplen,
	       strtoul(tap->snaplen, NULL, 10) ? "" : " (whole frames)");
	printf("  guard        %s\n", strtoul(tap->guard, NULL, 10) ? "on" : "off");
	printf("  link_follow  %s\n", strtoul(tap->link_follow, NULL, 10) ? "on" : "off");
	printf("  bad_frames   %s\n", tap->bad_frames);
	print_tstamp(tap);
	placement_load(&placement, tap);
	print_cpus("rx", &placement.rx);
	print_cpus("reader", &placement.reader);
	print_cpus("post", &placement.post);
}

/* Null stands for any. */
static void add_cpus(struct json_object *object, const char *key, const cpu_set_t *cpus)
{
	char list[CPU_LIST];

	cpus_print(cpus, list);
	json_add_text(object, key, CPU_COUNT(cpus) ? list : NULL);
}

static struct json_object *cpus_json(const struct tap *tap)
{
	struct json_object *object = json_object_new_object();
	struct placement placement;

	placement_load(&placement, tap);
	add_cpus(object, "rx", &placement.rx);
	add_cpus(object, "reader", &placement.reader);
	add_cpus(object, "post", &placement.post);
	return object;
}

static struct json_object *takers_json(const struct tap *tap, const char *ifname)
{
	struct json_object *list = json_object_new_array();
	struct taker takers[MAX_TAKERS];
	size_t i, n = tap_is_here(tap) ? takers_read(takers, ifname) : 0;

	for (i = 0; i < n; i++)
		json_object_array_add(list, json_object_new_string(takers[i].what));
	return list;
}

static void add_pairs(struct json_object *object, const char *key, const struct pairs *pairs)
{
	struct json_object *values = json_object_new_object();
	size_t i;

	for (i = 0; i < pairs->n; i++)
		json_add_text(values, pairs->pairs[i].name, pairs->pairs[i].value);
	json_add(object, key, values);
}

/* As ethtool names it: {} for what the driver does not tell. */
static struct json_object *nic_json(const struct tap *tap, const char *ifname)
{
	struct json_object *object = json_object_new_object();
	struct nic nic = { };

	if (tap_is_here(tap))
		nic_read(&nic, ifname);
	add_pairs(object, "pause", &nic.pause);
	add_pairs(object, "eee", &nic.eee);
	add_pairs(object, "rings", &nic.rings);
	add_pairs(object, "coalescing", &nic.coalescing);
	add_pairs(object, "private_flags", &nic.flags);
	nic_free(&nic);
	return object;
}

static struct json_object *port_json(const struct tap *tap, unsigned int i)
{
	struct json_object *object = json_object_new_object();
	const struct tap_port *port = &tap->ports[i];
	char lacks[AUDIT_TEXT];
	bool sound = tap_port_audit(lacks, tap, i);

	json_add_text(object, "ifname", msg_printable(port->ifname));
	json_add_text(object, "state", port->state);
	json_add_text(object, "degraded", sound ? NULL : lacks);
	if (strspn(port->clock_error, "0123456789"))
		json_add_number(object, "clock_error_ns", strtoull(port->clock_error, NULL, 10));
	json_add(object, "nic", nic_json(tap, port->ifname));
	json_add(object, "before_tap", takers_json(tap, port->ifname));
	return object;
}

static struct json_object *tap_json(const struct tap *tap)
{
	struct json_object *object = json_object_new_object();

	json_add_text(object, "tap", tap->name);
	json_add_text(object, "state", tap_condition(tap));
	json_add(object, "a", port_json(tap, 0));
	if (tap->n_ports > 1)
		json_add(object, "b", port_json(tap, 1));
	json_add_text(object, "policy", tap->policy);
	json_add_number(object, "snaplen", strtoull(tap->snaplen, NULL, 10));
	json_add_number(object, "guard", strtoull(tap->guard, NULL, 10));
	json_add_number(object, "link_follow", strtoull(tap->link_follow, NULL, 10));
	json_add_text(object, "bad_frames", tap->bad_frames);
	json_add_text(object, "tstamp", *tap->tstamp ? tap->tstamp : "sw");
	json_add(object, "cpus", cpus_json(tap));
	return object;
}

static void print_json(const struct tap *taps, size_t n_taps, const char *version)
{
	struct json_object *object = json_object_new_object();
	struct json_object *list = json_object_new_array();
	size_t i;

	json_add_number(object, "schema", JSON_SCHEMA);
	json_add_text(object, "version", version);
	for (i = 0; i < n_taps; i++)
		json_object_array_add(list, tap_json(&taps[i]));
	json_add(object, "taps", list);
	json_print(object);
}

static void print_text(const struct tap *taps, size_t n_taps, const char *version)
{
	size_t i;

	printf("softtap module, version %s\n", version);
	for (i = 0; i < n_taps; i++)
		print_tap(&taps[i]);
	if (!n_taps)
		printf("no tap\n");
}

static int show(bool json)
{
	char version[SYSFS_VALUE];
	struct tap *taps;
	size_t n_taps;
	int status;

	status = taps_select(&taps, &n_taps, NULL);
	if (status)
		return status;
	read_value(version, sizeof(version), "%s/version", sysfs_root());
	if (json)
		print_json(taps, n_taps, version);
	else
		print_text(taps, n_taps, version);
	free(taps);
	return EXIT_OK;
}

/**
 * struct options - the command line
 * @json: JSON, not text
 */
struct options {
	bool json;
};

static const struct option_row rows[] = {
	OPTION_FLAG('j', "json", struct options, json, "as JSON"),
};

static const struct command_line line = {
	.name = "show",
	.synopsis = "[-j]",
	.about = "Shows taps, ports, states and settings.",
	.rows = rows,
	.n_rows = ARRAY_SIZE(rows),
};

/**
 * softtap_show - the subcommand show
 * @argc: number of arguments, the subcommand's name included
 * @argv: the arguments
 *
 * Return: an exit status
 */
int softtap_show(int argc, char **argv)
{
	struct options options = { };
	int words = options_parse(&line, argc, argv, &options);

	if (words <= 0)
		return words ? EXIT_USAGE : EXIT_OK;
	if (words < argc)
		return options_complain(&line, "unexpected argument `%s'", argv[words]);
	return show(options.json);
}
