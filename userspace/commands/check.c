// SPDX-License-Identifier: GPL-2.0
/*
 * softtap check: what a disk takes, which links that covers, and what the buffers bridge; and what
 * a frame would meet at two ports (check_ports.c), or does meet (check_loop.c).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands/check_loop.h"
#include "commands/check_ports.h"
#include "commands/commands.h"
#include "store/disk.h"
#include "store/sizing.h"
#include "tap/counters.h"
#include "lib/json.h"
#include "lib/message.h"
#include "lib/numbers.h"
#include "lib/options.h"
#include "lib/paths.h"
#include "lib/status.h"
#include "lib/sysfs.h"
#include "lib/util.h"

#define DEFAULT_SECONDS		6
#define DEFAULT_SUBBUF_KB	512	/* as the module has them */
#define DEFAULT_SUBBUFS		32

static const unsigned int links[] = { 100, 1000, 2500, 5000, 10000, 25000, 40000, 100000 };

/**
 * struct check - what was found out
 * @directory: of the disk, as the user named it
 * @seconds: to measure it
 * @json: to be told as JSON
 * @loop: try two ports
 * @force: also those that are in use
 * @save: a file for what they do
 * @disk: what it takes
 * @loaded: the module is, with the buffers below; otherwise they are its defaults
 * @subbuf: bytes of a sub-buffer
 * @subbufs: of each CPU
 * @taps: those that there are
 * @n_taps: how many
 */
struct check {
	const char *directory;
	__u64 seconds;
	bool json;
	bool loop;
	bool force;
	const char *save;
	struct disk disk;
	bool loaded;
	__u64 subbuf;
	__u64 subbufs;
	struct tap *taps;
	size_t n_taps;
};

/* --- Arithmetic ------------------------------------------------------------------------------- */

/* Both directions of a link are full: bits a second. */
static __u64 load_of(unsigned int link)
{
	return 2 * link * 1000000ULL;
}

/* How much of that the disk takes, in percent. */
static __u64 percent(const struct check *check, unsigned int link, const struct mix *mix)
{
	return check->disk.rate * 100 / sizing_need(load_of(link), mix);
}

/*
 * How long the disk may stand still: microseconds until the buffer of the one CPU that receives all
 * is full of the smallest frames. The sub-buffer that is being written has no room for them.
 */
static __u64 reach(const struct check *check, unsigned int link)
{
	return (check->subbufs - 1) * check->subbuf * 1000000 /
	       sizing_need(load_of(link), &mixes[0]);
}

static __u64 parameter(const char *name, __u64 otherwise)
{
	char value[SYSFS_VALUE];

	if (read_value(value, sizeof(value), "%s/parameters/%s", sysfs_module_root(), name))
		return otherwise;
	return strtoull(value, NULL, 10);
}

static void look_at_module(struct check *check)
{
	check->loaded = module_loaded();
	check->subbuf = parameter("subbuf_kb", DEFAULT_SUBBUF_KB) * 1024;
	check->subbufs = parameter("subbufs", DEFAULT_SUBBUFS);
	taps_read(&check->taps, &check->n_taps);	/* none is no error */
}

/* --- Text ------------------------------------------------------------------------------------- */

static void print_way(const char *name, const struct disk_way *way)
{
	if (way->bytes)
		printf("  %-20s %9.1f MB/s, longest write %.1f ms\n", name,
		       disk_way_rate(way) / 1e6, way->longest / 1e3);
	else
		printf("  %-20s not on this file system\n", name);
}

static const char *speed_text(char *text, size_t size, __u64 bits_per_second)
{
	bool giga = bits_per_second >= 1000000000;

	snprintf(text, size, "%g %cb/s", bits_per_second / (giga ? 1e9 : 1e6), giga ? 'G' : 'M');
	return text;
}

static void print_link(const struct check *check, unsigned int link)
{
	char text[32];
	size_t i;

	printf("%-9s", speed_text(text, sizeof(text), link * 1000000ULL));
	for (i = 0; i < N_MIXES; i++) {
		__u64 part = percent(check, link, &mixes[i]);

		snprintf(text, sizeof(text), "%llu%%", part);
		printf(" %5s", part >= 100 ? "yes" : part ? text : "no");
	}
	printf("  %9.1f ms%s\n", reach(check, link) / 1e3,
	       reach(check, link) < check->disk.longest ? ", too short" : "");
}

