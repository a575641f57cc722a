/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SOFTTAP_SYSFS_H
#define SOFTTAP_SYSFS_H

#include <stddef.h>

#include "lib/message.h"

#define SYSFS_VALUE	64	/* bytes, the longest value of the module's files */

int read_value(char *value, size_t size, const char *fmt, ...) __printf(3, 4);
int write_value(const char *value, const char *fmt, ...) __printf(2, 3);

#endif /* SOFTTAP_SYSFS_H */
