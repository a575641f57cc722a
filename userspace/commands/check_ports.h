/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SOFTTAP_CHECK_PORTS_H
#define SOFTTAP_CHECK_PORTS_H

#include <stdbool.h>

int check_ports(const char *a, const char *b, bool json);

#endif /* SOFTTAP_CHECK_PORTS_H */
