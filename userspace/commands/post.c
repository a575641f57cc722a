// SPDX-License-Identifier: GPL-2.0
/* softtap post: runs a command on the CPUs that are set aside for work on captures. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "commands/commands.h"
#include "host/placement.h"
#include "host/names.h"
#include "tap/counters.h"
#include "lib/cpus.h"
#include "lib/message.h"
#include "lib/options.h"
#include "lib/status.h"
#include "lib/util.h"

static int post(const char *name, char **argv)
{
	struct placement placement;
	char found[TAP_NAME];
	int status;
	struct tap tap;

	name = tap_name(found, name);
	if (!name)
		return EXIT_FAILED;
	if (tap_read(&tap, name)) {
		msg_error("no tap `%s', see softtap show", name);
		return EXIT_FAILED;
	}
	placement_load(&placement, &tap);
	if (cpus_run_on(&placement.post))
		return EXIT_FAILED;
	execvp(argv[0], argv);
	status = errno == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE;
	msg_error("%s: %s", argv[0], strerror(errno));
	return status;
}

/**
 * struct options - the command line
 * @tap: "tapN"
 */
struct options {
	const char *tap;
};

static const struct option_row rows[] = {
	OPTION_TEXT('i', "interface", "TAP", struct options, tap,
		    "the tap whose captures it works on (tap0)"),
};

static const struct command_line line = {
	.name = "post",
	.synopsis = "[-i TAP] COMMAND [ARGUMENT...]",
	.about = "Runs a command on the processors that softtap up --cpus post=... has set "
		 "aside, or on any: what compresses, looks into or sends off captures, "
		 "say.",
	.rows = rows,
	.n_rows = ARRAY_SIZE(rows),
	.ends_at_word = true,
};

/**
 * softtap_post - the subcommand post
 * @argc: number of arguments, the subcommand's name included
 * @argv: the arguments
 *
 * Return: an exit status, of the command if there is one
 */
int softtap_post(int argc, char **argv)
{
	struct options options = { .tap = "tap0" };
	int words = options_parse(&line, argc, argv, &options);

	if (words <= 0)
		return words ? EXIT_USAGE : EXIT_OK;
	if (words == argc)
		return options_complain(&line, "give a command to run");
	return post(options.tap, argv + words);
}
