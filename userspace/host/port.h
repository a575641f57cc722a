/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SOFTTAP_PORT_H
#define SOFTTAP_PORT_H

#include <linux/types.h>
#include <stdbool.h>

#include "host/link.h"
#include "host/state.h"

int port_read(struct port_state *port, const struct link *link);
bool port_find(struct state *state, unsigned int i, struct link *now);
int port_prepare(const struct port_state *port);
int port_start(const struct port_state *port);
int ports_restore(struct state *state);
int ports_keep_missing(struct state *state);
int ports_restore_features(struct state *state);

#endif /* SOFTTAP_PORT_H */
