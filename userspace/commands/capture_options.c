// SPDX-License-Identifier: GPL-2.0
/* The command line of softtap capture. */
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands/capture_options.h"
#include "reader/filter.h"
#include "lib/message.h"
#include "lib/numbers.h"

static void show_usage(FILE *file)
{
	fputs("Usage: softtap capture [-i TAP] -w FILE [OPTION]... [EXPRESSION]\n"
	      "\n"
	      "Writes what passes a tap, or what of it matches EXPRESSION (pcap-filter(7)), to a\n"
	      "pcapng file, until interrupted.\n"
	      "\n"
	      "  -i TAP               the tap to read (tap0)\n"
	      "  -w FILE              the file, made anew; - for standard output\n"
	      "  -c COUNT             end after COUNT packets\n"
	      "  -a duration:SECONDS  end after that time\n"
	      "  -f EXPRESSION        the expression, in another place\n"
	      "  -s SNAPLEN           only that many bytes of each frame (0: all)\n"
	      "  --direction a|b      only what arrives on port a, or on port b\n"
	      "  --fail-on-loss       exit status 6 when frames are missing\n"
	      "  --interval MS        look at least this often, in milliseconds (100)\n"
	      "  --cpu LIST           run on these processors (those of `up --cpus reader=')\n"
	      "  --rt[=PRIORITY]      with real-time priority (1), on processors that do not receive\n"
	      "  -Z USER              become USER when the tap is open, before FILE is made\n"
	      "  -U                   write packets as they come: it always does\n"
	      "  --order time|buffer  packets in the order of time, or whole sub-buffers as they\n"
	      "                       are: a packet is older than one before it by no more than\n"
	      "                       the interval\n"
	      "  -h, --help           this text\n"
	      "\n"
	      "One reader a tap. What a reader that died left behind comes first.\n"
	      "Exit status: 0 done, 1 failed, 2 usage, 3 the output could not be written,\n"
	      "4 the tap went away, 5 the tap has a reader already, 6 frames are missing\n"
	      "(with --fail-on-loss).\n", file);
}

static int parse_duration(const char *text, struct capture_options *options)
{
	static const char prefix[] = "duration:";

	if (strncmp(text, prefix, strlen(prefix))) {
		msg_error("-a %s: only -a duration:SECONDS is known", text);
		return -1;
	}
	if (!parse_seconds(text + strlen(prefix), &options->duration) && options->duration)
		return 0;
	msg_error("-a %s: must be a number of seconds above 0", text);
	return -1;
}

static int parse_direction(const char *text, struct capture_options *options)
{
	if (strcmp(text, "a") && strcmp(text, "b")) {
		msg_error("--direction %s: must be a or b, the port where frames arrive", text);
		return -1;
	}
	options->ports = *text == 'a' ? 1 : 2;
	return 0;
}

static int parse_expression(const char *text, struct capture_options *options)
{
	if (options->program.bf_insns) {
		msg_error("%s: there is a filter already: give one expression", text);
		return -1;
	}
	return filter_compile(&options->program, text);
}

/* What follows the options. */
static int parse_words(char **words, struct capture_options *options)
{
	char *expression;
	int err;

	if (!*words)
		return 0;
	expression = filter_join(words);
	if (!expression) {
		msg_error("out of memory");
		return -1;
	}
	err = parse_expression(expression, options);
	free(expression);
	return err;
}

/* Return: 0, or -1 with a message. */
static int parse_option(int option, const char *value, struct capture_options *options)
{
	__u64 number;

	switch (option) {
	case 'i':
		options->tap = value;
		if (!strncmp(value, "tap", 3) && !parse_number(value + 3, 0, INT_MAX, &number))
			return 0;
		msg_error("-i %s: taps are tap0 and so on: `softtap show' lists them", value);
		return -1;
	case 'w':
		options->path = value;
		return 0;
	case 'c':
		if (!parse_number(value, 1, ~0ULL - 1, &options->count))
			return 0;
		msg_error("-c %s: must be a number of packets, 1 or more", value);
		return -1;
	case 'a':
		return parse_duration(value, options);
	case 's':
		if (!parse_number(value, 0, UINT_MAX, &number)) {
			options->snaplen = number;
			return 0;
		}
		msg_error("-s %s: must be a number of bytes, or 0 for whole frames", value);
		return -1;
	case 'f':
		return parse_expression(value, options);
	case 'D':
		return parse_direction(value, options);
	case 'L':
		options->fail_on_loss = true;
		return 0;
	case 'I':
		if (!parse_number(value, 1, 60000, &number)) {
			options->interval = number;
			return 0;
		}
		msg_error("--interval %s: must be 1 to 60000 milliseconds", value);
		return -1;
	case 'C':
		return scheduling_parse_cpus(&options->scheduling, value);
	case 'R':
		return scheduling_parse_priority(&options->scheduling, value);
	case 'U':
		return 0;
	case 'Z':
		return privileges_parse(&options->privileges, value);
	case 'O':
		options->by_buffer = !strcmp(value, "buffer");
		if (options->by_buffer || !strcmp(value, "time"))
			return 0;
		msg_error("--order %s: must be time or buffer", value);
		return -1;
	default:
		return -1;	/* getopt has said why */
	}
}

/**
 * capture_options_parse - read the command line
 * @argc: as for main(), without "softtap"
 * @argv: as for main()
 * @options: filled
 *
 * Return: 0, 1 when there is nothing more to do, -1 with a message.
 */
int capture_options_parse(int argc, char **argv, struct capture_options *options)
{
	static const struct option names[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "direction", required_argument, NULL, 'D' },
		{ "fail-on-loss", no_argument, NULL, 'L' },
		{ "interval", required_argument, NULL, 'I' },
		{ "cpu", required_argument, NULL, 'C' },
		{ "rt", optional_argument, NULL, 'R' },
		{ "order", required_argument, NULL, 'O' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	*options = (struct capture_options){ .tap = "tap0", .count = ~0ULL, .interval = 100 };
	while ((option = getopt_long(argc, argv, "i:w:c:a:s:f:UZ:h", names, NULL)) != -1) {
		if (option == 'h') {
			show_usage(stdout);
			return 1;
		}
		if (parse_option(option, optarg, options))
			return -1;
	}
	if (!options->path) {
		msg_error("where to write? Give -w FILE, or -w - for a pipe");
		return -1;
	}
	return parse_words(argv + optind, options);
}
