/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _SOFTTAP_PORT_STAMPS_H
#define _SOFTTAP_PORT_STAMPS_H

#include <linux/types.h>
#include "softtap.h"

struct sk_buff;
struct softtap_port;

int softtap_stamps_alloc(struct softtap_port *port);
void softtap_stamps_free(struct softtap_port *port);
void softtap_stamps_begin(struct softtap_port *port);
void softtap_stamps_end(struct softtap_port *port);
u64 softtap_stamps_time(const struct softtap_port *port, const struct sk_buff *skb);
bool softtap_stamps_error(const struct softtap_port *port, u64 *error);
void softtap_stamps_residence(const struct softtap_port *port,
			      u64 counts[SOFTTAP_RESIDENCE_COUNTS]);

#endif /* _SOFTTAP_PORT_STAMPS_H */
