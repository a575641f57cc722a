// SPDX-License-Identifier: GPL-2.0
/*
 * Command lines, each described by one table, from which it is parsed and its help is made.
 *
 * What is not understood gets one line that says where help is.
 */
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/message.h"
#include "lib/numbers.h"
#include "lib/options.h"
#include "lib/status.h"

#define COLUMNS		80	/* of a line of help */
#define LABEL_MAX	22	/* columns; what a longer option does begins on the next line */
#define LONG_ONLY	256	/* getopt's value of row N is LONG_ONLY + N */
#define LABEL		64	/* bytes */

static const struct option_row help_row = {
	.letter = 'h', .name = "help", .help = "this text",
};

static const struct option_row *row_at(const struct command_line *line, size_t i)
{
	return i < line->n_rows ? &line->rows[i] : &help_row;
}

/* --- Help ------------------------------------------------------------------------------------ */

static void print_label(char *label, const struct option_row *row)
{
	const char *value = row->value ?: "";
	const char *space = *value && strncmp(value, "[=", 2) ? " " : "";

	if (row->letter && row->name)
		snprintf(label, LABEL, "-%c, --%s%s%s", row->letter, row->name, space, value);
	else if (row->name)
		snprintf(label, LABEL, "--%s%s%s", row->name, space, value);
	else
		snprintf(label, LABEL, "-%c%s%s", row->letter, space, value);
}

/* Words from @column to %COLUMNS; the first line is there up to @at. */
static void print_wrapped(FILE *file, const char *text, size_t at, size_t column)
{
	bool begins = true;

	for (; *text; text += strspn(text, " ")) {
		size_t word = strcspn(text, " ");

		if (!begins && at + 1 + word > COLUMNS) {
			fputc('\n', file);
			at = 0;
			begins = true;
		}
		at += fprintf(file, "%*s", begins ? (int)(column - at) : 1, "");
		at += fprintf(file, "%.*s", (int)word, text);
		begins = false;
		text += word;
	}
	fputc('\n', file);
}

static size_t label_width(const struct command_line *line)
{
	char label[LABEL];
	size_t i, width = 0;

	for (i = 0; i <= line->n_rows; i++) {
		print_label(label, row_at(line, i));
		if (strlen(label) > width && strlen(label) <= LABEL_MAX)
			width = strlen(label);
	}
	return width;
}

static void print_help(const struct command_line *line, FILE *file)
{
	size_t column = 2 + label_width(line) + 2;
	char label[LABEL];
	size_t i;

	fprintf(file, "Usage: softtap %s %s\n", line->name, line->synopsis);
	print_wrapped(file, line->about, 0, 0);
	fputc('\n', file);
	for (i = 0; i <= line->n_rows; i++) {
		size_t at;

		print_label(label, row_at(line, i));
		at = fprintf(file, "  %s", label);
		if (at + 2 > column) {
			fputc('\n', file);
			at = 0;
		}
		print_wrapped(file, row_at(line, i)->help, at, column);
	}
	if (!line->notes)
		return;
	fputc('\n', file);
	print_wrapped(file, line->notes, 0, 0);
}

/**
 * options_complain - say what is wrong with a command line, and where help is
 * @line: the command
 * @fmt: printf format, without an end
 *
 * Return: EXIT_USAGE
 */
int options_complain(const struct command_line *line, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	msg_error("%s; see `softtap %s --help'", text, line->name);
	return EXIT_USAGE;
}

/* --- Parsing --------------------------------------------------------------------------------- */

/**
 * option_label - how an option is called in messages
 * @row: the option
 *
 * Return: its short name if it has one; good until the next call
 */
const char *option_label(const struct option_row *row)
{
	static char label[LABEL];

	if (row->letter)
		snprintf(label, sizeof(label), "-%c", row->letter);
	else
		snprintf(label, sizeof(label), "--%s", row->name);
	return label;
}

static int takes_value(const struct option_row *row)
{
	if (!row->value)
		return no_argument;
	return *row->value == '[' ? optional_argument : required_argument;
}

/**
 * struct tables - a command line for getopt_long()
 * @letters: the short options
 * @names: the long ones
 */
struct tables {
	char *letters;
	struct option *names;
};

static int make_tables(struct tables *tables, const struct command_line *line)
{
	static const char *const colons[] = { "", ":", "::" };	/* by takes_value() */
	struct option *name;
	size_t i, n = line->n_rows + 1;
	char *letter;

	tables->letters = calloc(n + 1, 3);
	tables->names = calloc(n + 1, sizeof(*tables->names));
	if (!tables->letters || !tables->names)
		return -1;
	name = tables->names;
	letter = stpcpy(tables->letters, line->ends_at_word ? "+:" : ":");
	for (i = 0; i < n; i++) {
		const struct option_row *row = row_at(line, i);

		if (row->letter) {
			*letter++ = row->letter;
			letter = stpcpy(letter, colons[takes_value(row)]);
		}
		if (row->name)
			*name++ = (struct option){ row->name, takes_value(row), NULL,
						   LONG_ONLY + i };
	}
	return 0;
}

