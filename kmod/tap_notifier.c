// SPDX-License-Identifier: GPL-2.0
/*
 * What happens to devices: ports that go, come back, are renamed, or get offloads or VLANs; and to
 * network namespaces, with which their taps end.
 *
 * What concerns devices runs under RTNL.
 */
#include <linux/if_vlan.h>
#include <linux/netdevice.h>
#include <linux/notifier.h>
#include <linux/rtnetlink.h>
#include <linux/workqueue.h>
#include <net/net_namespace.h>
#include "compat/compat.h"
#include "port.h"
#include "port_link.h"
#include "port_offloads.h"
#include "port_room.h"
#include "port_stamps.h"
#include "tap.h"
#include "tap_notifier.h"

static void listen_all(struct work_struct *work)
{
	struct softtap_tap *tap;
	unsigned int i;

	rtnl_lock();
	list_for_each_entry(tap, &softtap_taps, list)
		for (i = 0; i < tap->ports; i++)
			softtap_port_listen(&tap->port[i]);
	rtnl_unlock();
}

static DECLARE_WORK(listening, listen_all);

/* A device that has a lock of its own holds it now, and would take it once more. */
static void attach(struct softtap_port *port, struct net_device *dev)
{
	if (softtap_port_attach(port, dev))
		return;
	if (netdev_need_ops_lock(dev))
		schedule_work(&listening);
	else
		softtap_port_listen(port);
}

/*
 * A device came, or got this name: is it a port that is missing? Its offloads are taken when it
 * goes up, as some drivers set them after they have registered.
 */
static void welcome(struct net_device *dev)
{
	struct softtap_tap *tap;
	unsigned int i;

	if (softtap_port_of(dev))
		return;
	list_for_each_entry(tap, &softtap_taps, list) {
		for (i = 0; i < tap->ports; i++) {
			if (softtap_port_awaits(&tap->port[i], dev_net(dev), dev->name)) {
				attach(&tap->port[i], dev);
				return;
			}
		}
	}
}

/*
 * Whatever is put on a port would miss its frames; but for a VLAN device, which would take them
 * before the port sees them (vlan_do_receive()).
 */
static int judge_upper(const struct net_device *dev,
		       const struct netdev_notifier_changeupper_info *change)
{
	struct netlink_ext_ack *extack = netdev_notifier_info_to_extack(&change->info);

	if (!change->linking)
		return NOTIFY_DONE;
	if (is_vlan_dev(change->upper_dev))
		NL_SET_ERR_MSG(extack,
			       "softtap: a port takes no VLAN device, it passes tags as they are");
	else
		NL_SET_ERR_MSG(extack, "softtap: it is a port of a tap, nothing can be put on it");
	netdev_err(dev, "softtap: %s on a port is refused\n", change->upper_dev->name);
	return notifier_from_errno(-EBUSY);
}

static int on_port_event(struct softtap_port *port, struct net_device *dev,
			 unsigned long event, void *ptr)
{
	switch (event) {
	case NETDEV_UP:
		softtap_stamps_begin(port);	/* drivers may make another clock then */
		fallthrough;
	case NETDEV_DOWN:
	case NETDEV_CHANGE:
		softtap_link_changed(port, event == NETDEV_UP);
		break;
	case NETDEV_UNREGISTER:		/* also when it moves to another namespace */
		port->held = false;
		softtap_port_detach(port);
		softtap_link_changed(port, false);
		break;
	case NETDEV_CHANGENAME:
		/* It keeps its device, and is called as that is from then on. */
		softtap_port_set_name(port, dev);
		break;
	case NETDEV_PRE_UP:
	case NETDEV_FEAT_CHANGE:
		softtap_offloads_take(port);
		fallthrough;
	case NETDEV_CHANGEMTU:		/* other sizes than the MTU change without a word */
		softtap_room_warn(port);
		break;
	case NETDEV_PRECHANGEUPPER:
		return judge_upper(dev, ptr);
	}
	return NOTIFY_DONE;
}

/* A device that is up already when it gets the name will not go up once more. */
static void welcome_renamed(struct net_device *dev)
{
	struct softtap_port *port;

	welcome(dev);
	port = softtap_port_of(dev);
	if (!port)
		return;
	softtap_offloads_take(port);
	softtap_stamps_begin(port);
}

static bool is_above(struct net_device *dev, struct net_device *lower)
{
	bool above;

	rcu_read_lock();
	above = netdev_has_upper_dev_all_rcu(lower, dev);
	rcu_read_unlock();
	return above;
}

static void warn_above(struct net_device *lower)
{
	struct softtap_tap *tap;
	unsigned int i;

	list_for_each_entry(tap, &softtap_taps, list) {
		for (i = 0; i < tap->ports; i++) {
			struct net_device *dev = rtnl_dereference(tap->port[i].dev);

			if (dev && is_above(dev, lower))
				softtap_offloads_warn(dev, lower);
		}
	}
}

/* Something is put together of a device, and of those below it. */
static void judge_lower(struct net_device *dev,
			const struct netdev_notifier_changeupper_info *change)
{
	if (!change->linking)
		return;
	if (!softtap_offloads_merge(dev))
		dev = softtap_offloads_find_below(dev);
	if (dev)
		warn_above(dev);
}

/* Of a device that is no port, but perhaps to become one, or one of those below a port. */
static void on_other_event(struct net_device *dev, unsigned long event, void *ptr)
{
	switch (event) {
	case NETDEV_REGISTER:
		welcome(dev);
		break;
	case NETDEV_CHANGENAME:
		welcome_renamed(dev);
		break;
	case NETDEV_FEAT_CHANGE:
		if (softtap_offloads_merge(dev))
			warn_above(dev);
		break;
	case NETDEV_CHANGEUPPER:
		judge_lower(dev, ptr);
		break;
	}
}

static int on_event(struct notifier_block *block, unsigned long event, void *ptr)
{
	struct net_device *dev = netdev_notifier_info_to_dev(ptr);
	struct softtap_port *port = softtap_port_of(dev);

	if (port)
		return on_port_event(port, dev, event, ptr);
	on_other_event(dev, event, ptr);
	return NOTIFY_DONE;
}

static struct notifier_block notifier = {
	.notifier_call = on_event,
};

static void __net_exit on_net_exit(struct net *net)
{
	softtap_tap_remove_net(net);
}

static struct pernet_operations net_operations = {
	.exit = on_net_exit,
};

/**
 * softtap_notifier_register - listen to what happens to devices, in all namespaces
 *
 * Namespaces end for us as for a driver of devices, which is before the stack moves real devices
 * out of them and deletes the others (default_device_exit_batch() in net/core/dev.c).
 *
 * Context: process, takes RTNL.
 * Return: 0 or a negative errno.
 */
int softtap_notifier_register(void)
{
	int err = register_pernet_device(&net_operations);

	if (err)
		return err;
	err = register_netdevice_notifier(&notifier);
	if (err)
		unregister_pernet_device(&net_operations);
	return err;
}

/**
 * softtap_notifier_unregister - stop listening
 *
 * Context: process, takes RTNL.
 */
void softtap_notifier_unregister(void)
{
	unregister_netdevice_notifier(&notifier);
	unregister_pernet_device(&net_operations);
	cancel_work_sync(&listening);
}
