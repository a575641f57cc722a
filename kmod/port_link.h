/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _SOFTTAP_PORT_LINK_H
#define _SOFTTAP_PORT_LINK_H

#include <linux/types.h>

struct softtap_port;
struct softtap_tap;

void softtap_link_init(struct softtap_tap *tap);
void softtap_link_changed(struct softtap_port *port, bool set_up);
void softtap_link_set_follow(struct softtap_tap *tap, bool follow);
void softtap_link_end(struct softtap_tap *tap);

#endif /* _SOFTTAP_PORT_LINK_H */
