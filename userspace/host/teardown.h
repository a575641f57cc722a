/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SOFTTAP_TEARDOWN_H
#define SOFTTAP_TEARDOWN_H

#include <stdbool.h>

struct state;

int teardown(struct state *state, bool force, bool *restored);

#endif /* SOFTTAP_TEARDOWN_H */
