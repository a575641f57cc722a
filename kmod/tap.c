// SPDX-License-Identifier: GPL-2.0
/*
 * A tap: made from a spec like "eth1:eth2", unmade as a whole.
 *
 * Locks: taps_lock serialises making and unmaking, and is taken before RTNL. sysfs is entered and
 * left without RTNL, because its files take it. What a frame needs is made before the ports
 * attach and freed after they have detached.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/capability.h>
#include <linux/nsproxy.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <net/net_namespace.h>
#include "compat/compat.h"
#include "port_bad_frames.h"
#include "port_link.h"
#include "port_offloads.h"
#include "port_room.h"
#include "port_stamps.h"
#include "recording.h"
#include "tap.h"

LIST_HEAD(softtap_taps);
static DEFINE_MUTEX(taps_lock);
static const struct softtap_tap_view *view;

static struct softtap_tap *__find(const char *name)
{
	struct softtap_tap *tap;

	lockdep_assert_held(&taps_lock);
	list_for_each_entry(tap, &softtap_taps, list)
		if (sysfs_streq(name, tap->name))
			return tap;
	return NULL;
}

static unsigned int __free_id(void)
{
	struct softtap_tap *tap;
	unsigned int id = 0;

	lockdep_assert_held(&taps_lock);
again:
	list_for_each_entry(tap, &softtap_taps, list) {
		if (tap->id == id) {
			id++;
			goto again;
		}
	}
	return id;
}

/* By its name or an alternative one. Return: whether there is such a device. */
static bool find_name(struct net *net, const char *name, char ifname[IFNAMSIZ])
{
	struct net_device *dev;

	rtnl_lock();
	dev = __dev_get_by_name(net, name);
	if (dev)
		strscpy(ifname, dev->name, IFNAMSIZ);
	rtnl_unlock();
	return dev;
}

static int set_name(struct softtap_tap *tap, struct softtap_port *port, const char *name,
		    size_t length)
{
	char text[ALTIFNAMSIZ];

	if (!length) {
		pr_err("a port's name is empty: a tap is given as A:B, or A to listen only\n");
		return -EINVAL;
	}
	snprintf(text, sizeof(text), "%.*s", (int)min(length, sizeof(text)), name);
	if (length < sizeof(text) && find_name(tap->net, text, port->ifname))
		return 0;
	if (length >= IFNAMSIZ) {
		pr_err("%.64s is too long for an interface: %d characters at most\n", text,
		       IFNAMSIZ - 1);
		return -ENAMETOOLONG;
	}
	strscpy(port->ifname, text, sizeof(port->ifname));
	if (!dev_valid_name(port->ifname)) {
		pr_err("\"%s\" cannot be an interface's name\n", port->ifname);
		return -EINVAL;
	}
	return 0;
}

/* Reads "A:B" or "A". */
static int parse_spec(struct softtap_tap *tap, const char *spec)
{
	size_t length = strcspn(spec, "\n");
	const char *colon = memchr(spec, ':', length);
	size_t first = colon ? colon - spec : length;
	int err;

	err = set_name(tap, &tap->port[0], spec, first);
	if (err)
		return err;
	tap->ports = 1;
	if (!colon)
		return 0;
	err = set_name(tap, &tap->port[1], colon + 1, length - first - 1);
	if (err)
		return err;
	tap->ports = 2;
	if (!strcmp(tap->port[0].ifname, tap->port[1].ifname)) {
		pr_err("%s:%s is one interface twice: a tap needs two, or one name to listen only\n",
		       tap->port[0].ifname, tap->port[1].ifname);
		return -EINVAL;
	}
	return 0;
}

static void free_counters(struct softtap_tap *tap)
{
	unsigned int i;

	for (i = 0; i < tap->ports; i++) {
		free_percpu(tap->port[i].counters);
		softtap_stamps_free(&tap->port[i]);
	}
}

/*
 * Ends a tap that nothing shows any more. Its kobject's release may come late; the memory, and the
 * module that the release is in, wait for it.
 */
static void put_tap(struct softtap_tap *tap)
{
	softtap_link_end(tap);
	softtap_channel_put(tap->channel);
	kobject_put(&tap->kobj);
	wait_for_completion(&tap->released);
	free_counters(tap);
	kfree(tap);
}

static int alloc_counters(struct softtap_tap *tap)
{
	unsigned int i;

	for (i = 0; i < tap->ports; i++) {
		tap->port[i].counters = softtap_counters_alloc();
		if (!tap->port[i].counters || softtap_stamps_alloc(&tap->port[i]))
			return -ENOMEM;
	}
	return 0;
}

