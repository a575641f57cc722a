/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _SOFTTAP_PORT_ROOM_H
#define _SOFTTAP_PORT_ROOM_H

#include "settings.h"

struct softtap_port;
struct softtap_tap;

int softtap_room_check(const struct softtap_tap *tap, enum softtap_policy policy, u32 snaplen);
void softtap_room_warn(struct softtap_port *port);

#endif /* _SOFTTAP_PORT_ROOM_H */
