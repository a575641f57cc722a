/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SOFTTAP_PIPE_H
#define SOFTTAP_PIPE_H

#include <stdbool.h>
#include <stddef.h>

size_t pipe_capacity(int fd);
size_t pipe_room(int fd, size_t capacity);
bool pipe_wait(int fd, bool is_full, int ms);

#endif /* SOFTTAP_PIPE_H */