static void wire_ports(struct softtap_tap *tap)
{
	unsigned int i;

	tap->channel->ports = tap->ports;
	for (i = 0; i < tap->ports; i++) {
		struct softtap_port *port = &tap->port[i];

		port->index = i;
		port->tap = tap;
		port->buffers = tap->channel->buffers;
		tap->channel->counters[i] = port->counters;
		port->bad_frames = tap->settings.bad_frames[i];
		port->peer = tap->ports == 2 ? &tap->port[!i] : NULL;
	}
}

/* Return: a tap that is nowhere visible yet, or an ERR_PTR. */
static struct softtap_tap *alloc_tap(const char *spec, const struct softtap_settings *settings)
{
	struct softtap_tap *tap = kzalloc(sizeof(*tap), GFP_KERNEL);
	int err = -ENOMEM;

	if (!tap)
		return ERR_PTR(-ENOMEM);
	tap->net = current->nsproxy->net_ns;
	err = parse_spec(tap, spec);
	if (err)
		goto err_free_tap;
	err = softtap_policy_check(settings->policy, tap->ports);
	if (err)
		goto err_free_tap;
	tap->settings = *settings;
	err = alloc_counters(tap);
	if (err)
		goto err_free_counters;
	tap->channel = softtap_channel_create(settings);
	if (IS_ERR(tap->channel)) {
		err = PTR_ERR(tap->channel);
		goto err_free_counters;
	}
	wire_ports(tap);
	INIT_LIST_HEAD(&tap->list);
	init_completion(&tap->released);
	softtap_link_init(tap);
	return tap;

err_free_counters:
	free_counters(tap);
	pr_err("no memory for %s: smaller buffers (subbuf_kb, subbufs) may do\n",
	       tap->port[0].ifname);
err_free_tap:
	kfree(tap);
	return ERR_PTR(err);
}

/* The tap that waits for a device of that name; a device of that name is its already. */
static const struct softtap_tap *__find_waiting(const struct softtap_tap *tap, const char *ifname)
{
	const struct softtap_tap *other;
	unsigned int i;

	ASSERT_RTNL();
	list_for_each_entry(other, &softtap_taps, list)
		for (i = 0; i < other->ports; i++)
			if (softtap_port_awaits(&other->port[i], tap->net, ifname))
				return other;
	return NULL;
}

static int __check_missing(const struct softtap_tap *tap, const char *ifname)
{
	const struct softtap_tap *other;

	if (!tap->settings.wait) {
		pr_err("no interface %s: \"ip link\" lists what there is\n", ifname);
		return -ENODEV;
	}
	other = __find_waiting(tap, ifname);
	if (other) {
		pr_err("%s is waited for by %s already\n", ifname, other->name);
		return -EBUSY;
	}
	pr_info("%s: waits for %s\n", tap->name, ifname);
	return 0;
}

static int __check_named(const struct softtap_tap *tap, const char *ifname)
{
	struct net_device *dev = __dev_get_by_name(tap->net, ifname);

	return dev ? softtap_port_check(dev) : __check_missing(tap, ifname);
}

/* One that is not there is welcome later (tap_notifier.c). */
static int __attach_named(struct softtap_tap *tap, struct softtap_port *port)
{
	struct net_device *dev = __dev_get_by_name(tap->net, port->ifname);
	int err;

	if (!dev)
		return 0;
	err = softtap_port_attach(port, dev);
	if (err)
		return err;
	netdev_lock_ops(dev);
	softtap_offloads_take(port);
	softtap_stamps_begin(port);
	netdev_unlock_ops(dev);
	return softtap_port_listen(port);
}

static void __detach_ports(struct softtap_tap *tap)
{
	unsigned int i;

	softtap_link_set_follow(tap, false);
	for (i = 0; i < tap->ports; i++)
		softtap_port_detach(&tap->port[i]);
}

static int __check_bad_frames(const struct softtap_tap *tap)
{
	struct net_device *devs[SOFTTAP_PORTS] = { };
	unsigned int i;

	for (i = 0; i < tap->ports; i++)
		devs[i] = __dev_get_by_name(tap->net, tap->port[i].ifname);
	return softtap_bad_frames_check(devs, tap->ports, tap->settings.bad_frames);
}

static void __list_tap(struct softtap_tap *tap)
{
	list_add_tail(&tap->list, &softtap_taps);
	if (tap->settings.link_follow)
		softtap_link_set_follow(tap, true);
}

/*
 * Attaches all ports or none, and puts the tap where the notifier finds it. All are looked at
 * before the first is touched.
 */