static void print_links(const struct check *check)
{
	size_t i;

	printf("\nLinks, both directions full: do %.1f MB/s take it, or up to how much of it?\n\n"
	       "frames of", check->disk.rate / 1e6);
	for (i = 0; i < N_MIXES; i++)
		printf(" %5s", mixes[i].name);
	printf("   the buffers bridge\n");
	for (i = 0; i < ARRAY_SIZE(links); i++)
		print_link(check, links[i]);
	printf("\nBuffers of each CPU: %llu x %llu KiB, %s. Longest write: %.1f ms.\n",
	       check->subbufs, check->subbuf / 1024,
	       check->loaded ? "of the module as it is loaded" : "the module's default",
	       check->disk.longest / 1e3);
}

static void print_tap(const struct check *check, const struct tap *tap)
{
	__u64 speed = sizing_tap_speed(tap->ports[0].ifname, tap->ports[1].ifname);
	const struct mix *from = sizing_covered_from(speed, check->disk.rate);
	char text[32];

	printf("%s: %s%s%s, ", tap->name, msg_printable(tap->ports[0].ifname),
	       tap->n_ports > 1 ? " and " : "", msg_printable(tap->ports[1].ifname));
	if (!speed)
		printf("speed unknown\n");
	else if (from)
		printf("%s together: covered from frames of %s bytes on\n",
		       speed_text(text, sizeof(text), speed), from->name);
	else
		printf("%s together: not covered\n", speed_text(text, sizeof(text), speed));
}

static void print_text(const struct check *check)
{
	size_t i;

	printf("%s takes\n", check->directory);
	print_way("past the page cache", &check->disk.direct);
	print_way("by the page cache", &check->disk.cached);
	print_links(check);
	for (i = 0; i < check->n_taps; i++)
		print_tap(check, &check->taps[i]);
}

/* --- JSON ------------------------------------------------------------------------------------- */

/* Null for a way that there is not. */
static struct json_object *way_json(const struct disk_way *way)
{
	struct json_object *object;

	if (!way->bytes)
		return NULL;
	object = json_object_new_object();
	json_add_number(object, "bytes", way->bytes);
	json_add_number(object, "microseconds", way->us);
	json_add_number(object, "bytes_per_second", disk_way_rate(way));
	json_add_number(object, "longest_write_microseconds", way->longest);
	return object;
}

static struct json_object *buffers_json(const struct check *check)
{
	struct json_object *object = json_object_new_object();

	json_add_flag(object, "loaded", check->loaded);
	json_add_number(object, "subbuf_kb", check->subbuf / 1024);
	json_add_number(object, "subbufs", check->subbufs);
	return object;
}

static struct json_object *mix_json(const struct check *check, unsigned int link,
				    const struct mix *mix)
{
	struct json_object *object = json_object_new_object();

	json_add_text(object, "frames", mix->name);
	json_add_number(object, "bytes_per_second", sizing_need(load_of(link), mix));
	json_add_number(object, "percent", percent(check, link, mix));
	return object;
}

static struct json_object *link_json(const struct check *check, unsigned int link)
{
	struct json_object *object = json_object_new_object();
	struct json_object *list = json_object_new_array();
	size_t i;

	json_add_number(object, "bits_per_second", link * 1000000ULL);
	for (i = 0; i < N_MIXES; i++)
		json_object_array_add(list, mix_json(check, link, &mixes[i]));
	json_add(object, "needs", list);
	json_add_number(object, "reach_microseconds", reach(check, link));
	json_add_flag(object, "bridges_longest_write", reach(check, link) >= check->disk.longest);
	return object;
}

/* Null for a speed that is not known, and for frames that are not covered. */
static struct json_object *tap_json(const struct check *check, const struct tap *tap)
{
	__u64 speed = sizing_tap_speed(tap->ports[0].ifname, tap->ports[1].ifname);
	const struct mix *from = sizing_covered_from(speed, check->disk.rate);
	struct json_object *object = json_object_new_object();

	json_add_text(object, "tap", tap->name);
	json_add(object, "bits_per_second",
		 speed ? json_object_new_uint64(speed) : NULL);
	json_add(object, "covered_from",
		 speed && from ? json_object_new_int(atoi(from->name)) : NULL);
	return object;
}

