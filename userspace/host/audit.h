/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SOFTTAP_AUDIT_H
#define SOFTTAP_AUDIT_H

#include <stdbool.h>
#include <stddef.h>

#include "tap/counters.h"

#define AUDIT_TEXT	160	/* bytes, all that a port can be lacking */

bool port_audit(char *lacks, const char *ifname);
bool tap_port_audit(char *lacks, const struct tap *tap, unsigned int port);
const char *tap_condition(const struct tap *tap);

#endif /* SOFTTAP_AUDIT_H */
