/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SOFTTAP_READERS_H
#define SOFTTAP_READERS_H

#include <stdbool.h>

int reader_end(const char *tap, bool force);

#endif /* SOFTTAP_READERS_H */