static void print_json(const struct check *check)
{
	struct json_object *object = json_object_new_object();
	struct json_object *list = json_object_new_array();
	struct json_object *taps = json_object_new_array();
	size_t i;

	json_add_number(object, "schema", JSON_SCHEMA);
	json_add_text(object, "directory", check->directory);
	json_add(object, "direct", way_json(&check->disk.direct));
	json_add(object, "cached", way_json(&check->disk.cached));
	json_add_number(object, "bytes_per_second", check->disk.rate);
	json_add_number(object, "longest_write_microseconds", check->disk.longest);
	json_add(object, "buffers", buffers_json(check));
	for (i = 0; i < ARRAY_SIZE(links); i++)
		json_object_array_add(list, link_json(check, links[i]));
	json_add(object, "links", list);
	for (i = 0; i < check->n_taps; i++)
		json_object_array_add(taps, tap_json(check, &check->taps[i]));
	json_add(object, "taps", taps);
	json_print(object);
}

/* --- The command ------------------------------------------------------------------------------ */

static const struct option_row rows[] = {
	OPTION_TEXT(0, "disk", "DIR", struct check, directory,
		    "the directory that captures are to go to"),
	OPTION_NUMBER(0, "seconds", "N", struct check, seconds, "seconds", 1, 600,
		      "take about that long, 1 to 600 (6)"),
	OPTION_FLAG(0, "loop", struct check, loop,
		    "send frames of all kinds from either port to the other, which a cable "
		    "connects, and tell what arrives; nothing else may use the ports meanwhile"),
	OPTION_TEXT(0, "save", "FILE", struct check, save,
		    "with --loop: write the results to FILE as JSON, without names and addresses"),
	OPTION_FLAG(0, "force", struct check, force,
		    "with --loop: also ports with addresses, routes or a login session over them"),
	OPTION_FLAG('j', "json", struct check, json, "as JSON"),
};

static const struct command_line line = {
	.name = "check",
	.synopsis = "PORT-A PORT-B [-j]\n"
		    "       softtap check --loop [--force] [--save FILE] [-j] PORT-A PORT-B\n"
		    "       softtap check --disk DIR [--seconds N] [-j]",
	.about = "Tells what a frame would meet at two ports: what changes, adds, delays, "
		 "reorders or swallows frames, whether `softtap up' takes care of it, and "
		 "what would change it otherwise; nothing is changed, and no tap is needed. "
		 "Or tries it, over a cable between the two. Or "
		 "measures what the file system of DIR takes, and tells which link rates "
		 "and frame sizes that covers; leaves nothing behind.",
	.rows = rows,
	.n_rows = ARRAY_SIZE(rows),
};

static int check_disk(struct check *check)
{
	if (disk_measure(&check->disk, check->directory, check->seconds))
		return EXIT_FAILED;
	look_at_module(check);
	(check->json ? print_json : print_text)(check);
	free(check->taps);
	return EXIT_OK;
}

static int check_two(const struct check *check, const char *a, const char *b)
{
	const struct loop_options options = {
		.force = check->force,
		.json = check->json,
		.save = check->save,
	};

	return check->loop ? check_loop(a, b, &options) : check_ports(a, b, check->json);
}

/**
 * softtap_check - the subcommand check
 * @argc: number of arguments, the subcommand's name included
 * @argv: the arguments
 *
 * Return: an exit status
 */
int softtap_check(int argc, char **argv)
{
	struct check check = { .seconds = DEFAULT_SECONDS };
	int words = options_parse(&line, argc, argv, &check);

	if (words <= 0)
		return words ? EXIT_USAGE : EXIT_OK;
	if ((check.force || check.save) && !check.loop)
		return options_complain(&line, "--force and --save go with --loop");
	if (check.loop && check.directory)
		return options_complain(&line, "either --loop or --disk");
	if (argc - words == 2 && !check.directory)
		return check_two(&check, argv[words], argv[words + 1]);
	if (words < argc || check.loop)
		return options_complain(&line, check.directory ?
					"--disk DIR goes without ports" :
					"give the names of two ports");
	if (!check.directory || !*check.directory)
		return options_complain(&line, "check needs two ports, or --disk DIR");
	return check_disk(&check);
}
