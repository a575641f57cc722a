/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _SOFTTAP_PORT_OFFLOADS_H
#define _SOFTTAP_PORT_OFFLOADS_H

#include <linux/netdevice.h>

struct softtap_port;

bool softtap_offloads_merge(const struct net_device *dev);
struct net_device *softtap_offloads_find_below(struct net_device *dev);
int softtap_offloads_check(struct net_device *dev);
void softtap_offloads_warn(const struct net_device *dev, const struct net_device *lower);
void softtap_offloads_take(struct softtap_port *port);
void softtap_offloads_give_back(struct softtap_port *port, struct net_device *dev);

#endif /* _SOFTTAP_PORT_OFFLOADS_H */
