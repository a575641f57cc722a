/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SOFTTAP_SYSCTL_H
#define SOFTTAP_SYSCTL_H

#include <stdbool.h>

#include "lib/pairs.h"

int sysctls_read(struct pairs *sysctls, const char *ifname);
int sysctls_silence(const struct pairs *sysctls, const char *ifname);
bool sysctls_ipv6_is_on(const char *ifname);
int sysctls_restore(const struct pairs *sysctls, const char *ifname);

#endif /* SOFTTAP_SYSCTL_H */
