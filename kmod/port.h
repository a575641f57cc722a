/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _SOFTTAP_PORT_H
#define _SOFTTAP_PORT_H

#include <linux/netdevice.h>
#include <linux/netfilter.h>
#include "counters.h"
#include "settings.h"

struct softtap_channel;
struct softtap_tap;
struct softtap_buffer;
struct softtap_stamps;

/**
 * enum softtap_fcs_state - which of a port's frames come with their FCS
 * @SOFTTAP_FCS_NONE: none
 * @SOFTTAP_FCS_SOME: the device is being switched, or does not do what it was told to
 * @SOFTTAP_FCS_ALL: all
 */
enum softtap_fcs_state {
	SOFTTAP_FCS_NONE,
	SOFTTAP_FCS_SOME,
	SOFTTAP_FCS_ALL,
};

/**
 * struct softtap_port - one end of a tap
 * @dev: the attached device, NULL while there is none; written under RTNL, read under RCU
 * @peer: where frames go, NULL when the tap only listens
 * @counters: what arrived here, what was sent out of here
 * @buffers: the tap's buffers
 * @index: 0 = a, 1 = b: in the counters and as pcapng interface
 * @bad_frames: what becomes of those that arrive here; written under RTNL
 * @fcs: which frames have one, for softtap_handle_fcs_frame(); written under RTNL
 * @tap: back pointer
 * @ifname: the device's name, kept while it is missing; written by softtap_port_set_name(), read
 *	under RTNL or by softtap_port_get_name()
 * @tracker: of the reference on @dev
 * @guard: the hook that stops what the host sends; RTNL
 * @guarded: it is registered; RTNL
 * @offloads: features that were turned off and are turned on again on detach; RTNL
 * @switched_on: features that were turned on and are turned off again on detach; RTNL
 * @changeable: features that ethtool could change, and can again after detach; RTNL
 * @promiscuous: the device has been told to be; RTNL
 * @held: the device was set down as the other port's link is; RTNL
 * @had_link: since the device was set up; RTNL
 * @set_up: when it was, jiffies; RTNL
 * @link_changed: when its link last came or went, jiffies; RTNL
 * @stamps: times of arrival by the card's clock
 * @too_large: bytes of super-frames that may have no room, of which it was told; 0 for none; RTNL
 *
 * The first fields are what a frame needs; but for @bad_frames and @fcs they do not change while a
 * port is attached.
 */
struct softtap_port {
	struct net_device __rcu *dev;
	struct softtap_port *peer;
	struct softtap_counters __percpu *counters;
	struct softtap_buffer __percpu *buffers;
	unsigned int index;
	enum softtap_bad_frames bad_frames;
	enum softtap_fcs_state fcs;

	struct softtap_tap *tap;
	char ifname[IFNAMSIZ];
	netdevice_tracker tracker;
	struct nf_hook_ops guard;
	bool guarded;
	netdev_features_t offloads;
	netdev_features_t switched_on;
	netdev_features_t changeable;
	bool promiscuous;
	bool held;
	bool had_link;
	unsigned long set_up;
	unsigned long link_changed;
	struct softtap_stamps *stamps;
	u32 too_large;
};

int softtap_port_check(struct net_device *dev);
int softtap_port_attach(struct softtap_port *port, struct net_device *dev);
int softtap_port_listen(struct softtap_port *port);
void softtap_port_detach(struct softtap_port *port);
void softtap_port_set_name(struct softtap_port *port, const struct net_device *dev);
void softtap_port_get_name(const struct softtap_port *port, char name[IFNAMSIZ]);
bool softtap_port_awaits(const struct softtap_port *port, const struct net *net,
			 const char *ifname);
struct softtap_port *softtap_port_of(const struct net_device *dev);
int softtap_port_set_guard(struct softtap_port *port, bool armed);
u8 softtap_port_fcs_bytes(const struct softtap_port *port);
const char *softtap_port_state(const struct softtap_port *port);

#endif /* _SOFTTAP_PORT_H */