static const struct option_row *find_row(const struct command_line *line, int c)
{
	size_t i;

	if (c >= LONG_ONLY)
		return row_at(line, c - LONG_ONLY);
	for (i = 0; i < line->n_rows && line->rows[i].letter != c; i++)
		;
	return row_at(line, i);
}

/* What getopt_long() did not understand: @c is '?', or ':' when a value is missing. */
static void complain(const struct command_line *line, int c, char **argv)
{
	if (c == ':')
		options_complain(line, "option %s requires an argument",
				 option_label(find_row(line, optopt)));
	else if (optopt >= LONG_ONLY)
		options_complain(line, "option --%s takes no argument",
				 find_row(line, optopt)->name);
	else if (optopt)
		options_complain(line, "invalid option -%c", optopt);
	else
		options_complain(line, "unrecognized option %s", argv[optind - 1]);
}

/* A value that need not be there is the next word's, if that is a number: "-w 2" as "-w2". */
static const char *value_of(const struct option_row *row, int argc, char **argv)
{
	bool may_be_next = row->value && *row->value == '[' && row->value[1] != '=';

	if (!optarg && may_be_next && optind < argc && strspn(argv[optind], "0123456789."))
		return argv[optind++];
	return optarg;
}

static int parse(const struct command_line *line, const struct tables *tables, int argc,
		 char **argv, void *options)
{
	const struct option_row *row;
	int c;

	optind = 0;	/* as glibc wants it to begin anew */
	while ((c = getopt_long(argc, argv, tables->letters, tables->names, NULL)) != -1) {
		if (c == '?' || c == ':') {
			complain(line, c, argv);
			return -1;
		}
		row = find_row(line, c);
		if (row == &help_row) {
			print_help(line, stdout);
			return 0;
		}
		if (row->take(row, value_of(row, argc, argv), options))
			return -1;
	}
	return optind;
}

/**
 * options_parse - read a command line
 * @line: what it may hold
 * @argc: as for main()
 * @argv: as for main(); words are moved behind the options
 * @options: the command's, filled by its rows
 *
 * Return: where the words begin, 0 when there is nothing more to do, -1 with a message.
 */
int options_parse(const struct command_line *line, int argc, char **argv, void *options)
{
	struct tables tables;
	int words = -1;

	if (make_tables(&tables, line))
		msg_error("out of memory");
	else
		words = parse(line, &tables, argc, argv, options);
	free(tables.letters);
	free(tables.names);
	return words;
}

/* --- Values of options ----------------------------------------------------------------------- */

/**
 * option_flag - an option that is given or not
 * @row: the option, with the offset of a bool
 * @value: NULL
 * @options: the command's
 *
 * Return: 0
 */
int option_flag(const struct option_row *row, const char *value, void *options)
{
	(void)value;
	*(bool *)((char *)options + row->offset) = true;
	return 0;
}

/**
 * option_text - an option whose value is taken as it is
 * @row: the option, with the offset of a const char *
 * @value: the text
 * @options: the command's
 *
 * Return: 0
 */
int option_text(const struct option_row *row, const char *value, void *options)
{
	*(const char **)((char *)options + row->offset) = value;
	return 0;
}

/**
 * option_number - an option that is a number of something
 * @row: the option, with the offset of a __u64, the unit and the limits
 * @value: digits
 * @options: the command's
 *
 * Return: 0, or -1 with a message.
 */
int option_number(const struct option_row *row, const char *value, void *options)
{
	__u64 *number = (__u64 *)((char *)options + row->offset);

	if (!parse_number(value, row->least, row->most ?: ~0ULL - 1, number))
		return 0;
	if (row->most)
		msg_error("%s %s: must be a number of %s, %llu to %llu", option_label(row), value,
			  row->unit, row->least, row->most);
	else
		msg_error("%s %s: must be a number of %s, %llu or more", option_label(row), value,
			  row->unit, row->least);
	return -1;
}

/**
 * option_seconds - an option that is a time
 * @row: the option, with the offset of a __u64, which gets ns
 * @value: seconds, a fraction perhaps
 * @options: the command's
 *
 * Return: 0, or -1 with a message.
 */
int option_seconds(const struct option_row *row, const char *value, void *options)
{
	if (!parse_seconds(value, (__u64 *)((char *)options + row->offset)))
		return 0;
	msg_error("%s %s: must be a number of seconds", option_label(row), value);
	return -1;
}

/**
 * option_verbose - the option that has commands print each step
 * @row: the option
 * @value: NULL
 * @options: the command's
 *
 * Return: 0
 */
int option_verbose(const struct option_row *row, const char *value, void *options)
{
	(void)row;
	(void)value;
	(void)options;
	msg_set_verbose(true);
	return 0;
}
