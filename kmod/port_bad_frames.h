/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _SOFTTAP_PORT_BAD_FRAMES_H
#define _SOFTTAP_PORT_BAD_FRAMES_H

#include <linux/netdevice.h>
#include "settings.h"

struct softtap_port;

rx_handler_func_t *softtap_bad_frames_handler(const struct softtap_port *port);
int softtap_bad_frames_check(struct net_device *const devs[SOFTTAP_PORTS], unsigned int ports,
			     const enum softtap_bad_frames *wanted);
netdev_features_t softtap_bad_frames_features(const struct softtap_port *port);
void softtap_bad_frames_attached(const struct softtap_port *port);
void softtap_bad_frames_settle(struct softtap_port *port);
void softtap_bad_frames_set(struct softtap_port *port, enum softtap_bad_frames wanted);

#endif /* _SOFTTAP_PORT_BAD_FRAMES_H */
