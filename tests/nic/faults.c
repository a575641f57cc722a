// SPDX-License-Identifier: GPL-2.0
/*
 * Faults on demand, files in debugfs, testnic/cardN/faults:
 *
 *	tx_stalled	a mask of transmit queues from which nothing moves: their rings fill, the
 *			stack stops, its watchdog resets the card
 *	rx_stalled	a mask of queues whose interrupts do not arrive: receive rings overflow
 *	tx_busy		so many frames are refused by ndo_start_xmit (NETDEV_TX_BUSY)
 *	no_memory	so many receive buffers cannot be replaced, and their frames are lost
 *	habits		a mask of what the card does to frames and should not: enum nic_habit
 *	reset		whatever is written: rings are made anew
 *	rtnl_ms		RTNL is held for so many milliseconds, as by a slow driver; the write
 *			returns then. Reads 1 meanwhile
 *
 * And one that tells: "arrivals", when frames that got a time arrived in truth, each 64 bits of ns
 * since 1970 by the system's clock.
 *
 * A card that disappears is one whose driver is unbound (main.c); a link that fails, cable.c.
 */
#include <linux/debugfs.h>
#include <linux/delay.h>
#include <linux/rtnetlink.h>

#include "nic.h"

/**
 * nic_fault - take one of a number of faults that are to come
 * @left: so many are
 *
 * Return: whether there was one
 */
bool nic_fault(u32 *left)
{
	u32 now = READ_ONCE(*left);

	while (unlikely(now))
		if (try_cmpxchg(left, &now, now - 1))
			return true;
	return false;
}

/* What was stalled moves again. RTNL: the card does not go down meanwhile. */
static void set_mask(struct nic_card *card, u32 *mask, u64 value)
{
	rtnl_lock();
	WRITE_ONCE(*mask, value);
	if (card->sending)
		mod_delayed_work(system_highpri_wq, &card->resume, 0);
	rtnl_unlock();
}

static int tx_stalled_get(void *data, u64 *value)
{
	*value = ((struct nic_card *)data)->faults.tx_stalled;
	return 0;
}

static int tx_stalled_set(void *data, u64 value)
{
	set_mask(data, &((struct nic_card *)data)->faults.tx_stalled, value);
	return 0;
}

static int rx_stalled_get(void *data, u64 *value)
{
	*value = ((struct nic_card *)data)->faults.rx_stalled;
	return 0;
}

static int rx_stalled_set(void *data, u64 value)
{
	set_mask(data, &((struct nic_card *)data)->faults.rx_stalled, value);
	return 0;
}

static int reset_set(void *data, u64 value)
{
	schedule_work(&((struct nic_card *)data)->reset);
	return 0;
}

static bool rtnl_held;	/* by us; RTNL */

static int rtnl_ms_get(void *data, u64 *value)
{
	*value = READ_ONCE(rtnl_held);
	return 0;
}

static int rtnl_ms_set(void *data, u64 value)
{
	rtnl_lock();
	WRITE_ONCE(rtnl_held, true);
	msleep_interruptible(value);
	WRITE_ONCE(rtnl_held, false);
	rtnl_unlock();
	return 0;
}

DEFINE_DEBUGFS_ATTRIBUTE(tx_stalled_operations, tx_stalled_get, tx_stalled_set, "%llu\n");
DEFINE_DEBUGFS_ATTRIBUTE(rx_stalled_operations, rx_stalled_get, rx_stalled_set, "%llu\n");
DEFINE_DEBUGFS_ATTRIBUTE(reset_operations, NULL, reset_set, "%llu\n");
DEFINE_DEBUGFS_ATTRIBUTE(rtnl_ms_operations, rtnl_ms_get, rtnl_ms_set, "%llu\n");

/**
 * nic_faults_create - make a card's files
 * @card: registered
 */
void nic_faults_create(struct nic_card *card)
{
	struct dentry *dir = debugfs_create_dir("faults", card->out->dir);

	debugfs_create_file_unsafe("tx_stalled", 0600, dir, card, &tx_stalled_operations);
	debugfs_create_file_unsafe("rx_stalled", 0600, dir, card, &rx_stalled_operations);
	debugfs_create_file_unsafe("reset", 0200, dir, card, &reset_operations);
	debugfs_create_file_unsafe("rtnl_ms", 0600, dir, card, &rtnl_ms_operations);
	debugfs_create_u32("tx_busy", 0600, dir, &card->faults.tx_busy);
	debugfs_create_u32("no_memory", 0600, dir, &card->faults.no_memory);
	debugfs_create_x32("habits", 0600, dir, &card->faults.habits);
	debugfs_create_blob("arrivals", 0400, dir, &card->clock.arrivals);
	card->faults.dir = dir;
}

/**
 * nic_faults_destroy - remove them
 * @card: whose; nobody uses the files when this returns
 */
void nic_faults_destroy(struct nic_card *card)
{
	debugfs_remove(card->faults.dir);
}
