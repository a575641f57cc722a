/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SOFTTAP_NUMBERS_H
#define SOFTTAP_NUMBERS_H

#include <linux/types.h>

#define NS_PER_S	1000000000ULL
#define NS_PER_MS	1000000ULL

int parse_number(const char *text, __u64 least, __u64 most, __u64 *number);
int parse_seconds(const char *text, __u64 *ns);

#endif /* SOFTTAP_NUMBERS_H */
