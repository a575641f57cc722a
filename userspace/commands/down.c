// SPDX-License-Identifier: GPL-2.0
/*
 * softtap down: takes the tap away and puts the ports back as they were.
 *
 * Without a name: all that softtap up made, whether it came to its end or not. With one: that tap,
 * made by softtap up or by hand; a port's name and both ports' names ("eth1:eth2") do as well.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands/commands.h"
#include "host/link.h"
#include "host/port.h"
#include "host/state.h"
#include "tap/counters.h"
#include "tap/module.h"
#include "lib/message.h"
#include "lib/options.h"
#include "lib/signals.h"
#include "lib/status.h"
#include "lib/util.h"

static int destroy_with_port(const char *ifname, bool force)
{
	struct tap tap;

	return tap_with_port(&tap, ifname) ? tap_destroy(tap.name, force) : EXIT_OK;
}

/* A port may have been renamed, and the tap may have been made anew, by hand. */
static int destroy_taps(const struct state *state, bool force)
{
	int status = EXIT_OK;
	unsigned int i;

	for (i = 0; i < state->n_ports && !status; i++) {
		const struct port_state *port = &state->ports[i];
		struct link now;

		status = destroy_with_port(port->ifname, force);
		if (!status && !link_by_index(&now, port->ifindex))
			status = destroy_with_port(now.ifname, force);
	}
	return status ? status : module_unload();
}

static int restore(const struct state *state, bool force)
{
	if (ports_restore(state)) {
		if (!force) {
			msg_error("softtap down tries again, softtap down --force forgets it");
			return EXIT_FAILED;
		}
		msg_warning("%s is forgotten", state->name);
	}
	return state_remove(state->name) ? EXIT_FAILED : EXIT_OK;
}

static int down_state(const char *name, bool force)
{
	struct state state;
	int status;

	if (state_load(&state, name)) {
		if (!force)
			return EXIT_FAILED;
		return state_remove(name) ? EXIT_FAILED : EXIT_OK;
	}
	status = destroy_taps(&state, force);
	if (!status)
		status = restore(&state, force);
	state_free(&state);
	if (!status)
		printf("%s is as it was\n", name);
	return status;
}

/* --- Which ----------------------------------------------------------------------------------- */

static bool names_port(const char *state, const char *ifname)
{
	size_t length = strcspn(state, ":");

	return (strlen(ifname) == length && !strncmp(state, ifname, length)) ||
	       (state[length] && !strcmp(state + length + 1, ifname));
}

/* Return: the state's name, in names, or NULL */
static const char *find_state(char **names, size_t n, const char *name)
{
	struct tap tap;
	size_t i;

	for (i = 0; i < n; i++)
		if (!strcmp(names[i], name) || names_port(names[i], name))
			return names[i];
	if (strchr(name, '/') || strlen(name) >= TAP_NAME || tap_read(&tap, name))
		return NULL;
	for (i = 0; i < n; i++)
		if (names_port(names[i], tap.ports[0].ifname))
			return names[i];
	return NULL;
}

/* A tap made by hand: softtap knows nothing of how its ports were before. */
static int down_by_hand(const char *name, bool force)
{
	struct tap tap;
	int status;

	if (strchr(name, '/') || strlen(name) >= TAP_NAME || tap_read(&tap, name)) {
		msg_error("no tap `%s', see softtap show", name);
		return EXIT_FAILED;
	}
	status = tap_destroy(name, force);
	if (!status)
		status = module_unload();
	if (!status)
		printf("%s is gone, its ports stay as they are\n", name);
	return status;
}

static int down_one(char **names, size_t n, const char *name, bool force)
{
	const char *state = find_state(names, n, name);

	return state ? down_state(state, force) : down_by_hand(name, force);
}

static int down_all(char **names, size_t n, bool force)
{
	int status = EXIT_OK;
	struct tap *taps;
	size_t n_taps;
	size_t i;

	for (i = 0; i < n; i++) {
		int one = down_state(names[i], force);

		status = status ? status : one;
	}
	if (n)
		return status;
	if (!taps_read(&taps, &n_taps) && n_taps) {
		msg_error("%s was not made by softtap up: give its name", taps[0].name);
		status = EXIT_FAILED;
	} else {
		msg_error("nothing to take down");
	}
	free(taps);
	return status;
}

static int down(const char *name, bool force)
{
	char **names = NULL;
	size_t n = 0;
	int status;

	signals_hold();
	status = state_lock();
	if (status)
		return status;
	state_list(&names, &n);
	status = name ? down_one(names, n, name, force) : down_all(names, n, force);
	while (n)
		free(names[--n]);
	free(names);
	return status;
}

/**
 * struct options - the command line
 * @force: see the table
 */
struct options {
	bool force;
};

static const struct option_row rows[] = {
	OPTION_FLAG(0, "force", struct options, force,
		    "kill a reader that does not end, and forget what cannot be put back"),
	OPTION_VERBOSE,
};

static const struct command_line line = {
	.name = "down",
	.synopsis = "[--force] [-v] [TAP]",
	.about = "Ends the reader, takes the tap away, unloads the module with the last "
		 "one, and puts the ports back as they were, also after a softtap up that "
		 "was killed. Without TAP: all that softtap up made. TAP is tap0, "
		 "eth1:eth2 or eth1.",
	.rows = rows,
	.n_rows = ARRAY_SIZE(rows),
};

/**
 * softtap_down - the subcommand down
 * @argc: number of arguments, the subcommand's name included
 * @argv: the arguments
 *
 * Return: an exit status
 */
int softtap_down(int argc, char **argv)
{
	struct options options = { };
	int words = options_parse(&line, argc, argv, &options);

	if (words <= 0)
		return words ? EXIT_USAGE : EXIT_OK;
	if (argc - words > 1)
		return options_complain(&line, "unexpected argument `%s'", argv[words + 1]);
	return down(argv[words], options.force);
}
