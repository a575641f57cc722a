// SPDX-License-Identifier: GPL-2.0
/* What the module shows of its taps: counters, states and settings. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tap/counters.h"
#include "lib/message.h"
#include "lib/paths.h"
#include "lib/status.h"
#include "lib/util.h"

const char *const counter_names[N_COUNTERS] = {
#define COUNTER_NAME(name, NAME) #name,
	SOFTTAP_COUNTERS(COUNTER_NAME)
#undef COUNTER_NAME
};

/**
 * module_loaded - whether the module is there
 *
 * Return: true if its directory in sysfs is
 */
bool module_loaded(void)
{
	return !access(sysfs_root(), F_OK);
}

/**
 * netns_self - which network namespace this process is in
 *
 * Return: its number, the inode of its file in nsfs; 0 when it cannot be told.
 */
__u64 netns_self(void)
{
	char path[PATH_MAX];
	struct stat status;

	snprintf(path, sizeof(path), "%s/self/ns/net", proc_root());
	return stat(path, &status) ? 0 : status.st_ino;
}

/**
 * tap_is_here - whether a tap's ports are in the network namespace of this process
 * @tap: the tap; elsewhere, devices of its ports' names are other ones
 *
 * Return: true also when it cannot be told
 */
bool tap_is_here(const struct tap *tap)
{
	__u64 self = netns_self();

	return !tap->netns || !self || tap->netns == self;
}

/* Return: what a file of a tap says, 0 for a module that has no such file. */
static __u64 read_number(const char *tap, const char *file)
{
	char value[SYSFS_VALUE];

	if (read_value(value, sizeof(value), "%s/%s/%s", sysfs_root(), tap, file))
		return 0;
	return strtoull(value, NULL, 10);
}

static void read_residence(struct tap_port *port, const char *tap, char letter)
{
	char value[SOFTTAP_RESIDENCE_COUNTS * 21];
	char *at = value;
	int i;

	if (read_value(value, sizeof(value), "%s/%s/%c/residence", sysfs_root(), tap, letter))
		return;
	for (i = 0; i < SOFTTAP_RESIDENCE_COUNTS; i++)
		port->residence[i] = strtoull(at, &at, 10);
}

static int port_read(struct tap_port *port, const char *tap, char letter)
{
	char value[SYSFS_VALUE];
	int i, err;

	err = read_value(port->ifname, sizeof(port->ifname), "%s/%s/%c/ifname", sysfs_root(), tap,
			 letter);
	if (err)
		return err;
	read_value(port->state, sizeof(port->state), "%s/%s/%c/state", sysfs_root(), tap, letter);
	for (i = 0; i < N_COUNTERS; i++) {
		read_value(value, sizeof(value), "%s/%s/%c/%s", sysfs_root(), tap, letter,
			   counter_names[i]);
		port->counters[i] = strtoull(value, NULL, 10);
	}
	read_value(port->clock_error, sizeof(port->clock_error), "%s/%s/%c/clock_error",
		   sysfs_root(), tap, letter);
	read_residence(port, tap, letter);
	return 0;
}

/**
 * tap_read - read all of one tap
 * @tap: is filled
 * @name: of the tap
 *
 * Return: 0, or a negative errno: -ENOENT when there is no such tap
 */
int tap_read(struct tap *tap, const char *name)
{
	const struct {
		const char *file;
		char *value;
	} settings[] = {
		{ "state", tap->state },
		{ "policy", tap->policy },
		{ "snaplen", tap->snaplen },
		{ "guard", tap->guard },
		{ "link_follow", tap->link_follow },
		{ "bad_frames", tap->bad_frames },
		{ "tstamp", tap->tstamp },
	};
	size_t i;
	int err;

	memset(tap, 0, sizeof(*tap));
	snprintf(tap->name, sizeof(tap->name), "%s", name);
	for (i = 0; i < ARRAY_SIZE(settings); i++)
		read_value(settings[i].value, SYSFS_VALUE, "%s/%s/%s", sysfs_root(), name,
			   settings[i].file);
	tap->netns = read_number(name, "netns");
	tap->buffer_size = read_number(name, "buffer_size");
	tap->buffer_fill = read_number(name, "buffer_fill");
	tap->buffer_highest = read_number(name, "buffer_highest");
	err = port_read(&tap->ports[0], name, 'a');
	if (err)
		return err;
	tap->n_ports = port_read(&tap->ports[1], name, 'b') ? 1 : 2;
	return 0;
}

static int is_tap(const struct dirent *entry)
{
	const char *number = entry->d_name + 3;

	return !strncmp(entry->d_name, "tap", 3) && *number &&
	       strlen(entry->d_name) < TAP_NAME && strspn(number, "0123456789") == strlen(number);
}

/**
 * taps_read - read all taps, in the order of their numbers
 * @taps: gets an array, to be freed
 * @n_taps: gets its length
 *
 * Return: 0, or a negative errno: -ENOENT when the module is not loaded
 */
int taps_read(struct tap **taps, size_t *n_taps)
{
	struct dirent **entries;
	int i, n;

	*n_taps = 0;
	*taps = NULL;
	n = scandir(sysfs_root(), &entries, is_tap, versionsort);
	if (n < 0)
		return -errno;
	*taps = calloc(n + 1, sizeof(**taps));
	for (i = 0; i < n; i++) {
		/* One that goes away between the listing and the reading is no error. */
		if (*taps && !tap_read(&(*taps)[*n_taps], entries[i]->d_name))
			(*n_taps)++;
		free(entries[i]);
	}
	free(entries);
	return *taps ? 0 : -ENOMEM;
}

/**
 * taps_select - read the taps a command is about, and complain if that cannot be done
 * @taps: gets an array, to be freed
 * @n_taps: gets its length
 * @name: one tap's name, or NULL for all
 *
 * Return: an exit status
 */
int taps_select(struct tap **taps, size_t *n_taps, const char *name)
{
	size_t i;
	int err;

	err = taps_read(taps, n_taps);
	if (err == -ENOENT)
		msg_error("the kernel module is not loaded, `softtap up' loads it");
	else if (err)
		msg_error("%s: %s", sysfs_root(), strerror(-err));
	if (err)
		return EXIT_FAILED;
	if (!name)
		return EXIT_OK;
	for (i = 0; i < *n_taps && strcmp((*taps)[i].name, name); i++)
		;
	if (i == *n_taps) {
		msg_error("no tap `%s', see softtap show", name);
		free(*taps);
		return EXIT_FAILED;
	}
	(*taps)[0] = (*taps)[i];
	*n_taps = 1;
	return EXIT_OK;
}
