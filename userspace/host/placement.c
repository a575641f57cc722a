// SPDX-License-Identifier: GPL-2.0
/*
 * Which CPUs do what for a tap: the words of softtap up --cpus.
 *
 * They are kept beside the ports' state as they were given, in a file that everybody may read:
 * whoever captures need not be root.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/placement.h"
#include "host/state.h"
#include "lib/cpus.h"
#include "lib/message.h"
#include "lib/paths.h"
#include "lib/sysfs.h"

#define PLACEMENT	(3 * CPU_LIST)	/* bytes, all as text */

/* --- The option ------------------------------------------------------------------------------ */

static cpu_set_t *find_set(struct placement *placement, const char *key, size_t length)
{
	if (length == 2 && !strncmp(key, "rx", length))
		return &placement->rx;
	if (length == 6 && !strncmp(key, "reader", length))
		return &placement->reader;
	if (length == 4 && !strncmp(key, "post", length))
		return &placement->post;
	return NULL;
}

/* A comma stands between two parts, and between two ranges of one part. */
static int parse(struct placement *placement, char *text)
{
	cpu_set_t *cpus = NULL;
	char *word, *value;
	int err = 0;

	*placement = (struct placement){ };
	while (!err && (word = strsep(&text, ","))) {
		value = strchr(word, '=');
		if (value)
			cpus = find_set(placement, word, value - word);
		value = value ? value + 1 : word;
		err = cpus ? cpus_parse(cpus, value) : -EINVAL;
	}
	return err;
}

/**
 * placement_parse - read the argument of --cpus
 * @placement: is filled
 * @text: "rx=0-1,reader=2,post=3,5", each part may be missing
 *
 * Return: 0, or a negative errno after a complaint
 */
int placement_parse(struct placement *placement, const char *text)
{
	char *copy = strdup(text);
	cpu_set_t all;
	int err;

	err = copy ? parse(placement, copy) : -ENOMEM;
	free(copy);
	if (err) {
		msg_error("--cpus %s: must be processors by purpose, as rx=0-1,reader=2,post=3",
			  text);
		return err;
	}
	CPU_OR(&all, &placement->rx, &placement->reader);
	CPU_OR(&all, &all, &placement->post);
	return cpus_check_online(&all, "--cpus");
}

/* --- The file --------------------------------------------------------------------------------- */

static void directory_of(char *path)
{
	snprintf(path, PATH_MAX, "%s/cpus", state_directory());
}

static void file_of(char *path, const struct state_key *key)
{
	char file[STATE_FILE];

	state_file(file, key);
	snprintf(path, PATH_MAX, "%s/cpus/%s", state_directory(), file);
}

static void print_part(FILE *file, const char **separator, const char *key, const cpu_set_t *cpus)
{
	char list[CPU_LIST];

	if (!CPU_COUNT(cpus))
		return;
	cpus_print(cpus, list);
	fprintf(file, "%s%s=%s", *separator, key, list);
	*separator = ",";
}

static int write_file(const struct placement *placement, const char *path)
{
	FILE *file = fopen(path, "we");
	const char *separator = "";
	bool failed;

	if (!file)
		return -errno;
	fchmod(fileno(file), 0644);
	print_part(file, &separator, "rx", &placement->rx);
	print_part(file, &separator, "reader", &placement->reader);
	print_part(file, &separator, "post", &placement->post);
	fprintf(file, "\n");
	failed = ferror(file);
	return fclose(file) || failed ? -EIO : 0;
}

/**
 * placement_save - keep a placement for those who read the tap
 * @placement: nothing is kept of an empty one
 * @key: of which tap; state_lock() is held
 *
 * Return: 0, or a negative errno after a complaint
 */
int placement_save(const struct placement *placement, const struct state_key *key)
{
	char path[PATH_MAX];
	int err;

	if (!CPU_COUNT(&placement->rx) && !CPU_COUNT(&placement->reader) &&
	    !CPU_COUNT(&placement->post))
		return 0;
	directory_of(path);
	mkdir(path, 0755);	/* a failure shows at once */
	file_of(path, key);
	err = write_file(placement, path);
	if (err)
		msg_error("%s: %s", path, strerror(-err));
	return err;
}

/**
 * placement_load - read what placement_save() has kept
 * @placement: is filled, empty if nothing was kept
 * @tap: for which tap, in whatever network namespace
 */
void placement_load(struct placement *placement, const struct tap *tap)
{
	char path[PATH_MAX], text[PLACEMENT];
	struct state_key key;

	state_key(&key, tap->ports[0].ifname, tap->n_ports > 1 ? tap->ports[1].ifname : NULL);
	if (!tap_is_here(tap))
		key.netns = tap->netns;
	file_of(path, &key);
	if (read_value(text, sizeof(text), "%s", path) || parse(placement, text))
		*placement = (struct placement){ };
}

/**
 * placement_remove - forget what placement_save() has kept
 * @key: of which tap; state_lock() is held
 */
void placement_remove(const struct state_key *key)
{
	char path[PATH_MAX];

	file_of(path, key);
	unlink(path);
	directory_of(path);
	rmdir(path);	/* with the last one */
}