static int attach_ports(struct softtap_tap *tap)
{
	unsigned int i;
	int err = 0;

	rtnl_lock();
	for (i = 0; i < tap->ports && !err; i++)
		err = __check_named(tap, tap->port[i].ifname);
	if (!err)
		err = __check_bad_frames(tap);
	for (i = 0; i < tap->ports && !err; i++)
		err = __attach_named(tap, &tap->port[i]);
	if (!err)
		err = softtap_room_check(tap, tap->settings.policy, tap->settings.snaplen);
	if (err)
		__detach_ports(tap);
	else
		__list_tap(tap);
	rtnl_unlock();
	return err;
}

static void detach_ports(struct softtap_tap *tap)
{
	rtnl_lock();
	list_del(&tap->list);
	__detach_ports(tap);
	rtnl_unlock();
}

static void announce(const struct softtap_tap *tap)
{
	u64 each = (u64)tap->settings.subbuf_kb * tap->settings.subbufs;

	pr_info("%s: %s%s%s, policy %s, %llu KiB of buffers on %u CPUs\n", tap->name,
		tap->port[0].ifname, tap->ports == 2 ? ":" : " listens only",
		tap->port[1].ifname, softtap_policy_names[tap->channel->recording.policy],
		each * num_online_cpus(), num_online_cpus());
}

/* Makes the tap carry frames. What can fail is all in here. */
static int __connect(struct softtap_tap *tap)
{
	int err;

	lockdep_assert_held(&taps_lock);
	tap->id = __free_id();
	snprintf(tap->name, sizeof(tap->name), "tap%u", tap->id);
	strscpy(tap->channel->name, tap->name, sizeof(tap->channel->name));
	softtap_recording_open(tap->channel, tap->settings.tstamp == SOFTTAP_TSTAMP_HW);
	err = view->show(tap);
	if (err)
		goto err_put;
	err = attach_ports(tap);
	if (err)
		goto err_del_sysfs;
	announce(tap);
	softtap_recording_tell(tap->channel);
	return 0;

err_del_sysfs:
	view->hide(tap);
err_put:
	put_tap(tap);
	return err;
}

/* Opens the doors for readers, once. */
static void __open_doors(struct softtap_tap *tap)
{
	lockdep_assert_held(&taps_lock);
	if (tap->open)
		return;
	tap->open = true;
	view->open(tap);
}

/* The mirror image. A reader that is attached reads on to the end of what there is. */
static void __remove(struct softtap_tap *tap)
{
	lockdep_assert_held(&taps_lock);
	detach_ports(tap);
	pr_info("%s is removed\n", tap->name);
	softtap_channel_close(tap->channel);
	view->close(tap);
	view->hide(tap);
	put_tap(tap);
}

static int __connect_spec(const char *spec, const struct softtap_settings *settings,
			  struct softtap_tap **made)
{
	struct softtap_tap *tap = alloc_tap(spec, settings);

	if (IS_ERR(tap))
		return PTR_ERR(tap);
	*made = tap;
	return __connect(tap);
}

/**
 * softtap_tap_init - before the first tap is made
 * @how: taps are shown; must stay
 *
 * Context: process, nobody else can make taps yet.
 */
void softtap_tap_init(const struct softtap_tap_view *how)
{
	view = how;
}

/**
 * softtap_tap_add - make a tap
 * @spec: "A:B", or "A" to listen only; a newline may follow
 * @settings: how it is to be
 *
 * Logs one line when it refuses; nothing is left behind then.
 *
 * Context: process, no locks held.
 * Return: 0 or a negative errno.
 */
int softtap_tap_add(const char *spec, const struct softtap_settings *settings)
{
	struct softtap_tap *tap;
	int err;

	mutex_lock(&taps_lock);
	err = softtap_settings_check(settings);
	if (!err)
		err = __connect_spec(spec, settings, &tap);
	if (!err)
		__open_doors(tap);
	mutex_unlock(&taps_lock);
	return err;
}

/**
 * softtap_tap_add_all - make several taps, or none
 * @specs: as for softtap_tap_add(), with commas between; changed
 * @settings: how they are to be
 *
 * They carry frames; for readers they wait for softtap_tap_open_all().
 *
 * Context: process, no locks held; no taps made yet, and nobody else can.
 * Return: 0 or a negative errno.
 */
int softtap_tap_add_all(char *specs, const struct softtap_settings *settings)
{
	struct softtap_tap *tap;
	char *spec;
	int err = 0;

	mutex_lock(&taps_lock);
	while (!err && (spec = strsep(&specs, ","))) {
		err = softtap_settings_check(settings);
		if (!err)
			err = __connect_spec(spec, settings, &tap);
	}
	mutex_unlock(&taps_lock);
	if (err)
		softtap_tap_remove_all();
	return err;
}

