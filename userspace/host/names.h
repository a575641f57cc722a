/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SOFTTAP_NAMES_H
#define SOFTTAP_NAMES_H

#include "host/link.h"
#include "tap/counters.h"

const char *port_name(struct link *link, const char *word);
const char *tap_name(char name[TAP_NAME], const char *word);

#endif /* SOFTTAP_NAMES_H */
