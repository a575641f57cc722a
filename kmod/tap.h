/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _SOFTTAP_TAP_H
#define _SOFTTAP_TAP_H

#include <linux/completion.h>
#include <linux/kobject.h>
#include <linux/list.h>
#include <linux/workqueue.h>
#include "channel.h"
#include "port.h"
#include "settings.h"

struct dentry;
struct net;
struct softtap_device;

/**
 * struct softtap_tap - two ports and a channel
 * @port: a and b
 * @ports: 2, or 1 when the tap only listens
 * @channel: buffers
 * @settings: how it is to be; policy and snaplen, which change, are the channel's
 * @id: the N of tapN
 * @name: "tapN"
 * @net: the namespace whose devices are meant: that of whoever made the tap; it outlives the tap,
 *	which goes when it ends
 * @link_work: has one port's link follow the other's
 * @list: in the list of taps; changed under RTNL and the taps' lock, read under either
 * @kobj: /sys/kernel/softtap/tapN
 * @released: the last reference on @kobj is gone
 * @open: its device and its files in debugfs have been made; the taps' lock
 * @device: /dev/softtap/tapN; NULL when it could not be made
 * @debugfs: /sys/kernel/debug/softtap/tapN
 */
struct softtap_tap {
	struct softtap_port port[SOFTTAP_PORTS];
	unsigned int ports;
	struct softtap_channel *channel;
	struct softtap_settings settings;
	unsigned int id;
	char name[16];
	struct net *net;
	struct delayed_work link_work;
	struct list_head list;
	struct kobject kobj;
	struct completion released;
	bool open;
	struct softtap_device *device;
	struct dentry *debugfs;
};

/**
 * struct softtap_tap_view - how taps are shown to users, which a tap does not know
 * @show: before its ports attach; may fail, and then only its kobject's reference is left to put
 * @open: let readers in
 * @close: let no more in; those that are in read on
 * @hide: after that
 *
 * All are called in process context, without RTNL, under the taps' lock.
 */
struct softtap_tap_view {
	int (*show)(struct softtap_tap *tap);
	void (*open)(struct softtap_tap *tap);
	void (*close)(struct softtap_tap *tap);
	void (*hide)(struct softtap_tap *tap);
};

extern struct list_head softtap_taps;

void softtap_tap_init(const struct softtap_tap_view *view);

int softtap_tap_add(const char *spec, const struct softtap_settings *settings);
int softtap_tap_add_all(char *specs, const struct softtap_settings *settings);
int softtap_tap_remove(const char *name);
bool softtap_tap_may_change(const struct net *net);
void softtap_tap_open_all(void);
void softtap_tap_remove_net(const struct net *net);
void softtap_tap_remove_all(void);
void softtap_tap_set_link_follow(struct softtap_tap *tap, bool follow);
int softtap_tap_set_guard(struct softtap_tap *tap, bool armed);
int softtap_tap_set_bad_frames(struct softtap_tap *tap, const enum softtap_bad_frames *wanted);
int softtap_tap_set_tstamp(struct softtap_tap *tap, enum softtap_tstamp tstamp);
int softtap_tap_set_policy(struct softtap_tap *tap, enum softtap_policy policy);
int softtap_tap_set_snaplen(struct softtap_tap *tap, u32 snaplen);
const char *softtap_tap_state(const struct softtap_tap *tap);

#endif /* _SOFTTAP_TAP_H */
