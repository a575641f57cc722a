/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SOFTTAP_NETNS_H
#define SOFTTAP_NETNS_H

#include <linux/types.h>

int netns_run(__u64 netns, int (*function)(void *data), void *data);

#endif /* SOFTTAP_NETNS_H */
