/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SOFTTAP_QDISC_H
#define SOFTTAP_QDISC_H

#include <linux/types.h>
#include <stdbool.h>

#include "host/link.h"

bool qdisc_may_reorder(const struct link *link);
int qdisc_set_fifo(const struct link *link);
int qdisc_restore(const char *kind, __u32 handle, struct link *now);

#endif /* SOFTTAP_QDISC_H */
