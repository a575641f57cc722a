// SPDX-License-Identifier: GPL-2.0
/*
 * What a network card does to frames by itself, below the kernel: it stops a sender and lets itself
 * be stopped (PAUSE, IEEE 802.3 annex 31B), sleeps between frames (EEE, clause 78), has room for
 * few of them, waits before it tells of one, and lets its firmware speak LLDP.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/ethtool.h"
#include "host/nic.h"
#include "lib/message.h"
#include "lib/util.h"

/*
 * Private flags by which drivers keep their firmware from answering LLDP: i40e
 * (i40e_gstrings_priv_flags), ice (ice_gstrings_priv_flags).
 */
static const struct pair quiet_firmware[] = {
	{ "disable-fw-lldp", "on" },
	{ "fw-lldp-agent", "off" },
};

/* Where flow control is negotiated drivers do as negotiated, and not as they are told. */
static const struct pair no_pause[] = {
	{ "autoneg", "off" },
	{ "rx", "off" },
	{ "tx", "off" },
};

static const struct pair no_eee[] = {
	{ "eee", "off" },
};

static const struct pair low_latency[] = {
	{ "adaptive-rx", "off" },
	{ "rx-usecs", "0" },
};

/* Collects what of @wanted the driver has, and has otherwise. */
static int collect(struct pairs *changes, const struct pair *wanted, size_t n,
		   const struct pairs *now)
{
	int err = 0;
	size_t i;

	for (i = 0; i < n && !err; i++) {
		const char *value = pairs_get(now, wanted[i].name);

		if (value && strcmp(value, wanted[i].value))
			err = pairs_add(changes, wanted[i].name, wanted[i].value);
	}
	return err;
}

/* --- There ----------------------------------------------------------------------------------- */

/**
 * nic_read - read what nic_set() may change
 * @nic: is filled with what the driver tells
 * @ifname: name of the port
 */
void nic_read(struct nic *nic, const char *ifname)
{
	ethtool_read(&nic->pause, &ethtool_pause, ifname);
	ethtool_read(&nic->eee, &ethtool_eee, ifname);
	ethtool_read(&nic->rings, &ethtool_rings, ifname);
	ethtool_read(&nic->coalescing, &ethtool_coalescing, ifname);
	ethtool_read_flags(&nic->flags, ifname);
}

static void set(const struct pair *wanted, size_t n, const struct ethtool_topic *topic,
		const char *ifname)
{
	struct pairs now = { };
	struct pairs changes = { };

	if (!ethtool_read(&now, topic, ifname) && !collect(&changes, wanted, n, &now) &&
	    ethtool_write(&changes, topic, ifname))
		msg_warning("%s: goes on without that", ifname);
	pairs_free(&changes);
	pairs_free(&now);
}

static void set_rings(const struct nic *nic, const char *ifname)
{
	const char *rx = pairs_get(&nic->rings, "rx-max");
	const char *tx = pairs_get(&nic->rings, "tx-max");
	const struct pair largest[] = {
		{ "rx", (char *)rx },
		{ "tx", (char *)tx },
	};

	if (rx && tx && strcmp(rx, "0") && strcmp(tx, "0"))
		set(largest, ARRAY_SIZE(largest), &ethtool_rings, ifname);
}

static void set_flags(const struct nic *nic, const char *ifname)
{
	struct pairs changes = { };

	if (!collect(&changes, quiet_firmware, ARRAY_SIZE(quiet_firmware), &nic->flags) &&
	    ethtool_write_flags(&changes, ifname))
		msg_warning("%s: its firmware may go on speaking LLDP", ifname);
	pairs_free(&changes);
}

/**
 * nic_set - have a card neither delay frames nor speak by itself
 * @nic: what nic_read() said, and what is wanted
 * @ifname: name of the port
 *
 * Flow control and EEE are off then, rings as large as they can be, LLDP is not spoken by firmware,
 * as far as the driver does that. What it refuses is told, and no reason to end.
 */
