// SPDX-License-Identifier: GPL-2.0
/*
 * A port's queues: how many, and who chooses one.
 *
 * What a receive queue delivers stays in order as long as one CPU handles it and one transmit
 * queue takes it. The kernel sends what came on receive queue n out of transmit queue n
 * (skb_tx_hash() in net/core/dev.c), unless XPS chooses by CPU; and the CPU that took a frame from
 * the NIC handles it, unless RPS or RFS choose another one.
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/ethtool.h"
#include "host/queues.h"
#include "lib/message.h"
#include "lib/paths.h"
#include "lib/sysfs.h"
#include "lib/util.h"

#define STEERING_VALUE	1024	/* bytes, a mask of 3600 CPUs or queues */

/* As ethtool -L and ethtool_read() name them. */
static const struct {
	const char *now;
	const char *most;
} channel_kinds[] = {
	{ "rx", "rx-max" },
	{ "tx", "tx-max" },
	{ "combined", "combined-max" },
};

enum { RX, TX, COMBINED, N_CHANNELS };

/* --- How many -------------------------------------------------------------------------------- */

/**
 * struct channels - a port's queues
 * @most: how many there can be, 0 for a kind that the driver does not have
 * @now: how many there are
 */
struct channels {
	unsigned int most[N_CHANNELS];
	unsigned int now[N_CHANNELS];
};

static unsigned int number_of(const struct pairs *values, const char *name)
{
	const char *value = pairs_get(values, name);

	return value ? strtoul(value, NULL, 10) : 0;
}

/* Return: false if the driver has no word in it. */
static bool read_channels(struct channels *channels, const char *ifname)
{
	struct pairs values = { };
	int kind, err;

	err = ethtool_read(&values, &ethtool_channels, ifname);
	for (kind = 0; kind < N_CHANNELS; kind++) {
		channels->most[kind] = number_of(&values, channel_kinds[kind].most);
		channels->now[kind] = number_of(&values, channel_kinds[kind].now);
	}
	pairs_free(&values);
	return !err;
}

/* Queues that both receive and transmit, if there are such; then there need be no others. */
static unsigned int wanted_channels(const struct channels *channels, int kind, unsigned int wanted)
{
	if (!channels->most[kind])
		return 0;
	return channels->most[COMBINED] && kind != COMBINED ? 0 : wanted;
}

static unsigned int count_queues(const char *ifname, const char *direction)
{
	char path[PATH_MAX];
	struct dirent *entry;
	unsigned int n = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/%s/queues", sysfs_net_root(), ifname);
	dir = opendir(path);
	while (dir && (entry = readdir(dir)))
		n += !strncmp(entry->d_name, direction, strlen(direction));
	if (dir)
		closedir(dir);
	return n;
}

/* No complaint if there is nothing to change. */
static int check_fixed(const char *ifname, unsigned int wanted)
{
	unsigned int rx = count_queues(ifname, "rx-");
	unsigned int tx = count_queues(ifname, "tx-");

	if (rx == wanted && tx == wanted)
		return 0;
	msg_error("%s has %u receive and %u transmit queues, which its driver cannot change",
		  ifname, rx, tx);
	return -EOPNOTSUPP;
}

static int keep_channels(struct pairs *kept, const char *ifname, unsigned int wanted)
{
	struct channels channels;
	char number[16];
	int kind, err = 0;

	if (!read_channels(&channels, ifname))
		return check_fixed(ifname, wanted);
	for (kind = 0; kind < N_CHANNELS && !err; kind++) {
		if (wanted_channels(&channels, kind, wanted) > channels.most[kind]) {
			msg_error("%s can have %u queues at most", ifname, channels.most[kind]);
			return -EINVAL;
		}
		if (!channels.most[kind])
			continue;
		snprintf(number, sizeof(number), "%u", channels.now[kind]);
		err = pairs_add(kept, channel_kinds[kind].now, number);
	}
	return err;
}

/* In one call: there must not be none of them in between. */
static int write_channels(const struct channels *now, const unsigned int *to, const char *ifname)
{
	struct pairs changes = { };
	char number[16];
	int kind, err = 0;

	for (kind = 0; kind < N_CHANNELS && !err; kind++) {
		snprintf(number, sizeof(number), "%u", to[kind]);
		if (to[kind] != now->now[kind])
			err = pairs_add(&changes, channel_kinds[kind].now, number);
	}
	if (!err)
		err = ethtool_write(&changes, &ethtool_channels, ifname);
	pairs_free(&changes);
	return err;
}

static int set_channels(const char *ifname, unsigned int wanted)
{
	struct channels channels;
	unsigned int to[N_CHANNELS];
	int kind;

	if (!read_channels(&channels, ifname))
		return 0;
	for (kind = 0; kind < N_CHANNELS; kind++)
		to[kind] = wanted_channels(&channels, kind, wanted);
	return write_channels(&channels, to, ifname);
}

