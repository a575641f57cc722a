/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SOFTTAP_SIGNALS_H
#define SOFTTAP_SIGNALS_H

#include <poll.h>
#include <stdbool.h>
#include <time.h>
#include <linux/types.h>

void signals_hold(void);
bool signals_pending(void);
bool signals_wait(const struct timespec *time);

void signals_catch(int number);
int signals_ends(void);
bool signals_told(void);
int signals_poll(struct pollfd *fds, nfds_t n_fds, __u64 ns);

#endif /* SOFTTAP_SIGNALS_H */
