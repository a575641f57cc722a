// SPDX-License-Identifier: GPL-2.0
/*
 * softtap down: takes the tap away and puts the ports back as they were.
 *
 * Without a name: all that softtap up made, whether it came to its end or not. With one: that tap,
 * made by softtap up or by hand; a port's name and both ports' names ("eth1:eth2") do as well.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands/commands.h"
#include "host/meaning.h"
#include "host/names.h"
#include "host/netns.h"
#include "host/state.h"
#include "host/teardown.h"
#include "tap/counters.h"
#include "tap/module.h"
#include "lib/message.h"
#include "lib/options.h"
#include "lib/signals.h"
#include "lib/status.h"
#include "lib/util.h"

static int forget(const struct state *state, bool restored, bool force)
{
	if (!restored && !force) {
		msg_error("softtap down tries again, softtap down --force forgets it");
		return EXIT_FAILED;
	}
	if (!restored)
		msg_warning("%s is forgotten", state->key.name);
	return state_remove(&state->key) ? EXIT_FAILED : EXIT_OK;
}

/* In the network namespace of the ports. */
static int down_here(const struct state_key *key, bool force)
{
	struct state state;
	bool restored;
	int status;

	if (state_load(&state, key)) {
		if (!force)
			return EXIT_FAILED;
		return state_remove(key) ? EXIT_FAILED : EXIT_OK;
	}
	status = teardown(&state, force, &restored);
	if (!status)
		status = forget(&state, restored, force);
	state_free(&state);
	if (!status)
		printf("%s is as it was\n", key->name);
	return status;
}

/**
 * struct job - what is to be done in another network namespace
 * @key: the state
 * @force: as for down_here()
 */
struct job {
	const struct state_key *key;
	bool force;
};

static int do_job(void *data)
{
	const struct job *job = data;

	return down_here(job->key, job->force);
}

/* Devices here of the same names or numbers are other ones. */
static int down_state(const struct state_key *key, bool force)
{
	struct job job = { key, force };
	int status;

	if (key->netns == netns_self())
		return down_here(key, force);
	status = netns_run(key->netns, do_job, &job);
	if (status != -ENOENT)
		return status;
	if (force) {
		msg_warning("%s is forgotten: its network namespace is not there", key->name);
		return state_remove(key) ? EXIT_FAILED : EXIT_OK;
	}
	msg_error("%s is in a network namespace (%llu) that is gone: --force forgets it", key->name,
		  key->netns);
	return EXIT_FAILED;
}

/* --- Which ----------------------------------------------------------------------------------- */

/* A tap made by hand: softtap knows nothing of how its ports were before. */
static int down_by_hand(const char *name, bool force)
{
	int status = tap_destroy(name, force);

	if (!status)
		status = module_unload();
	if (!status)
		printf("%s is gone, its ports stay as they are\n", name);
	return status;
}

/* A tap's name goes before a port's, but a port that is called as another tap is may be meant. */
static int down_one(const struct state_key *keys, size_t n, const char *name, bool force)
{
	struct meaning meaning = { };
	struct state_key key;

	meaning_find(&meaning, keys, n, name);
	if (meaning.is_tap && meaning.of_port && meaning.of_port != meaning.of_tap) {
		state_key(&key, meaning.tap.ports[0].ifname, meaning.tap.ports[1].ifname);
		msg_error("%s is a tap (%s), and a port of another (%s): give both ports' names",
			  name, key.name, meaning.of_port->name);
		return EXIT_USAGE;
	}
	if (meaning.of_tap)
		return down_state(meaning.of_tap, force);
	if (meaning.is_tap)
		return down_by_hand(meaning.tap.name, force);
	if (meaning.several) {
		msg_error("%s is a port in several network namespaces: run this in one of them",
			  name);
		return EXIT_USAGE;
	}
	if (meaning.of_port)
		return down_state(meaning.of_port, force);
	msg_error("no tap `%s', see softtap show", name);
	return EXIT_FAILED;
}

/* An alternative name stands for the port's own; what is kept is kept under that. */
static const char *as_called(struct link *link, const char *name)
{
	struct tap tap;

	return tap_is_called(&tap, name) ? name : port_name(link, name);
}

static int down_all(const struct state_key *keys, size_t n, bool force)
{
	int status = EXIT_OK;
	struct tap *taps;
	size_t n_taps;
	size_t i;

	for (i = 0; i < n; i++) {
		int one = down_state(&keys[i], force);

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
	struct state_key *keys;
	struct link link;
	size_t n;
	int status;

	signals_hold();
	status = state_lock();
	if (status)
		return status;
	state_list(&keys, &n);
	if (name)
		name = as_called(&link, name);
	status = name ? down_one(keys, n, name, force) : down_all(keys, n, force);
	free(keys);
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
