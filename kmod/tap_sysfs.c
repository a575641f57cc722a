// SPDX-License-Identifier: GPL-2.0
/*
 * /sys/kernel/softtap: one value a file.
 *
 *	version add remove
 *	tapN/{state,policy,snaplen,guard,link_follow,bad_frames,tstamp}
 *	tapN/buffer_{size,fill,highest}
 *	tapN/{a,b}/{ifname,state,fcs_bytes,clock_error,residence} and the counters of
 *	softtap_counters.h
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kobject.h>
#include <linux/module.h>
#include <linux/nsproxy.h>
#include <linux/sysfs.h>
#include "counters.h"
#include "port_stamps.h"
#include "recording.h"
#include "settings.h"
#include "tap.h"
#include "tap_sysfs.h"

/* The settings that a tap added later gets: those of insmod. */
static const struct softtap_settings *defaults;
static struct kobject *root;

static struct softtap_tap *tap_of(struct kobject *kobj)
{
	return container_of(kobj, struct softtap_tap, kobj);
}

/* Port files: which port and which counter a file shows is in the attribute. */
struct port_attribute {
	struct kobj_attribute attr;
	unsigned int port;
	size_t offset;
};

static const struct port_attribute *port_attribute(struct kobj_attribute *attr)
{
	return container_of(attr, struct port_attribute, attr);
}

static ssize_t counter_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	const struct port_attribute *which = port_attribute(attr);
	const struct softtap_port *port = &tap_of(kobj)->port[which->port];

	return sysfs_emit(buf, "%llu\n", softtap_counters_sum(port->counters, which->offset));
}

static ssize_t ifname_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	const struct softtap_port *port = &tap_of(kobj)->port[port_attribute(attr)->port];
	char name[IFNAMSIZ];

	softtap_port_get_name(port, name);
	return sysfs_emit(buf, "%s\n", name);
}

static ssize_t port_state_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	const struct softtap_port *port = &tap_of(kobj)->port[port_attribute(attr)->port];

	return sysfs_emit(buf, "%s\n", softtap_port_state(port));
}

static ssize_t fcs_bytes_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	const struct softtap_port *port = &tap_of(kobj)->port[port_attribute(attr)->port];

	return sysfs_emit(buf, "%u\n", softtap_port_fcs_bytes(port));
}

/* Of the card's clock against the system's, ns. */
static ssize_t clock_error_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	const struct softtap_port *port = &tap_of(kobj)->port[port_attribute(attr)->port];
	u64 error;

	if (!softtap_stamps_error(port, &error))
		return sysfs_emit(buf, "unknown\n");
	return sysfs_emit(buf, "%llu\n", error);
}

/* Counts, as SOFTTAP_RESIDENCE_SHIFT describes them. */
static ssize_t residence_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	const struct softtap_port *port = &tap_of(kobj)->port[port_attribute(attr)->port];
	u64 counts[SOFTTAP_RESIDENCE_COUNTS];
	int i, length = 0;

	softtap_stamps_residence(port, counts);
	for (i = 0; i < SOFTTAP_RESIDENCE_COUNTS; i++)
		length += sysfs_emit_at(buf, length, "%s%llu", i ? " " : "", counts[i]);
	return length + sysfs_emit_at(buf, length, "\n");
}

#define PORT_ATTRIBUTE(_dir, _port, _name, _show, _offset)		\
	static struct port_attribute _dir##_##_name = {			\
		.attr = __ATTR(_name, 0444, _show, NULL),		\
		.port = _port,						\
		.offset = _offset,					\
	};

#define COUNTER_A(name, NAME)	PORT_ATTRIBUTE(a, 0, name, counter_show, \
				       offsetof(struct softtap_counters, name))
#define COUNTER_B(name, NAME)	PORT_ATTRIBUTE(b, 1, name, counter_show, \
				       offsetof(struct softtap_counters, name))

