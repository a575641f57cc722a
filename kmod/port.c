// SPDX-License-Identifier: GPL-2.0
/*
 * A port: one netdev whose frames are stolen.
 *
 * Rules: attach and detach happen under RTNL. A frame that runs through the handler at that time
 * holds RCU, so detaching is done in two steps: first the handler goes and the peer's pointer is
 * cleared, then, after a grace period, the reference on the device is dropped. The port itself
 * lives as long as its tap, which is longer than any handler.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/rtnetlink.h>
#include "forward.h"
#include "port.h"
#include "port_bad_frames.h"
#include "port_guard.h"
#include "port_offloads.h"
#include "port_stamps.h"
#include "tap.h"

/*
 * Ports' names. They change under RTNL, too, but whoever only reads one does not wait for all that
 * RTNL is held for.
 */
static DEFINE_SPINLOCK(names);

/**
 * softtap_port_set_name - call a port as its device is called
 * @port: of a tap
 * @dev: its device
 *
 * Context: RTNL.
 */
void softtap_port_set_name(struct softtap_port *port, const struct net_device *dev)
{
	ASSERT_RTNL();
	spin_lock(&names);
	strscpy(port->ifname, dev->name, sizeof(port->ifname));
	spin_unlock(&names);
}

/**
 * softtap_port_get_name - what a port is called now
 * @port: of a tap
 * @name: filled
 *
 * Context: process; RTNL is not needed.
 */
void softtap_port_get_name(const struct softtap_port *port, char name[IFNAMSIZ])
{
	spin_lock(&names);
	strscpy(name, port->ifname, IFNAMSIZ);
	spin_unlock(&names);
}

/**
 * softtap_port_of - find the port that a device is
 * @dev: any device
 *
 * Context: RTNL.
 * Return: the port, or NULL.
 */
struct softtap_port *softtap_port_of(const struct net_device *dev)
{
	rx_handler_func_t *handler = rcu_access_pointer(dev->rx_handler);

	ASSERT_RTNL();
	if (handler != softtap_handle_frame && handler != softtap_handle_fcs_frame)
		return NULL;
	return rtnl_dereference(dev->rx_handler_data);
}

static int __arm(struct softtap_port *port, struct net_device *dev)
{
	int err;

	if (!port->tap->settings.guard)
		return 0;
	err = softtap_guard_arm(port, dev);
	if (err)
		pr_err("%s: the guard cannot be armed: error %d\n", dev->name, err);
	return err;
}

/**
 * softtap_port_set_guard - stop what the host sends out of a port, or let it pass again
 * @port: of a tap; one that waits for its device gets what the tap's settings say
 * @armed: which
 *
 * Context: RTNL, sleeps.
 * Return: 0 or a negative errno.
 */
int softtap_port_set_guard(struct softtap_port *port, bool armed)
{
	struct net_device *dev = rtnl_dereference(port->dev);

	if (!dev)
		return 0;
	if (armed)
		return softtap_guard_arm(port, dev);
	softtap_guard_disarm(port);
	return 0;
}

/**
 * softtap_port_attach - steal a device's frames
 * @port: has no device
 * @dev: the device
 *
 * Offloads that merge frames stay on until softtap_offloads_take(), and frames for other addresses
 * may not come until softtap_port_listen(). Logs one line when it refuses.
 *
 * Context: RTNL, the device's own lock may be held.
 * Return: 0, as softtap_port_check(), or what the device answers.
 */
int softtap_port_attach(struct softtap_port *port, struct net_device *dev)
{
	int err;

	ASSERT_RTNL();
	err = softtap_port_check(dev);
	if (err)
		return err;
	err = __arm(port, dev);
	if (err)
		return err;
	netdev_hold(dev, &port->tracker, GFP_KERNEL);
	softtap_port_set_name(port, dev);
	rcu_assign_pointer(port->dev, dev);
	port->fcs = port->bad_frames == SOFTTAP_BAD_DROP ? SOFTTAP_FCS_NONE : SOFTTAP_FCS_SOME;
	err = netdev_rx_handler_register(dev, softtap_bad_frames_handler(port), port);
	if (err)
		goto err_put_dev;
	netdev_info(dev, "softtap: port %c of %s\n", 'a' + port->index, port->tap->name);
	softtap_bad_frames_attached(port);
	return 0;

err_put_dev:
	RCU_INIT_POINTER(port->dev, NULL);
	synchronize_net();
	netdev_put(dev, &port->tracker);
	pr_err("%s: cannot take its frames: error %d\n", dev->name, err);
	softtap_guard_disarm(port);
	return err;
}

/**
 * softtap_port_listen - have frames for all addresses
 * @port: nothing happens when it has no device, or has them
 *
 * Logs one line when the device does not.
 *
 * Context: RTNL; not in a notifier that holds the device's own lock, which is taken.
 * Return: 0 or a negative errno.
 */
int softtap_port_listen(struct softtap_port *port)
{
	struct net_device *dev = rtnl_dereference(port->dev);
	int err;

	if (!dev || port->promiscuous)
		return 0;
	err = dev_set_promiscuity(dev, 1);
	if (err)
		pr_err("%s does not go promiscuous: error %d\n", dev->name, err);
	else
		port->promiscuous = true;
	return err;
}

/**
 * softtap_port_detach - leave a device as it was
 * @port: nothing happens when it has no device
 *
 * Context: RTNL, but not the device's own lock; sleeps for a grace period.
 */
void softtap_port_detach(struct softtap_port *port)
{
	struct net_device *dev = rtnl_dereference(port->dev);

	if (!dev)
		return;
	softtap_stamps_end(port);
	netdev_rx_handler_unregister(dev);
	RCU_INIT_POINTER(port->dev, NULL);
	synchronize_net();
	netdev_put(dev, &port->tracker);
	softtap_offloads_give_back(port, dev);
	if (port->promiscuous)
		dev_set_promiscuity(dev, -1);
	port->promiscuous = false;
	softtap_guard_disarm(port);
	netdev_info(dev, "softtap: no longer port %c of %s\n", 'a' + port->index, port->tap->name);
}

/**
 * softtap_port_awaits - does a port wait for a device of a name
 * @port: of a tap
 * @net: where
 * @ifname: the name
 *
 * Context: RTNL.
 * Return: whether it does.
 */
bool softtap_port_awaits(const struct softtap_port *port, const struct net *net,
			 const char *ifname)
{
	ASSERT_RTNL();
	return !rcu_access_pointer(port->dev) && net_eq(port->tap->net, net) &&
	       !strcmp(port->ifname, ifname);
}

/**
 * softtap_port_fcs_bytes - how much of each record of a port is its FCS
 * @port: of a tap
 *
 * Context: any.
 * Return: bytes, which stay the same as long as somebody records.
 */
u8 softtap_port_fcs_bytes(const struct softtap_port *port)
{
	return READ_ONCE(port->fcs) == SOFTTAP_FCS_ALL ? ETH_FCS_LEN : 0;
}

/**
 * softtap_port_state - a port's state in a word
 * @port: of a tap
 *
 * Context: any.
 * Return: missing, held (down, as the other port's link is), down, nocarrier or up.
 */
const char *softtap_port_state(const struct softtap_port *port)
{
	const struct net_device *dev;
	const char *state;

	rcu_read_lock();
	dev = rcu_dereference(port->dev);
	if (!dev)
		state = "missing";
	else if (!(dev->flags & IFF_UP))
		state = READ_ONCE(port->held) ? "held" : "down";
	else
		state = netif_carrier_ok(dev) ? "up" : "nocarrier";
	rcu_read_unlock();
	return state;
}
