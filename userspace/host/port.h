/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SOFTTAP_PORT_H
#define SOFTTAP_PORT_H

#include "host/link.h"
#include "host/state.h"

int port_read(struct port_state *port, const struct link *link);
int port_prepare(const struct port_state *port);
int port_start(const struct port_state *port);
int ports_restore(const struct state *state);
int ports_restore_features(const struct state *state);

#endif /* SOFTTAP_PORT_H */
