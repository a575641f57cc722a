/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _SOFTTAP_TRANSMIT_H
#define _SOFTTAP_TRANSMIT_H

#include <linux/types.h>

struct sk_buff;
struct softtap_fcs;
struct softtap_port;

bool softtap_transmit(const struct softtap_port *port, struct sk_buff *skb);
bool softtap_transmit_with_fcs(const struct softtap_port *port, struct sk_buff *skb,
			       const struct softtap_fcs *fcs);

#endif /* _SOFTTAP_TRANSMIT_H */
