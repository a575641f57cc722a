/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SOFTTAP_IRQBALANCE_H
#define SOFTTAP_IRQBALANCE_H

#include "lib/pairs.h"

int irqbalance_banned(struct pairs *banned);
int irqbalance_ban(const struct pairs *interrupts);
int irqbalance_allow(const struct pairs *interrupts, const struct pairs *except);

#endif /* SOFTTAP_IRQBALANCE_H */
