// SPDX-License-Identifier: GPL-2.0
/* softtap show: taps, ports, states, settings. */
#include <getopt.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands/commands.h"
#include "host/placement.h"
#include "tap/counters.h"
#include "lib/cpus.h"
#include "lib/message.h"
#include "lib/paths.h"
#include "lib/status.h"
#include "lib/sysfs.h"

static void show_help(FILE *file)
{
	fprintf(file, "Usage: softtap show [-j]\n"
		"Shows taps, ports, states and settings.\n\n"
		"  -j, --json  as JSON\n"
		"  -h, --help  this text\n");
}

static void print_cpus(const char *what, const cpu_set_t *cpus)
{
	char list[CPU_LIST];

	if (!CPU_COUNT(cpus))
		return;
	cpus_print(cpus, list);
	printf("  %-12s processor%s %s\n", what, CPU_COUNT(cpus) == 1 ? "" : "s", list);
}

static void print_tap(const struct tap *tap)
{
	struct placement placement;
	unsigned int i;

	printf("%s: %s\n", tap->name, tap->state);
	if (!strcmp(tap->state, "stopped"))
		printf("  THE WIRE IS STOPPED: nobody records, and policy is record: %s\n",
		       "start softtap capture");
	for (i = 0; i < tap->n_ports; i++)
		printf("  port %c       %s, %s\n", 'a' + i, tap->ports[i].ifname,
		       tap->ports[i].state);
	printf("  policy       %s\n", tap->policy);
	printf("  snaplen      %s%s\n", tap->snaplen,
	       strtoul(tap->snaplen, NULL, 10) ? "" : " (whole frames)");
	printf("  guard        %s\n", strtoul(tap->guard, NULL, 10) ? "on" : "off");
	printf("  link_follow  %s\n", strtoul(tap->link_follow, NULL, 10) ? "on" : "off");
	placement_load(&placement, tap->ports[0].ifname, tap->ports[1].ifname);
	print_cpus("rx", &placement.rx);
	print_cpus("reader", &placement.reader);
	print_cpus("post", &placement.post);
}

static void add_text(struct json_object *object, const char *key, const char *text)
{
	json_object_object_add(object, key, json_object_new_string(text));
}

static void add_number(struct json_object *object, const char *key, const char *text)
{
	json_object_object_add(object, key, json_object_new_uint64(strtoull(text, NULL, 10)));
}

/* Null stands for any. */
static void add_cpus(struct json_object *object, const char *key, const cpu_set_t *cpus)
{
	char list[CPU_LIST];

	cpus_print(cpus, list);
	json_object_object_add(object, key,
			       CPU_COUNT(cpus) ? json_object_new_string(list) : NULL);
}

static struct json_object *cpus_json(const struct tap *tap)
{
	struct json_object *object = json_object_new_object();
	struct placement placement;

	placement_load(&placement, tap->ports[0].ifname, tap->ports[1].ifname);
	add_cpus(object, "rx", &placement.rx);
	add_cpus(object, "reader", &placement.reader);
	add_cpus(object, "post", &placement.post);
	return object;
}

static struct json_object *port_json(const struct tap_port *port)
{
	struct json_object *object = json_object_new_object();

	add_text(object, "ifname", port->ifname);
	add_text(object, "state", port->state);
	return object;
}

static struct json_object *tap_json(const struct tap *tap)
{
	struct json_object *object = json_object_new_object();

	add_text(object, "tap", tap->name);
	add_text(object, "state", tap->state);
	json_object_object_add(object, "a", port_json(&tap->ports[0]));
	if (tap->n_ports > 1)
		json_object_object_add(object, "b", port_json(&tap->ports[1]));
	add_text(object, "policy", tap->policy);
	add_number(object, "snaplen", tap->snaplen);
	add_number(object, "guard", tap->guard);
	add_number(object, "link_follow", tap->link_follow);
	json_object_object_add(object, "cpus", cpus_json(tap));
	return object;
}

static void print_json(const struct tap *taps, size_t n_taps, const char *version)
{
	struct json_object *object = json_object_new_object();
	struct json_object *list = json_object_new_array();
	size_t i;

	add_text(object, "version", version);
	for (i = 0; i < n_taps; i++)
		json_object_array_add(list, tap_json(&taps[i]));
	json_object_object_add(object, "taps", list);
	puts(json_object_to_json_string_ext(object, JSON_C_TO_STRING_PRETTY |
					    JSON_C_TO_STRING_SPACED));
	json_object_put(object);
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
 * softtap_show - the subcommand show
 * @argc: number of arguments, the subcommand's name included
 * @argv: the arguments
 *
 * Return: an exit status
 */
int softtap_show(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ }
	};
	bool json = false;
	int c;

	while ((c = getopt_long(argc, argv, "jh", options, NULL)) != -1) {
		switch (c) {
		case 'j':
			json = true;
			break;
		case 'h':
			show_help(stdout);
			return EXIT_OK;
		default:
			return EXIT_USAGE;
		}
	}
	if (optind < argc) {
		msg_error("show takes no argument `%s'", argv[optind]);
		return EXIT_USAGE;
	}
	return show(json);
}
