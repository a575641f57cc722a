/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SOFTTAP_OPTIONS_H
#define SOFTTAP_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

#include "lib/message.h"

/**
 * struct option_row - an option of a command
 * @letter: its short name, or 0
 * @name: its long name, or NULL
 * @value: what --help calls its value, NULL when it takes none; "[=VALUE]" when it need not have
 *	one, "[VALUE]" when that may also be the next word, if it is a number
 * @help: what it does, a sentence without its end
 * @take: puts the value, NULL when there is none, into the command's options. Return: 0, or -1 with
 *	a message
 * @offset: bytes, where in them: see the macros below
 * @unit: for option_number(): what is counted
 * @least: for option_number(): the smallest number that is taken
 * @most: for option_number(): the largest, 0 for any
 */
struct option_row {
	char letter;
	const char *name;
	const char *value;
	const char *help;
	int (*take)(const struct option_row *row, const char *value, void *options);
	size_t offset;
	const char *unit;
	__u64 least;
	__u64 most;
};

/* Where member @field of struct @type is, which must be of that @kind. */
#define OPTION_AT(type, field, kind) (offsetof(type, field) + 0 * sizeof(struct { \
	_Static_assert(__builtin_types_compatible_p(__typeof__(((type *)NULL)->field), kind), \
		       #field " must be " #kind); \
	int unused; }))

/* An option that is given or not: a bool. */
#define OPTION_FLAG(letter, name, type, field, help) \
	{ letter, name, NULL, help, option_flag, OPTION_AT(type, field, bool), NULL, 0, 0 }

/* One whose value is taken as it is: a const char *. */
#define OPTION_TEXT(letter, name, value, type, field, help) \
	{ letter, name, value, help, option_text, OPTION_AT(type, field, const char *), NULL, 0, 0 }

/* A number of @unit from @least to @most, which is 0 for any: a __u64. */
#define OPTION_NUMBER(letter, name, value, type, field, unit, least, most, help) \
	{ letter, name, value, help, option_number, OPTION_AT(type, field, __u64), \
	  unit, least, most }

/* A time: a __u64, ns. */
#define OPTION_SECONDS(letter, name, value, type, field, help) \
	{ letter, name, value, help, option_seconds, OPTION_AT(type, field, __u64), NULL, 0, 0 }

/* One with a function of the command's own. */
#define OPTION_CALL(letter, name, value, take, help) \
	{ letter, name, value, help, take, 0, NULL, 0, 0 }

#define OPTION_VERBOSE	OPTION_CALL('v', "verbose", NULL, option_verbose, "print each step")

/**
 * struct command_line - what a command takes: it is parsed by this, and --help is made of it
 * @name: of the command, as in "softtap capture"
 * @synopsis: what follows the name
 * @about: what the command does: sentences
 * @rows: the options; --help is added
 * @n_rows: how many
 * @notes: sentences behind the options, or NULL
 * @ends_at_word: options end at the first word: what follows is another command's
 */
struct command_line {
	const char *name;
	const char *synopsis;
	const char *about;
	const struct option_row *rows;
	size_t n_rows;
	const char *notes;
	bool ends_at_word;
};

int options_parse(const struct command_line *line, int argc, char **argv, void *options);
int options_complain(const struct command_line *line, const char *fmt, ...) __printf(2, 3);
const char *option_label(const struct option_row *row);

int option_flag(const struct option_row *row, const char *value, void *options);
int option_text(const struct option_row *row, const char *value, void *options);
int option_number(const struct option_row *row, const char *value, void *options);
int option_seconds(const struct option_row *row, const char *value, void *options);
int option_verbose(const struct option_row *row, const char *value, void *options);

#endif /* SOFTTAP_OPTIONS_H */
