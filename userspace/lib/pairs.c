// SPDX-License-Identifier: GPL-2.0
/* Named settings. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/pairs.h"

/**
 * pairs_add - append a setting
 * @pairs: to append to
 * @name: is copied
 * @value: is copied
 *
 * Return: 0, or -ENOMEM
 */
int pairs_add(struct pairs *pairs, const char *name, const char *value)
{
	struct pair *larger = realloc(pairs->pairs, (pairs->n + 1) * sizeof(*larger));

	if (!larger)
		return -ENOMEM;
	pairs->pairs = larger;
	larger[pairs->n].name = strdup(name);
	larger[pairs->n].value = strdup(value);
	if (!larger[pairs->n].name || !larger[pairs->n].value)
		return -ENOMEM;
	pairs->n++;
	return 0;
}

/**
 * pairs_get - find a setting's value
 * @pairs: to look in
 * @name: of the setting
 *
 * Return: the value, or NULL
 */
const char *pairs_get(const struct pairs *pairs, const char *name)
{
	size_t i;

	for (i = 0; i < pairs->n; i++)
		if (!strcmp(pairs->pairs[i].name, name))
			return pairs->pairs[i].value;
	return NULL;
}

/**
 * pairs_free - free the settings and empty the list
 * @pairs: the list, which can be used again
 */
void pairs_free(struct pairs *pairs)
{
	size_t i;

	for (i = 0; i < pairs->n; i++) {
		free(pairs->pairs[i].name);
		free(pairs->pairs[i].value);
	}
	free(pairs->pairs);
	*pairs = (struct pairs){ };
}
