/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SOFTTAP_LOGIN_H
#define SOFTTAP_LOGIN_H

#include <stdbool.h>
#include <stddef.h>

#include "host/l3.h"

bool login_through(const struct l3 *port, char *who, size_t size);

#endif /* SOFTTAP_LOGIN_H */