/**
 * softtap_tap_open_all - let readers in
 *
 * Whoever loads the module calls it when nothing can fail any more.
 *
 * Context: process, no locks held.
 */
void softtap_tap_open_all(void)
{
	struct softtap_tap *tap;

	mutex_lock(&taps_lock);
	list_for_each_entry(tap, &softtap_taps, list)
		__open_doors(tap);
	mutex_unlock(&taps_lock);
}

/**
 * softtap_tap_may_change - may the caller change the taps of a network namespace
 * @net: in which a tap's ports are, or shall be
 *
 * Context: process; the caller holds @net, or a tap in it.
 * Return: whether it has CAP_NET_ADMIN in the user namespace that owns @net.
 */
bool softtap_tap_may_change(const struct net *net)
{
	return ns_capable(net->user_ns, CAP_NET_ADMIN);
}

static int __remove_named(const char *name)
{
	struct softtap_tap *tap = __find(name);

	if (!tap) {
		pr_err("no tap %.*s\n", (int)strcspn(name, "\n"), name);
		return -ENODEV;
	}
	if (!softtap_tap_may_change(tap->net))
		return -EPERM;
	__remove(tap);
	return 0;
}

/**
 * softtap_tap_remove - unmake a tap
 * @name: "tapN"; a newline may follow
 *
 * Context: process, no locks held.
 * Return: 0, -ENODEV when there is none of that name, -EPERM when the caller may not.
 */
int softtap_tap_remove(const char *name)
{
	int err;

	mutex_lock(&taps_lock);
	err = __remove_named(name);
	mutex_unlock(&taps_lock);
	return err;
}

/**
 * softtap_tap_remove_all - unmake all taps
 *
 * Context: process, no locks held.
 */
void softtap_tap_remove_all(void)
{
	struct softtap_tap *tap, *next;

	mutex_lock(&taps_lock);
	list_for_each_entry_safe(tap, next, &softtap_taps, list)
		__remove(tap);
	mutex_unlock(&taps_lock);
}

/**
 * softtap_tap_remove_net - unmake all taps of a network namespace
 * @net: it ends
 *
 * Context: process, without RTNL.
 */
void softtap_tap_remove_net(const struct net *net)
{
	struct softtap_tap *tap, *next;

	mutex_lock(&taps_lock);
	list_for_each_entry_safe(tap, next, &softtap_taps, list)
		if (net_eq(tap->net, net))
			__remove(tap);
	mutex_unlock(&taps_lock);
}

static int __set_guard(struct softtap_tap *tap, bool armed)
{
	unsigned int i;
	int err = 0;

	ASSERT_RTNL();
	for (i = 0; i < tap->ports && !err; i++)
		err = softtap_port_set_guard(&tap->port[i], armed);
	return err;
}

/**
 * softtap_tap_set_guard - stop what the host sends out of a tap's ports, or let it pass again
 * @tap: a tap
 * @armed: which
 *
 * Context: process, takes RTNL.
 * Return: 0 or a negative errno; then all is as it was.
 */
int softtap_tap_set_guard(struct softtap_tap *tap, bool armed)
{
	int err;

	rtnl_lock();
	err = __set_guard(tap, armed);
	if (err)
		__set_guard(tap, tap->settings.guard);
	else
		tap->settings.guard = armed;
	rtnl_unlock();
	return err;
}

/**
 * softtap_tap_set_link_follow - have one port's link follow the other's, or not
 * @tap: a tap
 * @follow: which
 *
 * Context: process, takes RTNL.
 */
void softtap_tap_set_link_follow(struct softtap_tap *tap, bool follow)
{
	rtnl_lock();
	softtap_link_set_follow(tap, follow);
	rtnl_unlock();
}

/* Those of the device are asked for, or were given back. */
static void __set_bad_frames(struct softtap_tap *tap, unsigned int i,
			     enum softtap_bad_frames wanted)
{
	struct softtap_port *port = &tap->port[i];
	struct net_device *dev = rtnl_dereference(port->dev);

	tap->settings.bad_frames[i] = wanted;
	softtap_bad_frames_set(port, wanted);
	if (!dev)
		return;
	netdev_lock_ops(dev);
	softtap_offloads_take(port);
	netdev_unlock_ops(dev);
}

/**
 * softtap_tap_set_bad_frames - change what becomes of frames that arrive broken
 * @tap: a tap
 * @wanted: for those that arrive on a, and on b
 *
 * A file says of each port whether its frames have their FCS: so it stays as long as somebody
 * records. Logs one line when it refuses.
 *
 * Context: process, takes RTNL, sleeps for grace periods.
 * Return: 0, -EBUSY (there is a reader, or policy flight), -EOPNOTSUPP (the ports cannot do it).
 */
