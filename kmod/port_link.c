// SPDX-License-Identifier: GPL-2.0
/*
 * One port's link goes down with the other's, as that of a cable does which is cut anywhere: the
 * other port's device is set down, which takes its carrier away from the far end, as far as its
 * driver does that; and up again when the first one's link is back.
 *
 * Of the two ports one at most is held down, and never the one whose link went first: that one is
 * up, and sees when its link comes back. So neither waits for the other.
 */
#include <linux/jiffies.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <linux/workqueue.h>
#include "port.h"
#include "port_link.h"
#include "tap.h"

/* So long a link has to be there, without a break, before the other one is told: one that flaps. */
#define STABLE	HZ
/* So long a device that was set up may take to have a link: negotiation takes 2 to 4 s. */
#define GRACE	(10 * HZ)

static bool has_link(const struct softtap_port *port)
{
	const struct net_device *dev = rtnl_dereference(port->dev);

	return dev && netif_running(dev) && netif_carrier_ok(dev);
}

/*
 * It had a link since it was set up, or has had the time to get one. Return: whether it has none
 * all the same; @again is set when that is to be looked at later, in jiffies.
 */
static bool has_lost(struct softtap_port *port, unsigned long *again)
{
	const struct net_device *dev = rtnl_dereference(port->dev);
	unsigned long grace = port->set_up + GRACE;

	if (has_link(port))
		port->had_link = true;
	else if (port->had_link)
		return true;
	else if (dev && dev->flags & IFF_UP && time_after_eq(jiffies, grace))
		return true;
	else if (dev && dev->flags & IFF_UP)
		*again = grace - jiffies;
	return false;
}

static void hold(struct softtap_port *port)
{
	struct net_device *dev = rtnl_dereference(port->dev);

	if (!dev || !(dev->flags & IFF_UP))
		return;
	netdev_info(dev, "softtap: set down, as the link of %s is\n", port->peer->ifname);
	port->held = true;
	dev_close(dev);
}

static void let_go(struct softtap_port *port)
{
	struct net_device *dev = rtnl_dereference(port->dev);
	int err;

	if (!port->held)
		return;
	port->held = false;
	port->had_link = false;
	port->set_up = jiffies;
	if (!dev)
		return;
	err = dev_open(dev, NULL);
	if (err)
		netdev_err(dev, "softtap: cannot be set up again: error %d\n", err);
	else
		netdev_info(dev, "softtap: set up again\n");
}

/* It waits for the other one. Return: jiffies until that is to be looked at again, or 0 */
static unsigned long follow_up(struct softtap_port *held)
{
	unsigned long stable = held->peer->link_changed + STABLE;

	if (!has_link(held->peer))
		return 0;
	if (time_before(jiffies, stable))
		return stable - jiffies;
	let_go(held);
	return 0;
}

/* Somebody else has set it up. */
static void notice_set_up(struct softtap_port *port)
{
	const struct net_device *dev = rtnl_dereference(port->dev);

	if (dev && dev->flags & IFF_UP)
		port->held = false;
}

static unsigned long follow(struct softtap_port *a, struct softtap_port *b)
{
	unsigned long again = 0;

	notice_set_up(a);
	notice_set_up(b);
	if (a->held)
		return follow_up(a);
	if (b->held)
		return follow_up(b);
	if (has_lost(a, &again))
		hold(b);
	else if (has_lost(b, &again))
		hold(a);
	return again;
}

static void link_work(struct work_struct *work)
{
	struct softtap_tap *tap = container_of(to_delayed_work(work), struct softtap_tap,
					       link_work);
	unsigned long again = 0;

	rtnl_lock();
	if (tap->settings.link_follow && tap->ports == SOFTTAP_PORTS)
		again = follow(&tap->port[0], &tap->port[1]);
	if (again)
		mod_delayed_work(system_long_wq, &tap->link_work, again);
	rtnl_unlock();
}

/**
 * softtap_link_init - before a tap's ports attach
 * @tap: new
 */
void softtap_link_init(struct softtap_tap *tap)
{
	INIT_DELAYED_WORK(&tap->link_work, link_work);
}

/**
 * softtap_link_changed - look at a port's link
 * @port: was set up or down, or its carrier came or went, or its device
 * @set_up: it was set up
 *
 * Context: RTNL, the device's own lock may be held: devices are set up and down later.
 */
void softtap_link_changed(struct softtap_port *port, bool set_up)
{
	struct softtap_tap *tap = port->tap;

	ASSERT_RTNL();
	port->link_changed = jiffies;
	if (set_up) {
		port->set_up = jiffies;
		port->had_link = false;
	}
	if (tap->settings.link_follow)
		mod_delayed_work(system_long_wq, &tap->link_work, 0);
}

/**
 * softtap_link_set_follow - switch it on or off
 * @tap: a tap
 * @follow: which; a port that is held is let go when it is off
 *
 * Context: RTNL, but no device's own lock.
 */
void softtap_link_set_follow(struct softtap_tap *tap, bool follow)
{
	unsigned int i;

	ASSERT_RTNL();
	tap->settings.link_follow = follow;
	for (i = 0; i < tap->ports; i++) {
		if (!follow)
			let_go(&tap->port[i]);
		else
			softtap_link_changed(&tap->port[i], true);
	}
}

/**
 * softtap_link_end - before a tap goes
 * @tap: its ports are detached, which has let them go
 *
 * Context: process, without RTNL.
 */
void softtap_link_end(struct softtap_tap *tap)
{
	cancel_delayed_work_sync(&tap->link_work);
}
