/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SOFTTAP_REPAIR_H
#define SOFTTAP_REPAIR_H

#include "host/state.h"

int ports_repair(struct state *state, unsigned int *repaired);

#endif /* SOFTTAP_REPAIR_H */
