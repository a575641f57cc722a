// SPDX-License-Identifier: GPL-2.0
/* softtap post: runs a command on the CPUs that are set aside for work on captures. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "commands/commands.h"
#include "host/placement.h"
#include "tap/counters.h"
#include "lib/cpus.h"
#include "lib/message.h"
#include "lib/status.h"

static void post_help(FILE *file)
{
	fprintf(file, "Usage: softtap post [-i TAP] COMMAND [ARGUMENT...]\n"
		"Runs a command on the processors that softtap up --cpus post=... has set aside,\n"
		"or on any: what compresses, looks into or sends off captures, say.\n\n"
		"  -i TAP      the tap whose captures it works on (tap0)\n"
		"  -h, --help  this text\n");
}

static int post(const char *name, char **argv)
{
	struct placement placement;
	struct tap tap;

	if (tap_read(&tap, name)) {
		msg_error("no tap `%s', see softtap show", name);
		return EXIT_FAILED;
	}
	placement_load(&placement, tap.ports[0].ifname, tap.ports[1].ifname);
	if (cpus_run_on(&placement.post))
		return EXIT_FAILED;
	execvp(argv[0], argv);
	msg_error("%s: %s", argv[0], strerror(errno));
	return EXIT_FAILED;
}

/**
 * softtap_post - the subcommand post
 * @argc: number of arguments, the subcommand's name included
 * @argv: the arguments
 *
 * Return: an exit status, of the command if there is one
 */
int softtap_post(int argc, char **argv)
{
	static const struct option options[] = {
		{ "help", no_argument, NULL, 'h' },
		{ }
	};
	const char *tap = "tap0";
	int c;

	/* What comes after the command's name is the command's. */
	while ((c = getopt_long(argc, argv, "+i:h", options, NULL)) != -1) {
		switch (c) {
		case 'i':
			tap = optarg;
			break;
		case 'h':
			post_help(stdout);
			return EXIT_OK;
		default:
			return EXIT_USAGE;
		}
	}
	if (optind == argc) {
		msg_error("post: give a command to run");
		return EXIT_USAGE;
	}
	return post(tap, argv + optind);
}
