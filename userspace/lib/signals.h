/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SOFTTAP_SIGNALS_H
#define SOFTTAP_SIGNALS_H

#include <stdbool.h>
#include <time.h>

void signals_hold(void);
bool signals_pending(void);
bool signals_wait(const struct timespec *time);

#endif /* SOFTTAP_SIGNALS_H */