PORT_ATTRIBUTE(a, 0, ifname, ifname_show, 0)
PORT_ATTRIBUTE(a, 0, state, port_state_show, 0)
PORT_ATTRIBUTE(a, 0, fcs_bytes, fcs_bytes_show, 0)
PORT_ATTRIBUTE(a, 0, clock_error, clock_error_show, 0)
PORT_ATTRIBUTE(a, 0, residence, residence_show, 0)
SOFTTAP_COUNTERS(COUNTER_A)
PORT_ATTRIBUTE(b, 1, ifname, ifname_show, 0)
PORT_ATTRIBUTE(b, 1, state, port_state_show, 0)
PORT_ATTRIBUTE(b, 1, fcs_bytes, fcs_bytes_show, 0)
PORT_ATTRIBUTE(b, 1, clock_error, clock_error_show, 0)
PORT_ATTRIBUTE(b, 1, residence, residence_show, 0)
SOFTTAP_COUNTERS(COUNTER_B)

#define LIST_A(name, ...)	&a_##name.attr.attr,
#define LIST_B(name, ...)	&b_##name.attr.attr,

static struct attribute *a_attributes[] = {
	LIST_A(ifname) LIST_A(state) LIST_A(fcs_bytes) LIST_A(clock_error) LIST_A(residence)
	SOFTTAP_COUNTERS(LIST_A) NULL
};

static struct attribute *b_attributes[] = {
	LIST_B(ifname) LIST_B(state) LIST_B(fcs_bytes) LIST_B(clock_error) LIST_B(residence)
	SOFTTAP_COUNTERS(LIST_B) NULL
};

static const struct attribute_group port_groups[SOFTTAP_PORTS] = {
	{ .name = "a", .attrs = a_attributes },
	{ .name = "b", .attrs = b_attributes },
};

/* A tap's own files. A setting can be written. */
static ssize_t state_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n", softtap_tap_state(tap_of(kobj)));
}

/* As in /proc/PID/ns/net: net:[4026531840]. */
static ssize_t netns_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", tap_of(kobj)->net->ns.inum);
}

static ssize_t policy_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n",
			  softtap_policy_names[READ_ONCE(tap_of(kobj)->channel->recording.policy)]);
}

static ssize_t policy_store(struct kobject *kobj, struct kobj_attribute *attr,
			    const char *buf, size_t count)
{
	enum softtap_policy policy;
	int err = softtap_policy_parse(buf, &policy);

	return err ?: softtap_tap_set_policy(tap_of(kobj), policy) ?: count;
}

/* Return: @err, which is what reading a value has given, after a word about it. */
static int judge_value(const char *name, const char *buf, int err)
{
	if (err)
		pr_err("%s: \"%.*s\" is an invalid value\n", name,
		       (int)min_t(size_t, strcspn(buf, "\n"), 16), buf);
	return err;
}

#define NUMBER_SHOW(name)						\
static ssize_t name##_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf) \
{									\
	return sysfs_emit(buf, "%u\n", tap_of(kobj)->settings.name);	\
}

static ssize_t snaplen_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", READ_ONCE(tap_of(kobj)->channel->recording.snaplen));
}

static ssize_t snaplen_store(struct kobject *kobj, struct kobj_attribute *attr,
			     const char *buf, size_t count)
{
	u32 snaplen;
	int err = judge_value("snaplen", buf, kstrtou32(buf, 0, &snaplen));

	return err ?: softtap_tap_set_snaplen(tap_of(kobj), snaplen) ?: count;
}

NUMBER_SHOW(guard)

static ssize_t guard_store(struct kobject *kobj, struct kobj_attribute *attr,
			   const char *buf, size_t count)
{
	struct softtap_settings settings = tap_of(kobj)->settings;
	int err = judge_value("guard", buf, kstrtobool(buf, &settings.guard));

	if (!err)
		err = softtap_settings_supported(&settings);
	return err ?: softtap_tap_set_guard(tap_of(kobj), settings.guard) ?: count;
}

NUMBER_SHOW(link_follow)