static int restore_channels(const struct pairs *kept, const char *ifname)
{
	struct channels channels;
	unsigned int to[N_CHANNELS];
	int kind;

	if (!kept->n || !read_channels(&channels, ifname))
		return 0;
	for (kind = 0; kind < N_CHANNELS; kind++) {
		const char *number = pairs_get(kept, channel_kinds[kind].now);

		to[kind] = number ? strtoul(number, NULL, 10) : channels.now[kind];
	}
	return write_channels(&channels, to, ifname);
}

/* --- Who chooses ----------------------------------------------------------------------------- */

static const char *const transmit_steering[] = { "xps_cpus", "xps_rxqs" };
static const char *const receive_steering[] = { "rps_cpus", "rps_flow_cnt" };

static int steering_read(char *value, const char *ifname, const char *name)
{
	return read_value(value, STEERING_VALUE, "%s/%s/queues/%s", sysfs_net_root(), ifname, name);
}

static int steering_write(const char *value, const char *ifname, const char *name)
{
	int err;

	msg_verbose("%s/%s = %s", ifname, name, value);
	err = write_value(value, "%s/%s/queues/%s", sysfs_net_root(), ifname, name);
	if (err)
		msg_error("%s/%s = %s: %s", ifname, name, value, strerror(-err));
	return err;
}

/* What a queue does not have, or a port with a single queue does not need, cannot be read. */
static int read_queue(struct pairs *steering, const char *ifname, const char *queue)
{
	const char *const *files = *queue == 't' ? transmit_steering : receive_steering;
	char name[PATH_MAX], value[STEERING_VALUE];
	int i, err = 0;

	for (i = 0; i < 2 && !err; i++) {
		snprintf(name, sizeof(name), "%.64s/%s", queue, files[i]);
		if (!steering_read(value, ifname, name))
			err = pairs_add(steering, name, value);
	}
	return err;
}

static int read_steering(struct pairs *steering, const char *ifname)
{
	char path[PATH_MAX];
	struct dirent *entry;
	int err = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/%s/queues", sysfs_net_root(), ifname);
	dir = opendir(path);
	if (!dir)
		return -errno;
	while (!err && (entry = readdir(dir)))
		if (!strncmp(entry->d_name, "tx-", 3) || !strncmp(entry->d_name, "rx-", 3))
			err = read_queue(steering, ifname, entry->d_name);
	closedir(dir);
	return err;
}

static bool is_nothing(const char *mask)
{
	return strspn(mask, "0,") == strlen(mask);
}

static int clear_steering(const char *ifname)
{
	struct pairs now = { };
	size_t i;
	int err;

	err = read_steering(&now, ifname);
	for (i = 0; i < now.n && !err; i++)
		if (!is_nothing(now.pairs[i].value))
			err = steering_write("0", ifname, now.pairs[i].name);
	pairs_free(&now);
	return err;
}

static int restore_steering(const struct pairs *kept, const char *ifname)
{
	char now[STEERING_VALUE];
	int err = 0;
	size_t i;

	for (i = 0; i < kept->n; i++) {
		const struct pair *pair = &kept->pairs[i];
		int one = 0;

		if (!steering_read(now, ifname, pair->name) && strcmp(now, pair->value))
			one = steering_write(pair->value, ifname, pair->name);
		err = err ? err : one;
	}
	return err;
}

/* --- Both ------------------------------------------------------------------------------------ */

/**
 * queues_read - read what queues_set() may change
 * @queues: says how many are wanted; is filled, also when that fails half way
 * @ifname: name of the port
 *
 * Return: 0, or a negative errno after a complaint: -EINVAL or -EOPNOTSUPP if the port cannot have
 * that many
 */
int queues_read(struct queues *queues, const char *ifname)
{
	int err = 0;

	if (queues->wanted)
		err = keep_channels(&queues->channels, ifname, queues->wanted);
	if (err)
		return err;
	err = read_steering(&queues->steering, ifname);
	if (err)
		msg_error("%s: cannot read its queues' settings: %s", ifname, strerror(-err));
	return err;
}

/**
 * queues_set - have receive queue n of one port lead to transmit queue n of the other
 * @queues: what queues_read() said
 * @ifname: name of the port
 *
 * Return: 0, or a negative errno after a complaint
 */
int queues_set(const struct queues *queues, const char *ifname)
{
	int err = 0;

	if (queues->wanted && queues->channels.n)
		err = set_channels(ifname, queues->wanted);
	/* A driver may choose anew when their number changes. */
	return err ? err : clear_steering(ifname);
}

/**
 * queues_are_steered - whether a queue or a CPU is chosen for a port's frames
 * @ifname: name of the port
 *
 * Return: whether queues_set() would end that
 */
bool queues_are_steered(const char *ifname)
{
	struct pairs now = { };
	bool found = false;
	size_t i;

	read_steering(&now, ifname);
	for (i = 0; i < now.n && !found; i++)
		found = !is_nothing(now.pairs[i].value);
	pairs_free(&now);
	return found;
}

/**
 * queues_restore - put a port's queues back as they were
 * @queues: what queues_read() said then
 * @ifname: name of the port
 *
 * Return: 0, or a negative errno after a complaint
 */
int queues_restore(const struct queues *queues, const char *ifname)
{
	int err;

	err = restore_channels(&queues->channels, ifname);
	return err ? err : restore_steering(&queues->steering, ifname);
}
