/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SOFTTAP_CHECK_LOOP_H
#define SOFTTAP_CHECK_LOOP_H

#include <stdbool.h>

/**
 * struct loop_options - how ports are tried
 * @force: also ports that are in use
 * @json: the table as JSON
 * @save: a file that gets it as JSON, or NULL
 */
struct loop_options {
	bool force;
	bool json;
	const char *save;
};

int check_loop(const char *a, const char *b, const struct loop_options *options);

#endif /* SOFTTAP_CHECK_LOOP_H */
