/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SOFTTAP_FILE_CLOCK_H
#define SOFTTAP_FILE_CLOCK_H

#include "tap/relay.h"

/**
 * struct file_clock - the clock of a file's times, which never steps
 * @offset: what is added to the monotonic clock, ns: as for the wall clock when the file was begun
 * @shift: what is added to the records' clock, ns; 0 unless the wall clock was stepped between
 * @wall: what was added for the wall clock when it was looked at last; less than a step is left out
 * @now: the time then, ns since 1970-01-01 UTC
 */
struct file_clock {
	__s64 offset;
	__s64 shift;
	__s64 wall;
	__u64 now;
};

int file_clock_begin(struct file_clock *clock, const struct relay *relay);
int file_clock_go_on(struct file_clock *clock, const struct relay *relay, __s64 offset);
__s64 file_clock_look(struct file_clock *clock, const struct relay *relay);

#endif /* SOFTTAP_FILE_CLOCK_H */
