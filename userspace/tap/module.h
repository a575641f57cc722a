/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SOFTTAP_MODULE_H
#define SOFTTAP_MODULE_H

#include <stdbool.h>

#include "tap/counters.h"

int tap_create(const char *ports);
int tap_set(const char *name, const char *setting, const char *value);
int tap_destroy(const char *name, bool force);
bool tap_with_port(struct tap *tap, const char *ifname);
int module_unload(void);

#endif /* SOFTTAP_MODULE_H */