static ssize_t link_follow_store(struct kobject *kobj, struct kobj_attribute *attr,
				 const char *buf, size_t count)
{
	bool follow;
	int err = judge_value("link_follow", buf, kstrtobool(buf, &follow));

	if (err)
		return err;
	softtap_tap_set_link_follow(tap_of(kobj), follow);
	return count;
}

static ssize_t bad_frames_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	const struct softtap_tap *tap = tap_of(kobj);
	enum softtap_bad_frames a = READ_ONCE(tap->port[0].bad_frames);
	enum softtap_bad_frames b = READ_ONCE(tap->port[1].bad_frames);

	if (tap->ports == 1 || a == b)
		return sysfs_emit(buf, "%s\n", softtap_bad_frames_names[a]);
	return sysfs_emit(buf, "%s:%s\n", softtap_bad_frames_names[a],
			  softtap_bad_frames_names[b]);
}

static ssize_t bad_frames_store(struct kobject *kobj, struct kobj_attribute *attr,
				const char *buf, size_t count)
{
	enum softtap_bad_frames bad_frames[SOFTTAP_PORTS];
	int err = softtap_bad_frames_parse(buf, bad_frames);

	return err ?: softtap_tap_set_bad_frames(tap_of(kobj), bad_frames) ?: count;
}

static ssize_t tstamp_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n",
			  softtap_tstamp_names[READ_ONCE(tap_of(kobj)->settings.tstamp)]);
}

static ssize_t tstamp_store(struct kobject *kobj, struct kobj_attribute *attr,
			    const char *buf, size_t count)
{
	enum softtap_tstamp tstamp;
	int err = softtap_tstamp_parse(buf, &tstamp);

	return err ?: softtap_tap_set_tstamp(tap_of(kobj), tstamp) ?: count;
}

static ssize_t buffer_size_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", tap_of(kobj)->channel->buffer_size);
}

static ssize_t buffer_fill_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	struct softtap_fill fill;

	softtap_channel_fill(tap_of(kobj)->channel, &fill);
	return sysfs_emit(buf, "%u\n", fill.now);
}

static ssize_t buffer_highest_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	struct softtap_fill fill;

	softtap_channel_fill(tap_of(kobj)->channel, &fill);
	return sysfs_emit(buf, "%u\n", fill.highest);
}

static struct kobj_attribute state_attribute = __ATTR_RO(state);
static struct kobj_attribute netns_attribute = __ATTR_RO(netns);
static struct kobj_attribute policy_attribute = __ATTR_RW(policy);
static struct kobj_attribute snaplen_attribute = __ATTR_RW(snaplen);
static struct kobj_attribute guard_attribute = __ATTR_RW(guard);
static struct kobj_attribute link_follow_attribute = __ATTR_RW(link_follow);
static struct kobj_attribute bad_frames_attribute = __ATTR_RW(bad_frames);
static struct kobj_attribute tstamp_attribute = __ATTR_RW(tstamp);

static struct kobj_attribute buffer_size_attribute = __ATTR_RO(buffer_size);
static struct kobj_attribute buffer_fill_attribute = __ATTR_RO(buffer_fill);
static struct kobj_attribute buffer_highest_attribute = __ATTR_RO(buffer_highest);

static struct attribute *tap_attrs[] = {
	&state_attribute.attr,
	&netns_attribute.attr,
	&policy_attribute.attr,
	&snaplen_attribute.attr,
	&guard_attribute.attr,
	&link_follow_attribute.attr,
	&bad_frames_attribute.attr,
	&tstamp_attribute.attr,
	&buffer_size_attribute.attr,
	&buffer_fill_attribute.attr,
	&buffer_highest_attribute.attr,
	NULL
};
ATTRIBUTE_GROUPS(tap);

static void tap_release(struct kobject *kobj)
{
	complete(&tap_of(kobj)->released);
}

static ssize_t tap_show(struct kobject *kobj, struct attribute *attr, char *buf)
{
	return kobj_sysfs_ops.show(kobj, attr, buf);
}

