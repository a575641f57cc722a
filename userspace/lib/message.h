/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SOFTTAP_MESSAGE_H
#define SOFTTAP_MESSAGE_H

#include <stdbool.h>

#define __printf(format_at, first_at) __attribute__(( \
	__format__(__printf__, format_at, first_at)))

void msg_error(const char *fmt, ...) __printf(1, 2);
void msg_warning(const char *fmt, ...) __printf(1, 2);
void msg_verbose(const char *fmt, ...) __printf(1, 2);
void msg_set_verbose(bool on);
void msg_make_printable(char *text);
const char *msg_printable(const char *text);

#endif /* SOFTTAP_MESSAGE_H */
