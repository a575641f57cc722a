/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SOFTTAP_CLOCK_H
#define SOFTTAP_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include <linux/types.h>

#include "lib/numbers.h"

#define CLOCK_STEP_MIN	((__s64)NS_PER_MS)	/* less is the work of who keeps the clock right */
#define CLOCK_STEP_TEXT	80			/* bytes, a step as text */

__u64 clock_ns(clockid_t clock);
__u64 clock_add(__u64 time, __s64 ns);
__s64 clock_step(__s64 before, __s64 now);
void clock_step_print(char text[static CLOCK_STEP_TEXT], __s64 step);
bool clock_step_parse(const char *text, __s64 *step);
int clock_watch(void);
void clock_watch_again(int watch);

#endif /* SOFTTAP_CLOCK_H */
