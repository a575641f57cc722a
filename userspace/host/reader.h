/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SOFTTAP_READER_H
#define SOFTTAP_READER_H

#include <stdbool.h>

int reader_end(const char *tap, bool force);

#endif /* SOFTTAP_READER_H */
