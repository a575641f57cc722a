/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SOFTTAP_MEANING_H
#define SOFTTAP_MEANING_H

#include <stdbool.h>
#include <stddef.h>

#include "host/state.h"
#include "tap/counters.h"

/**
 * struct meaning - what a word on the command line can mean
 * @tap: the tap that is called so
 * @is_tap: there is one
 * @of_tap: its ports' state, or NULL
 * @of_port: the state of a port that is called so, or of the pair, or NULL
 * @several: there are more of these, in other network namespaces
 */
struct meaning {
	struct tap tap;
	bool is_tap;
	const struct state_key *of_tap;
	const struct state_key *of_port;
	bool several;
};

bool tap_is_called(struct tap *tap, const char *name);
void meaning_find(struct meaning *meaning, const struct state_key *keys, size_t n,
		  const char *name);

#endif /* SOFTTAP_MEANING_H */