void nic_set(const struct nic *nic, const char *ifname)
{
	set(no_pause, ARRAY_SIZE(no_pause), &ethtool_pause, ifname);
	set(no_eee, ARRAY_SIZE(no_eee), &ethtool_eee, ifname);
	if (!nic->keep_rings)
		set_rings(nic, ifname);
	if (nic->low_latency)
		set(low_latency, ARRAY_SIZE(low_latency), &ethtool_coalescing, ifname);
	set_flags(nic, ifname);
}

/* --- And back -------------------------------------------------------------------------------- */

/* What there can be at most is not to be set. */
static bool is_limit(const char *name)
{
	size_t length = strlen(name);

	return length > 4 && !strcmp(name + length - 4, "-max");
}

static int differences(struct pairs *changes, const struct pairs *kept, const struct pairs *now)
{
	int err = 0;
	size_t i;

	for (i = 0; i < kept->n && !err; i++)
		if (!is_limit(kept->pairs[i].name))
			err = collect(changes, &kept->pairs[i], 1, now);
	return err;
}

static int restore(const struct pairs *kept, const struct ethtool_topic *topic, const char *ifname)
{
	struct pairs now = { };
	struct pairs changes = { };
	int err = 0;

	if (kept->n && !ethtool_read(&now, topic, ifname)) {
		err = differences(&changes, kept, &now);
		if (!err)
			err = ethtool_write(&changes, topic, ifname);
	}
	pairs_free(&changes);
	pairs_free(&now);
	return err;
}

/* Only those that were changed: of the others nobody knows what they do. */
static int restore_flags(const struct pairs *kept, const char *ifname)
{
	struct pairs now = { };
	struct pairs changes = { };
	int err = 0;
	size_t i;

	if (kept->n && !ethtool_read_flags(&now, ifname)) {
		for (i = 0; i < ARRAY_SIZE(quiet_firmware) && !err; i++) {
			const char *was = pairs_get(kept, quiet_firmware[i].name);
			const struct pair wanted = { quiet_firmware[i].name, (char *)was };

			if (was)
				err = collect(&changes, &wanted, 1, &now);
		}
		if (!err)
			err = ethtool_write_flags(&changes, ifname);
	}
	pairs_free(&changes);
	pairs_free(&now);
	return err;
}

/**
 * nic_restore - put a card's settings back as they were
 * @nic: what nic_read() said then
 * @ifname: name of the port
 *
 * Return: 0, or a negative errno after a complaint: then it can be tried again
 */
int nic_restore(const struct nic *nic, const char *ifname)
{
	const struct {
		const struct pairs *kept;
		const struct ethtool_topic *topic;
	} topics[] = {
		{ &nic->pause, &ethtool_pause },
		{ &nic->eee, &ethtool_eee },
		{ &nic->rings, &ethtool_rings },
		{ &nic->coalescing, &ethtool_coalescing },
	};
	int err = restore_flags(&nic->flags, ifname);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(topics); i++) {
		int one = restore(topics[i].kept, topics[i].topic, ifname);

		err = err ? err : one;
	}
	return err;
}

/* --- Shown ----------------------------------------------------------------------------------- */

static const char *value_of(const struct pairs *values, const char *name)
{
	const char *value = pairs_get(values, name);

	return value ? value : "-";
}

/**
 * nic_describe - say what a card does by itself, as it is now
 * @text: gets it in words, empty for a device that is no card
 * @ifname: name of the port
 */
void nic_describe(char text[NIC_TEXT], const char *ifname)
{
	struct nic now = { };

	nic_read(&now, ifname);
	text[0] = '\0';
	if (now.pause.n || now.rings.n)
		snprintf(text, NIC_TEXT,
			 "flow control rx %s tx %s, EEE %s, rings rx %s tx %s, rx-usecs %s",
			 value_of(&now.pause, "rx"), value_of(&now.pause, "tx"),
			 value_of(&now.eee, "eee"), value_of(&now.rings, "rx"),
			 value_of(&now.rings, "tx"), value_of(&now.coalescing, "rx-usecs"));
	nic_free(&now);
}

/**
 * nic_free - free what nic_read() filled
 * @nic: can be filled again
 */
void nic_free(struct nic *nic)
{
	pairs_free(&nic->pause);
	pairs_free(&nic->eee);
	pairs_free(&nic->rings);
	pairs_free(&nic->coalescing);
	pairs_free(&nic->flags);
}
