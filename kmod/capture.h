/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _SOFTTAP_CAPTURE_H
#define _SOFTTAP_CAPTURE_H

#include <linux/skbuff.h>
#include "load.h"

struct softtap_buffer;
struct softtap_port;

struct softtap_load softtap_capture(const struct softtap_port *port, struct softtap_buffer *buffer,
				    const struct sk_buff *skb, struct softtap_load load);

#endif /* _SOFTTAP_CAPTURE_H */
