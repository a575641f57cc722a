// SPDX-License-Identifier: GPL-2.0
/* A port's offloads, as ethtool -k lists them. */
#include <errno.h>
#include <fnmatch.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/features.h"
#include "lib/run.h"
#include "lib/util.h"

#define FEATURES_MAX	128	/* of one ethtool -K */
#define RESTORE_TRIES	3	/* one feature may wait for another */

/*
 * What merges, splits or rewrites frames between the wire and the tap: received frames are merged
 * (GRO, LRO), sent ones split (GSO, TSO), a VLAN tag is taken out or put in, or frames of unknown
 * VLANs are dropped.
 */
static const char *const unwanted[] = {
	"generic-receive-offload",
	"large-receive-offload",
	"rx-gro-hw",
	"rx-gro-list",
	"rx-udp-gro-forwarding",
	"generic-segmentation-offload",
	"tx-*-segmentation",
	"tx-gso-list",
	"rx-vlan-offload",
	"tx-vlan-offload",
	"rx-vlan-stag-hw-parse",
	"tx-vlan-stag-hw-insert",
	"rx-vlan-filter",
	"rx-vlan-stag-filter",
};

/* Names that stand for several features, which are listed as well. */
static const char *const groups[] = {
	"tx-checksumming",
	"scatter-gather",
	"tcp-segmentation-offload",
	"udp-fragmentation-offload",
};

static bool matches(const char *name, const char *const patterns[], size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!fnmatch(patterns[i], name, 0))
			return true;
	return false;
}

static bool is_fixed(const char *value)
{
	return strstr(value, "[fixed]");
}

/* "off [requested on]" is a feature that is switched on as soon as another one is. */
static bool is_wanted(const char *value)
{
	const char *requested = strstr(value, "[requested ");

	return !strncmp(requested ? requested + strlen("[requested ") : value, "on", 2);
}

static int parse_line(struct pairs *features, char *line)
{
	char *name = line + strspn(line, " \t");
	char *value = strstr(name, ": ");

	if (!value)
		return 0;
	*value = '\0';
	value += 2;
	if (strncmp(value, "on", 2) && strncmp(value, "off", 3))
		return 0;
	return pairs_add(features, name, value);
}

/**
 * features_read - list a port's offloads
 * @features: gets them: "on" or "off", with "[fixed]" or "[requested on]"
 * @ifname: name of the port
 *
 * Return: 0, or a negative errno after a complaint
 */
int features_read(struct pairs *features, const char *ifname)
{
	const char *const argv[] = { "ethtool", "-k", ifname, NULL };
	char *output, *line, *rest;
	int err;

	err = run_argv(argv, &output);
	if (err)
		return err;
	rest = output;
	while (!err && (line = strsep(&rest, "\n")))
		err = parse_line(features, line);
	free(output);
	return err;
}

/* All in one call: many a driver resets the NIC at each. */
static int set_features(const struct pairs *changes, const char *ifname)
{
	const char *argv[4 + 2 * FEATURES_MAX] = { "ethtool", "-K", ifname };
	int argc = 3;
	size_t i;

	for (i = 0; i < changes->n && i < FEATURES_MAX; i++) {
		argv[argc++] = changes->pairs[i].name;
		argv[argc++] = changes->pairs[i].value;
	}
	return changes->n ? run_argv(argv, NULL) : 0;
}

static int collect_unwanted(struct pairs *changes, const struct pairs *now)
{
	int err = 0;
	size_t i;

	for (i = 0; i < now->n && !err; i++) {
		const struct pair *feature = &now->pairs[i];

		if (matches(feature->name, unwanted, ARRAY_SIZE(unwanted)) &&
		    !strncmp(feature->value, "on", 2) && !is_fixed(feature->value))
			err = pairs_add(changes, feature->name, "off");
	}
	return err;
}

/**
 * features_disable - switch off what changes frames, where it is on and can be switched
 * @ifname: name of the port
 *
 * Return: 0, or a negative errno after a complaint
 */
int features_disable(const char *ifname)
{
	struct pairs changes = { };
	struct pairs now = { };
	int err;

	/* The module has switched some of them off by now. */
	err = features_read(&now, ifname);
	if (!err)
		err = collect_unwanted(&changes, &now);
	if (!err)
		err = set_features(&changes, ifname);
	pairs_free(&changes);
	pairs_free(&now);
	return err;
}

/**
 * features_change_frames - whether features_disable() would have something to do
 * @ifname: name of the port
 *
 * Return: false also of offloads that were switched off and stay on all the same
 */
bool features_change_frames(const char *ifname)
{
	struct pairs changes = { };
	struct pairs now = { };
	bool found = false;
	size_t i;

	if (!features_read(&now, ifname))
		collect_unwanted(&changes, &now);
	for (i = 0; i < changes.n && !found; i++)
		found = is_wanted(pairs_get(&now, changes.pairs[i].name));
	pairs_free(&changes);
	pairs_free(&now);
	return found;
}

static int collect_changes(struct pairs *changes, const struct pairs *saved,
			   const struct pairs *now)
{
	int err = 0;
	size_t i;

	for (i = 0; i < now->n && !err; i++) {
		const char *value = now->pairs[i].value;
		const char *was = pairs_get(saved, now->pairs[i].name);

		if (!was || !strcmp(was, value) || is_fixed(value) || is_fixed(was) ||
		    matches(now->pairs[i].name, groups, ARRAY_SIZE(groups)))
			continue;
		err = pairs_add(changes, now->pairs[i].name, is_wanted(was) ? "on" : "off");
	}
	return err;
}

static int restore_once(const struct pairs *saved, const char *ifname, size_t *n_changes)
{
	struct pairs changes = { };
	struct pairs now = { };
	int err;

	err = features_read(&now, ifname);
	if (!err)
		err = collect_changes(&changes, saved, &now);
	if (!err)
		err = set_features(&changes, ifname);
	*n_changes = changes.n;
	pairs_free(&changes);
	pairs_free(&now);
	return err;
}

/**
 * features_restore - switch a port's offloads as they were
 * @features: what features_read() said then
 * @ifname: name of the port
 *
 * Return: 0, or a negative errno after a complaint
 */
int features_restore(const struct pairs *features, const char *ifname)
{
	size_t n_changes = 1;
	int i, err = 0;

	for (i = 0; i < RESTORE_TRIES && n_changes && !err; i++)
		err = restore_once(features, ifname, &n_changes);
	return err;
}
