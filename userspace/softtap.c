// SPDX-License-Identifier: GPL-2.0
/* The command softtap: finds the subcommand and sees to it that what it printed was written. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "commands/commands.h"
#include "lib/message.h"
#include "lib/status.h"
#include "lib/util.h"

static const struct {
	const char *name;
	int (*function)(int argc, char **argv);
	const char *help;
} subcommands[] = {
	{ "check", softtap_check, "Shows what ports do to frames, or which rates a disk sustains" },
	{ "up", softtap_up, "Prepares two ports and puts the tap between them" },
	{ "down", softtap_down, "Takes the tap away and puts the ports back as they were" },
	{ "show", softtap_show, "Shows taps, ports, states and settings" },
	{ "stat", softtap_stat, "Shows counters and rates" },
	{ "capture", softtap_capture, "Writes what passes to a pcapng file" },
	{ "snapshot", softtap_snapshot, "Writes what a flight recorder has kept" },
	{ "verify", softtap_verify, "Checks a capture, and tells what is missing in it" },
	{ "post", softtap_post, "Runs a command on the CPUs reserved for post-processing" },
};

static void show_usage(FILE *file)
{
	size_t i;

	fprintf(file, "Usage: softtap SUBCOMMAND [ARGUMENTS]\n\nSubcommands:\n");
	for (i = 0; i < ARRAY_SIZE(subcommands); i++)
		fprintf(file, "  %-8s %s\n", subcommands[i].name, subcommands[i].help);
	fprintf(file, "\n`softtap SUBCOMMAND --help', `softtap help SUBCOMMAND': its options.\n"
		"\nExit status:\n"
		"  0  done\n"
		"  1  failed, standard error says why\n"
		"  2  the command line was not understood, nothing was done\n"
		"  3  the output could not be written\n"
		"  4  the tap went away meanwhile\n"
		"  5  in use: another reader has the tap, or another up or down is at work\n"
		"  6  frames are missing in the capture, and --fail-on-loss was given\n"
		"  7  check: the ports are transparent, but for something\n"
		"  8  check: they are not transparent\n");
}

/* @argv: the subcommand's name, and what follows it */
static int run_subcommand(int argc, char **argv)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(subcommands); i++)
		if (!strcmp(argv[0], subcommands[i].name))
			return subcommands[i].function(argc, argv);
	msg_error("no subcommand `%s'; see `softtap --help'", argv[0]);
	return EXIT_USAGE;
}

/* @name: of a subcommand, or NULL */
static int show_help(char *name)
{
	char option[] = "--help", *argv[3] = { name, option };

	if (name)
		return run_subcommand(2, argv);
	show_usage(stdout);
	return EXIT_OK;
}

/* A table that went to a full disk is no table: only the close tells. */
static int finish_output(int status)
{
	if (status == EXIT_OUTPUT || (!fflush(stdout) && !ferror(stdout)))
		return status;
	msg_error("cannot write the output: %s", strerror(errno));
	return status == EXIT_OK ? EXIT_OUTPUT : status;
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		show_usage(stderr);
		return EXIT_USAGE;
	}
	if (!strcmp(argv[1], "help"))
		return finish_output(show_help(argv[2]));
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))
		return finish_output(show_help(NULL));
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V")) {
		printf("softtap %s\n", SOFTTAP_VERSION);
		return finish_output(EXIT_OK);
	}
	return finish_output(run_subcommand(argc - 1, argv + 1));
}