int softtap_tap_set_bad_frames(struct softtap_tap *tap, const enum softtap_bad_frames *wanted)
{
	struct net_device *devs[SOFTTAP_PORTS] = { };
	unsigned int i;
	int err;

	rtnl_lock();
	for (i = 0; i < tap->ports; i++)
		devs[i] = rtnl_dereference(tap->port[i].dev);
	err = softtap_bad_frames_check(devs, tap->ports, wanted) ?:
	      softtap_recording_hold(tap->channel);
	if (err)
		goto unlock;
	for (i = 0; i < tap->ports; i++)
		__set_bad_frames(tap, i, wanted[i]);
	softtap_recording_let_go(tap->channel);
unlock:
	rtnl_unlock();
	return err;
}

static void __follow_clocks(struct softtap_tap *tap)
{
	unsigned int i;

	for (i = 0; i < tap->ports; i++) {
		struct net_device *dev = rtnl_dereference(tap->port[i].dev);

		if (!dev)
			continue;
		netdev_lock_ops(dev);
		if (tap->settings.tstamp == SOFTTAP_TSTAMP_HW)
			softtap_stamps_begin(&tap->port[i]);
		else
			softtap_stamps_end(&tap->port[i]);
		netdev_unlock_ops(dev);
	}
}

/**
 * softtap_tap_set_tstamp - change which times frames are recorded with
 * @tap: a tap
 * @tstamp: which
 *
 * Logs one line when it refuses.
 *
 * Context: process, takes RTNL, sleeps for grace periods.
 * Return: 0, -EBUSY (there is a reader, records of before, or policy flight).
 */
int softtap_tap_set_tstamp(struct softtap_tap *tap, enum softtap_tstamp tstamp)
{
	int err;

	rtnl_lock();
	err = softtap_recording_hold(tap->channel);
	if (err)
		goto unlock;
	err = __softtap_recording_set_stamped(tap->channel, tstamp == SOFTTAP_TSTAMP_HW);
	if (!err) {
		WRITE_ONCE(tap->settings.tstamp, tstamp);
		__follow_clocks(tap);
	}
	softtap_recording_let_go(tap->channel);
unlock:
	rtnl_unlock();
	return err;
}

/*
 * What super-frames need is looked at under RTNL: they may have other sizes after it, which is
 * warned of then.
 */
static int check_room(const struct softtap_tap *tap, enum softtap_policy policy, u32 snaplen)
{
	int err;

	if (policy != SOFTTAP_POLICY_RECORD)
		return 0;
	rtnl_lock();
	err = softtap_room_check(tap, policy, snaplen);
	rtnl_unlock();
	return err;
}

/**
 * softtap_tap_set_policy - change what happens when a buffer is full
 * @tap: a tap
 * @policy: the new policy
 *
 * Logs one line when it refuses.
 *
 * Context: process, takes RTNL, sleeps for a grace period.
 * Return: 0, or as softtap_room_check() and softtap_recording_set_policy().
 */
int softtap_tap_set_policy(struct softtap_tap *tap, enum softtap_policy policy)
{
	return softtap_tstamp_check(READ_ONCE(tap->settings.tstamp), policy) ?:
	       check_room(tap, policy, READ_ONCE(tap->channel->recording.snaplen)) ?:
	       softtap_recording_set_policy(tap->channel, policy);
}

/**
 * softtap_tap_set_snaplen - record at most so much of a frame
 * @tap: a tap
 * @snaplen: bytes, 0 for all
 *
 * Logs one line when it refuses.
 *
 * Context: process, takes RTNL.
 * Return: 0, or as softtap_room_check().
 */
int softtap_tap_set_snaplen(struct softtap_tap *tap, u32 snaplen)
{
	int err = check_room(tap, READ_ONCE(tap->channel->recording.policy), snaplen);

	if (!err)
		softtap_recording_set_snaplen(tap->channel, snaplen);
	return err;
}

/**
 * softtap_tap_state - a tap's state in a word
 * @tap: a tap
 *
 * Context: any.
 * Return: waiting (a port is missing), stopped (policy record, and nobody records), listening or
 * running.
 */
const char *softtap_tap_state(const struct softtap_tap *tap)
{
	unsigned int i;

	for (i = 0; i < tap->ports; i++)
		if (!rcu_access_pointer(tap->port[i].dev))
			return "waiting";
	if (softtap_recording_stops_wire(tap->channel))
		return "stopped";
	return tap->ports == 2 ? "running" : "listening";
}
