// SPDX-License-Identifier: GPL-2.0
/*
 * Broken frames: a port's card is told to hand them up, and all frames with their FCS, by which
 * they are known (softtap_handle_fcs_frame()).
 *
 * NETIF_F_RXALL comes with NETIF_F_RXFCS, and goes with it: alone it would have a broken frame sent
 * on with an FCS that the other card makes for it, as a good one. Between the two states some
 * frames have an FCS and some do not: the handler for those with one is in place before the first
 * and until after the last of them, and takes a frame for broken only when all have one.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include "compat/compat.h"
#include "forward.h"
#include "port.h"
#include "port_bad_frames.h"
#include "tap.h"

#define REASONS_MAX	320	/* bytes */
#define FCS_FEATURES	(NETIF_F_RXALL | NETIF_F_RXFCS)

/* Those that cannot be changed and are on will do. */
static bool can_receive(const struct net_device *dev)
{
	return ((dev->hw_features | dev->features) & FCS_FEATURES) == FCS_FEATURES;
}

/**
 * softtap_bad_frames_handler - how a port's frames are to be handled
 * @port: of a tap
 *
 * Context: RTNL.
 * Return: the rx_handler; softtap_port_of() knows both.
 */
rx_handler_func_t *softtap_bad_frames_handler(const struct softtap_port *port)
{
	return port->bad_frames == SOFTTAP_BAD_DROP ? softtap_handle_frame :
						      softtap_handle_fcs_frame;
}

static enum softtap_bad_frames most(const struct net_device *dev, struct net_device *peer)
{
	if (dev && !can_receive(dev))
		return SOFTTAP_BAD_DROP;
	return peer && netif_supports_nofcs(peer) ? SOFTTAP_BAD_PASS : SOFTTAP_BAD_RECORD;
}

/* Adds what works for this direction: the other one may do more. */
static void check_direction(char *text, struct net_device *const devs[SOFTTAP_PORTS],
			    unsigned int ports, unsigned int from, enum softtap_bad_frames wanted)
{
	struct net_device *dev = devs[from], *peer = ports == SOFTTAP_PORTS ? devs[!from] : NULL;
	enum softtap_bad_frames best;
	size_t used = strlen(text);

	/* One that is missing may be anything when it comes. */
	if (wanted == SOFTTAP_BAD_DROP || !dev || (ports == SOFTTAP_PORTS && !peer))
		return;
	best = most(dev, peer);
	if (wanted <= best)
		return;
	snprintf(text + used, REASONS_MAX - used,
		 "%s%s %s: for frames from port %c, %s is what works", used ? "; " : "",
		 best == SOFTTAP_BAD_DROP ? dev->name : peer ? peer->name : "a tap with one port",
		 best == SOFTTAP_BAD_DROP ? "does not hand up broken frames (rx-all and rx-fcs)" :
					    "cannot send a given FCS",
		 'a' + from, softtap_bad_frames_names[best]);
}

/**
 * softtap_bad_frames_check - see whether devices can do what is wanted of broken frames
 * @devs: of the ports, NULL for one that is missing
 * @ports: how many the tap has
 * @wanted: for frames that arrive on a, and on b
 *
 * Logs one line when it refuses.
 *
 * Context: RTNL.
 * Return: 0 or -EOPNOTSUPP.
 */
int softtap_bad_frames_check(struct net_device *const devs[SOFTTAP_PORTS], unsigned int ports,
			     const enum softtap_bad_frames *wanted)
{
	char reasons[REASONS_MAX] = "";
	unsigned int i;

	ASSERT_RTNL();
	for (i = 0; i < ports; i++)
		check_direction(reasons, devs, ports, i, wanted[i]);
	if (!*reasons)
		return 0;
	pr_err("bad_frames: %s\n", reasons);
	return -EOPNOTSUPP;
}

/**
 * softtap_bad_frames_features - what a port's device is to have switched on
 * @port: attached
 *
 * Context: RTNL.
 * Return: the features, none when broken frames are not wanted or not to be had.
 */