/* All that is written to a tap comes by here: the mode of the files asks for no capability. */
static ssize_t tap_store(struct kobject *kobj, struct attribute *attr, const char *buf,
			 size_t count)
{
	if (!softtap_tap_may_change(tap_of(kobj)->net))
		return -EPERM;
	return kobj_sysfs_ops.store(kobj, attr, buf, count);
}

static const struct sysfs_ops tap_operations = {
	.show = tap_show,
	.store = tap_store,
};

static const struct kobj_type tap_type = {
	.release = tap_release,
	.sysfs_ops = &tap_operations,
	.default_groups = tap_groups,
};

/**
 * softtap_sysfs_add - show a tap in sysfs
 * @tap: named; its kobject is initialised here
 *
 * Context: process, without RTNL.
 * Return: 0, or a negative errno; then only the kobject's reference is left to put.
 */
int softtap_sysfs_add(struct softtap_tap *tap)
{
	unsigned int i;
	int err;

	err = kobject_init_and_add(&tap->kobj, &tap_type, root, "%s", tap->name);
	if (err)
		return err;
	for (i = 0; i < tap->ports && !err; i++)
		err = sysfs_create_group(&tap->kobj, &port_groups[i]);
	if (err)
		kobject_del(&tap->kobj);
	return err;
}

/**
 * softtap_sysfs_del - take a tap out of sysfs
 * @tap: shown
 *
 * Waits for whoever is in one of its files.
 *
 * Context: process, without RTNL.
 */
void softtap_sysfs_del(struct softtap_tap *tap)
{
	kobject_del(&tap->kobj);
}

static ssize_t version_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n", THIS_MODULE->version);
}

static ssize_t add_store(struct kobject *kobj, struct kobj_attribute *attr,
			 const char *buf, size_t count)
{
	if (!softtap_tap_may_change(current->nsproxy->net_ns))
		return -EPERM;
	return softtap_tap_add(buf, defaults) ?: count;
}

static ssize_t remove_store(struct kobject *kobj, struct kobj_attribute *attr,
			    const char *buf, size_t count)
{
	return softtap_tap_remove(buf) ?: count;
}

static struct kobj_attribute version_attribute = __ATTR_RO(version);
static struct kobj_attribute add_attribute = __ATTR_WO(add);
static struct kobj_attribute remove_attribute = __ATTR_WO(remove);

/**
 * softtap_sysfs_init - make /sys/kernel/softtap, in which nothing can be written yet
 *
 * Context: process.
 * Return: 0 or a negative errno.
 */
int softtap_sysfs_init(void)
{
	int err;

	root = kobject_create_and_add(KBUILD_MODNAME, kernel_kobj);
	if (!root)
		return -ENOMEM;
	err = sysfs_create_file(root, &version_attribute.attr);
	if (err)
		kobject_put(root);
	return err;
}

/**
 * softtap_sysfs_exit - remove /sys/kernel/softtap, after the last tap
 *
 * Context: process, without RTNL.
 */
void softtap_sysfs_exit(void)
{
	kobject_put(root);
}

/**
 * softtap_sysfs_open - let others add and remove taps
 * @settings: what taps get that are added so; must stay
 *
 * "add" comes last: a tap that somebody has added may be in use, and then init must not fail.
 *
 * Context: process, without RTNL.
 * Return: 0 or a negative errno; then nobody has added any.
 */
int softtap_sysfs_open(const struct softtap_settings *settings)
{
	int err;

	defaults = settings;
	err = sysfs_create_file(root, &remove_attribute.attr);
	if (err)
		return err;
	err = sysfs_create_file(root, &add_attribute.attr);
	if (err)
		sysfs_remove_file(root, &remove_attribute.attr);
	return err;
}

/**
 * softtap_sysfs_close - let nobody add or remove taps any more
 *
 * Waits for whoever is doing so.
 *
 * Context: process, without RTNL.
 */
void softtap_sysfs_close(void)
{
	sysfs_remove_file(root, &add_attribute.attr);
	sysfs_remove_file(root, &remove_attribute.attr);
}
