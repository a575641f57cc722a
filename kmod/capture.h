/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _SOFTTAP_CAPTURE_H
#define _SOFTTAP_CAPTURE_H

#include <linux/skbuff.h>
#include "frame.h"

struct softtap_buffer;
struct softtap_fcs;
struct softtap_port;

bool softtap_capture(const struct softtap_port *port, struct softtap_buffer *buffer,
		     const struct sk_buff *skb, u32 length, u8 active);
bool softtap_capture_with_fcs(const struct softtap_port *port, struct softtap_buffer *buffer,
			      const struct sk_buff *skb, u32 length, u8 active,
			      const struct softtap_fcs *fcs);
struct softtap_load softtap_capture_super(const struct softtap_port *port,
					  struct softtap_buffer *buffer,
					  const struct sk_buff *skb, struct softtap_load load,
					  u8 active);

#endif /* _SOFTTAP_CAPTURE_H */