netdev_features_t softtap_bad_frames_features(const struct softtap_port *port)
{
	const struct net_device *dev = rtnl_dereference(port->dev);

	if (port->bad_frames == SOFTTAP_BAD_DROP || !can_receive(dev))
		return 0;
	return FCS_FEATURES;
}

/**
 * softtap_bad_frames_attached - see whether a device can send what is to be passed on
 * @port: just attached; when the tap was made, the device may not have been there
 *
 * Logs one line when it cannot.
 *
 * Context: RTNL.
 */
void softtap_bad_frames_attached(const struct softtap_port *port)
{
	struct net_device *dev = rtnl_dereference(port->dev);

	if (port->peer && port->peer->bad_frames == SOFTTAP_BAD_PASS && !netif_supports_nofcs(dev))
		netdev_warn(dev, "softtap: cannot send a given FCS: broken frames from port %c are dropped here\n",
			    'a' + port->peer->index);
}

static enum softtap_fcs_state state_of(const struct net_device *dev)
{
	switch (dev->features & FCS_FEATURES) {
	case FCS_FEATURES:
		return SOFTTAP_FCS_ALL;
	case 0:
		return SOFTTAP_FCS_NONE;
	}
	return SOFTTAP_FCS_SOME;
}

/**
 * softtap_bad_frames_settle - see what the device has made of it
 * @port: attached, its features have just been asked for
 *
 * Context: RTNL, the device's own lock may be held; sleeps for a grace period when it has changed.
 */
void softtap_bad_frames_settle(struct softtap_port *port)
{
	const struct net_device *dev = rtnl_dereference(port->dev);
	enum softtap_fcs_state state = state_of(dev);

	if (port->bad_frames == SOFTTAP_BAD_DROP || state == port->fcs)
		return;
	if (state != SOFTTAP_FCS_ALL)
		netdev_warn(dev, "softtap: broken frames are not handed up (rx-all and rx-fcs): bad_frames is drop here\n");
	WRITE_ONCE(port->fcs, SOFTTAP_FCS_SOME);
	synchronize_net();
	WRITE_ONCE(port->fcs, state);
}

/* As netdev_rx_handler_register() would, without a moment in which there is none. */
static void set_handler(const struct softtap_port *port, struct net_device *dev)
{
	rcu_assign_pointer(dev->rx_handler, softtap_bad_frames_handler(port));
}

/* Those that were on before stay on. */
static void switch_off(struct softtap_port *port, struct net_device *dev)
{
	netdev_features_t mine = port->switched_on;

	netdev_lock_ops(dev);
	dev->hw_features |= port->changeable & FCS_FEATURES;
	dev->wanted_features &= ~mine;
	port->changeable &= ~FCS_FEATURES;
	port->switched_on = 0;
	netdev_update_features(dev);
	netdev_unlock_ops(dev);
}

/**
 * softtap_bad_frames_set - change what becomes of the broken frames of a port
 * @port: of a tap; one that waits for its device gets it then
 * @wanted: softtap_bad_frames_check() has seen that it can be had
 *
 * The features follow in softtap_offloads_take(), when they are to be on.
 *
 * Context: RTNL, but not the device's own lock; sleeps for a grace period.
 */
void softtap_bad_frames_set(struct softtap_port *port, enum softtap_bad_frames wanted)
{
	struct net_device *dev = rtnl_dereference(port->dev);
	enum softtap_bad_frames before = port->bad_frames;

	WRITE_ONCE(port->bad_frames, wanted);
	if (!dev || !before == !wanted)		/* handed up as before, or not */
		return;
	WRITE_ONCE(port->fcs, SOFTTAP_FCS_SOME);
	if (wanted != SOFTTAP_BAD_DROP) {
		set_handler(port, dev);
		return;
	}
	switch_off(port, dev);
	synchronize_net();
	set_handler(port, dev);
	WRITE_ONCE(port->fcs, SOFTTAP_FCS_NONE);
}
