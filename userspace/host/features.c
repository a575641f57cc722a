// SPDX-License-Identifier: GPL-2.0
/* A port's offloads, and which of them have to be off. */
#include <errno.h>
#include <fnmatch.h>
#include <stdbool.h>
#include <string.h>

#include "host/ethtool.h"
#include "host/features.h"
#include "lib/message.h"
#include "lib/util.h"

#define RESTORE_TRIES	3	/* one feature may wait for another */

/*
 * What merges, splits or rewrites frames between the wire and the tap: received frames are merged
 * (GRO, LRO), sent ones split (GSO, TSO), a VLAN tag is taken out or put in, or frames of unknown
 * VLANs are dropped. Names are those of netdev_features_strings (net/ethtool/common.c).
 */
static const char *const unwanted[] = {
	"rx-gro",
	"rx-lro",
	"rx-gro-hw",
	"rx-gro-list",
	"rx-udp-gro-forwarding",
	"tx-generic-segmentation",
	"tx-*-segmentation",
	"tx-gso-list",
	"rx-vlan-hw-parse",
	"tx-vlan-hw-insert",
	"rx-vlan-stag-hw-parse",
	"tx-vlan-stag-hw-insert",
	"rx-vlan-filter",
	"rx-vlan-stag-filter",
};

static bool is_unwanted_name(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(unwanted); i++)
		if (!fnmatch(unwanted[i], name, 0))
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

/**
 * features_read - list a port's offloads
 * @features: gets them: "on" or "off", with "[fixed]" or "[requested on]"
 * @ifname: name of the port
 *
 * Return: 0, or a negative errno after a complaint
 */
int features_read(struct pairs *features, const char *ifname)
{
	return ethtool_read_features(features, ifname);
}

/**
 * features_effect - what an offload does to frames
 * @name: of one that is unwanted
 *
 * Return: it in words
 */
const char *features_effect(const char *name)
{
	if (!strncmp(name, "tx-vlan", 7) || !strcmp(name, "rx-vlan-hw-parse") ||
	    !strcmp(name, "rx-vlan-stag-hw-parse"))
		return "VLAN tags are taken out of frames, and put in again";
	if (!strncmp(name, "rx-vlan", 7))
		return "frames of other VLANs are dropped";
	return !strncmp(name, "rx-", 3) ? "received frames are merged" :
					  "frames are merged until they are sent";
}

/**
 * features_collect - choose the offloads that are on and change frames
 * @unwanted: gets them, with the value "off"
 * @now: what features_read() said
 *
 * Return: 0, or -ENOMEM
 */
int features_collect(struct pairs *unwanted, const struct pairs *now)
{
	int err = 0;
	size_t i;

	for (i = 0; i < now->n && !err; i++) {
		const struct pair *feature = &now->pairs[i];

		if (is_unwanted_name(feature->name) && !strncmp(feature->value, "on", 2) &&
		    !is_fixed(feature->value))
			err = pairs_add(unwanted, feature->name, "off");
	}
	return err;
}

/* What a driver keeps on all the same has been asked for, and that is all that can be done. */
static int tell_kept(const struct pairs *changes, const char *ifname)
{
	struct pairs now = { };
	size_t i;
	int err;

	err = changes->n ? features_read(&now, ifname) : 0;
	for (i = 0; i < changes->n && !err; i++) {
		const char *name = changes->pairs[i].name;
		const char *value = pairs_get(&now, name);

		if (value && !strncmp(value, "on", 2))
			msg_warning("%s: its driver does not switch %s off, which changes frames",
				    ifname, name);
	}
	pairs_free(&now);
	return err;
}

/**
 * features_disable - switch off what changes frames, where it is on and can be switched
 * @ifname: name of the port
 *
 * Warns of what stays on.
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
		err = features_collect(&changes, &now);
	if (!err)
		err = ethtool_write_features(&changes, ifname);
	if (!err)
		err = tell_kept(&changes, ifname);
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
		features_collect(&changes, &now);
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

		if (!was || !strcmp(was, value) || is_fixed(value) || is_fixed(was))
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
		err = ethtool_write_features(&changes, ifname);
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
