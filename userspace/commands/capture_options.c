// SPDX-License-Identifier: GPL-2.0
/* The command line of softtap capture. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "commands/capture_options.h"
#include "reader/filter.h"
#include "lib/message.h"
#include "lib/numbers.h"
#include "lib/options.h"
#include "lib/util.h"

#define MOST_SYNC	(3600 * NS_PER_S)

static int take_duration(const struct option_row *row, const char *value, void *options)
{
	static const char prefix[] = "duration:";
	struct capture_options *capture = options;

	if (strncmp(value, prefix, strlen(prefix))) {
		msg_error("%s %s: only -a duration:SECONDS is known", option_label(row), value);
		return -1;
	}
	if (!parse_seconds(value + strlen(prefix), &capture->duration) && capture->duration)
		return 0;
	msg_error("%s %s: must be a number of seconds above 0", option_label(row), value);
	return -1;
}

static int take_direction(const struct option_row *row, const char *value, void *options)
{
	struct capture_options *capture = options;

	if (strcmp(value, "a") && strcmp(value, "b")) {
		msg_error("%s %s: must be a or b, the port where frames arrive", option_label(row),
			  value);
		return -1;
	}
	capture->ports = *value == 'a' ? 1 : 2;
	return 0;
}

static int take_expression(const struct option_row *row, const char *value, void *options)
{
	struct capture_options *capture = options;

	(void)row;
	if (!capture->program.bf_insns)
		return filter_compile(&capture->program, value);
	msg_error("%s: there is a filter already: give one expression", value);
	return -1;
}

static int take_cpus(const struct option_row *row, const char *value, void *options)
{
	struct capture_options *capture = options;

	(void)row;
	return scheduling_parse_cpus(&capture->scheduling, value);
}

static int take_priority(const struct option_row *row, const char *value, void *options)
{
	struct capture_options *capture = options;

	(void)row;
	return scheduling_parse_priority(&capture->scheduling, value);
}

static int take_user(const struct option_row *row, const char *value, void *options)
{
	struct capture_options *capture = options;

	(void)row;
	return privileges_parse(&capture->privileges, value);
}

static int take_sync(const struct option_row *row, const char *value, void *options)
{
	struct capture_options *capture = options;

	if (!parse_seconds(value, &capture->sync) && capture->sync <= MOST_SYNC)
		return 0;
	msg_error("%s %s: must be 0 to 3600 seconds", option_label(row), value);
	return -1;
}

/* It is so anyway. */
static int take_granted(const struct option_row *row, const char *value, void *options)
{
	(void)row;
	(void)value;
	(void)options;
	return 0;
}

static int take_order(const struct option_row *row, const char *value, void *options)
{
	struct capture_options *capture = options;

	capture->by_buffer = !strcmp(value, "buffer");
	if (capture->by_buffer || !strcmp(value, "time"))
		return 0;
	msg_error("%s %s: must be time or buffer", option_label(row), value);
	return -1;
}

static const struct option_row rows[] = {
	OPTION_TEXT('i', "interface", "TAP", struct capture_options, tap,
		    "the tap to read (tap0), or a port of it"),
	OPTION_TEXT('w', NULL, "FILE", struct capture_options, path,
		    "the file; - for standard output"),
	OPTION_FLAG(0, "no-clobber", struct capture_options, no_clobber,
		    "do not overwrite a file that is there"),
	OPTION_NUMBER('c', NULL, "COUNT", struct capture_options, count, "packets", 1, 0,
		      "end after COUNT packets"),
	OPTION_CALL('a', NULL, "duration:SECONDS", take_duration, "end after that time"),
	OPTION_CALL('f', NULL, "EXPRESSION", take_expression, "the expression, in another place"),
	OPTION_NUMBER('s', NULL, "SNAPLEN", struct capture_options, snaplen, "bytes", 0, UINT_MAX,
		      "only that many bytes of each frame (0: all)"),
	OPTION_CALL(0, "direction", "a|b", take_direction,
		    "only what arrives on port a, or on port b"),
	OPTION_FLAG(0, "fail-on-loss", struct capture_options, fail_on_loss,
		    "exit status 6 when frames are missing"),
	OPTION_NUMBER(0, "interval", "MS", struct capture_options, interval, "milliseconds",
		      1, 60000,
		      "look at least this often, in milliseconds (100)"),
	OPTION_CALL(0, "sync", "SECONDS", take_sync,
		    "have all on the disk that often (5); 0: only at the end"),
	OPTION_CALL(0, "cpu", "LIST", take_cpus,
		    "run on these processors (those of `up --cpus reader=')"),
	OPTION_CALL(0, "rt", "[=PRIORITY]", take_priority,
		    "with real-time priority (1), on processors that do not receive"),
	OPTION_CALL('Z', NULL, "USER", take_user,
		    "become USER when the tap is open, before FILE is made"),
	OPTION_NUMBER('B', "buffer-size", "KIB", struct capture_options, buffer_kib, "KiB", 1,
		      UINT_MAX,
		      "warn if a CPU's buffer is smaller: the tap has had it from insmod"),
	OPTION_FLAG('D', "list-interfaces", struct capture_options, list,
		    "tell which taps there are, and end"),
	OPTION_FLAG('q', NULL, struct capture_options, quiet, "show no progress"),
	OPTION_CALL('U', NULL, NULL, take_granted,
		    "write packets as they come: it always does"),
	OPTION_CALL('n', NULL, NULL, take_granted, "convert no addresses to names: it never does"),
	OPTION_CALL('p', NULL, NULL, take_granted,
		    "no promiscuous mode: a tap's ports keep theirs"),
	OPTION_VERBOSE,
	OPTION_CALL(0, "order", "time|buffer", take_order,
		    "packets in the order of time, or whole sub-buffers as they are: a packet "
		    "is older than one before it by no more than the interval"),
};

static const struct command_line line = {
	.name = "capture",
	.synopsis = "[-i TAP] -w FILE [OPTION]... [EXPRESSION]",
	.about = "Writes what passes a tap, or what of it matches EXPRESSION "
		 "(pcap-filter(7)), to a pcapng file, until interrupted.",
	.rows = rows,
	.n_rows = ARRAY_SIZE(rows),
	.notes = "One reader a tap. What a reader that died left behind comes first. Exit "
		 "status: 0 done, 1 failed, 2 usage, 3 the output could not be written, 4 "
		 "the tap went away, 5 the tap has a reader already, 6 frames are missing "
		 "(with --fail-on-loss).",
};

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
	err = take_expression(NULL, expression, options);
	free(expression);
	return err;
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
	int words;

	*options = (struct capture_options){ .tap = "tap0", .count = ~0ULL, .interval = 100,
					     .sync = 5 * NS_PER_S };
	words = options_parse(&line, argc, argv, options);
	if (words <= 0)
		return words ? -1 : 1;
	if (!options->path && !options->list) {
		options_complain(&line, "where to write? Give -w FILE, or -w - for a pipe");
		return -1;
	}
	return parse_words(argv + words, options);
}
