/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _SOFTTAP_PORT_GUARD_H
#define _SOFTTAP_PORT_GUARD_H

#include <linux/types.h>

struct net_device;
struct softtap_port;

bool softtap_guard_supported(void);
int softtap_guard_arm(struct softtap_port *port, struct net_device *dev);
void softtap_guard_disarm(struct softtap_port *port);

#endif /* _SOFTTAP_PORT_GUARD_H */
