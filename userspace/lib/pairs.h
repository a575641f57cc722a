/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SOFTTAP_PAIRS_H
#define SOFTTAP_PAIRS_H

#include <stddef.h>

/**
 * struct pair - a named setting
 * @name: of it
 * @value: as text
 */
struct pair {
	char *name;
	char *value;
};

/**
 * struct pairs - named settings, in the order they were added
 * @pairs: the settings
 * @n: how many
 */
struct pairs {
	struct pair *pairs;
	size_t n;
};

int pairs_add(struct pairs *pairs, const char *name, const char *value);
const char *pairs_get(const struct pairs *pairs, const char *name);
void pairs_free(struct pairs *pairs);

#endif /* SOFTTAP_PAIRS_H */
