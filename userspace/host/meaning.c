// SPDX-License-Identifier: GPL-2.0
/* What a word on the command line may stand for: a tap, or what is kept of a port. */
#include <stdio.h>
#include <string.h>

#include "host/meaning.h"
#include "host/netns.h"
#include "tap/module.h"

/**
 * tap_is_called - find a tap
 * @tap: filled
 * @name: its own, or its ports' ("eth1:eth2")
 *
 * Return: whether there is one
 */
bool tap_is_called(struct tap *tap, const char *name)
{
	char first[PAIR_NAME];
	struct state_key key;

	if (!strchr(name, ':'))
		return !strchr(name, '/') && strlen(name) < TAP_NAME && !tap_read(tap, name);
	snprintf(first, sizeof(first), "%.*s", (int)strcspn(name, ":"), name);
	if (!tap_with_port(tap, first))
		return false;
	state_key(&key, tap->ports[0].ifname, tap->n_ports > 1 ? tap->ports[1].ifname : NULL);
	return !strcmp(key.name, name);
}

/* Is it the state of that tap's ports, as they are called now? */
static bool is_state_of(const struct state_key *key, const struct tap *tap)
{
	if (tap->netns && key->netns && tap->netns != key->netns)
		return false;
	return state_has_port(key, tap->ports[0].ifname);
}

/* A port of this network namespace goes before those of others. */
static void add_meaning(struct meaning *meaning, const struct state_key *key)
{
	bool is_here = key->netns == netns_self();

	if (meaning->of_port && !is_here)
		meaning->several = meaning->several || meaning->of_port->netns != netns_self();
	else
		meaning->of_port = key;
	if (is_here)
		meaning->several = false;
}

/**
 * meaning_find - find what a word may stand for
 * @meaning: filled; it points into @keys
 * @keys: of the states that there are
 * @n: how many
 * @name: the word
 */
void meaning_find(struct meaning *meaning, const struct state_key *keys, size_t n,
		  const char *name)
{
	size_t i;

	*meaning = (struct meaning){ };
	meaning->is_tap = tap_is_called(&meaning->tap, name);
	for (i = 0; i < n; i++) {
		if (meaning->is_tap && is_state_of(&keys[i], &meaning->tap))
			meaning->of_tap = &keys[i];
		if (!strcmp(keys[i].name, name) || state_has_port(&keys[i], name))
			add_meaning(meaning, &keys[i]);
	}
}
