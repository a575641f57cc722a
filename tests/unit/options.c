// SPDX-License-Identifier: GPL-2.0
/* Unit tests of command lines and of the numbers in them. Prints TAP. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/numbers.h"
#include "lib/options.h"
#include "lib/status.h"
#include "lib/util.h"

#define NS	1000000000ULL

static int tests;

static void ok(bool passed, const char *name)
{
	printf("%sok %d - %s\n", passed ? "" : "not ", ++tests, name);
	fflush(stdout);
}

/* --- Numbers --------------------------------------------------------------------------------- */

static void test_numbers(void)
{
	static const char *const bad[] = {
		"", " 5", "5 ", " -5", "-5", "+5", "0x5", "5k", "five", "5.0",
		"18446744073709551616",
	};
	__u64 number;
	size_t i;

	ok(!parse_number("0", 0, 9, &number) && !number && !parse_number("9", 0, 9, &number) &&
	   number == 9, "numbers, up to the largest");
	ok(parse_number("10", 0, 9, &number) && parse_number("1", 2, 9, &number),
	   "none above, none below");
	ok(!parse_number("18446744073709551615", 0, ~0ULL, &number) && number == ~0ULL,
	   "all 64 bits");
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		char name[64];

		snprintf(name, sizeof(name), "`%s' is no number", bad[i]);
		ok(parse_number(bad[i], 0, ~0ULL, &number), name);
	}
}

static void test_seconds(void)
{
	static const char *const bad[] = {
		"", " 5", "-5", "+5", "0x5", "1e3", "inf", "nan", ".", "1.2.3", "5s", "1000000000",
	};
	__u64 ns;
	size_t i;

	ok(!parse_seconds("2", &ns) && ns == 2 * NS && !parse_seconds("0.25", &ns) &&
	   ns == NS / 4 && !parse_seconds(".5", &ns) && ns == NS / 2 && !parse_seconds("0", &ns) &&
	   !ns, "seconds, and fractions of them");
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		char name[64];

		snprintf(name, sizeof(name), "`%s' is no time", bad[i]);
		ok(parse_seconds(bad[i], &ns), name);
	}
}

/* --- Command lines --------------------------------------------------------------------------- */

struct options {
	bool flag;
	const char *text;
	__u64 number;
	__u64 time;
	const char *called;
};

static int take_call(const struct option_row *row, const char *value, void *options)
{
	(void)row;
	((struct options *)options)->called = value ?: "nothing";
	return 0;
}

#define LONG_HELP "what may not, with more help than a line has room for, broken between words"

static const struct option_row rows[] = {
	OPTION_FLAG('f', "flag", struct options, flag, "a flag"),
	OPTION_TEXT(0, "text", "TEXT", struct options, text, "a text"),
	OPTION_NUMBER('n', NULL, "N", struct options, number, "things", 1, 9, "a number"),
	OPTION_SECONDS('t', "time", "SECONDS", struct options, time, "a time"),
	OPTION_CALL('w', "watch", "[SECONDS]", take_call, "what may be the next word"),
	OPTION_CALL(0, "rt", "[=N]", take_call, LONG_HELP),
};

static struct command_line line = {
	.name = "test",
	.synopsis = "[OPTION]... WORD",
	.about = "Does nothing.",
	.rows = rows,
	.n_rows = ARRAY_SIZE(rows),
};

/* What was printed to @fd, with parse()'s arguments: 0 for words alone. */
static char output[4096];

static int parse_to(int fd, struct options *options, char **argv)
{
	FILE *file = tmpfile();
	int argc = 0, words, saved = dup(fd);
	size_t n;

	while (argv[argc])
		argc++;
	*options = (struct options){ };
	fflush(stdout);
	dup2(fileno(file), fd);
	words = options_parse(&line, argc, argv, options);
	fflush(stdout);
	dup2(saved, fd);
	close(saved);
	rewind(file);
	n = fread(output, 1, sizeof(output) - 1, file);
	output[n] = '\0';
	fclose(file);
	return words;
}

#define PARSE(options, ...) \
	parse_to(STDERR_FILENO, options, (char *[]){ "test", ##__VA_ARGS__, NULL })

static void test_options(void)
{
	struct options got;
	char test[] = "test", word[] = "word", flag[] = "-f", other[] = "other";
	char *argv[5] = { test, word, flag, other };

	ok(PARSE(&got) == 1 && !got.flag && !got.text && !*output, "nothing is nothing");
	ok(PARSE(&got, "-f", "--text", "x y", "-n3", "--time=0.5", "word") == 6 && got.flag &&
	   !strcmp(got.text, "x y") && got.number == 3 && got.time == NS / 2,
	   "options of all kinds");
	ok(parse_to(STDERR_FILENO, &got, argv) == 2 && got.flag && !strcmp(argv[2], "word") &&
	   !strcmp(argv[3], "other"), "words between options");
	ok(PARSE(&got, "--fl") == 2 && got.flag, "a name may be cut short");
	ok(PARSE(&got, "-w", "2") == 3 && !strcmp(got.called, "2"), "a value in the next word");
	ok(PARSE(&got, "-w", "word") == 2 && !strcmp(got.called, "nothing"),
	   "which must be a number for that");
	ok(PARSE(&got, "--rt", "2") == 2 && !strcmp(got.called, "nothing"),
	   "but not where it must be glued");
	ok(PARSE(&got, "--rt=2") == 2 && !strcmp(got.called, "2"), "as this one is");
	ok(PARSE(&got, "--", "-f") == 2 && !got.flag, "nothing is an option behind --");
	line.ends_at_word = true;
	ok(PARSE(&got, "-f", "word", "-n", "x") == 2 && got.flag, "nor behind a word, if wanted");
	line.ends_at_word = false;
}

/* @argv is refused with @text, in one line. */
#define REFUSED(text, ...) do { \
	const char *expected = text; \
	struct options got; \
	char message[128]; \
	int words = PARSE(&got, __VA_ARGS__); \
	snprintf(message, sizeof(message), "softtap: %s\n", expected); \
	ok(words < 0 && !strcmp(output, message), expected); \
} while (0)

static void test_refusals(void)
{
	REFUSED("unrecognized option --nonsense; see `softtap test --help'", "--nonsense");
	REFUSED("invalid option -9; see `softtap test --help'", "-9");
	REFUSED("option -n requires an argument; see `softtap test --help'", "-n");
	REFUSED("option --text requires an argument; see `softtap test --help'", "--text");
	REFUSED("option --flag takes no argument; see `softtap test --help'", "--flag=x");
	REFUSED("-n 10: must be a number of things, 1 to 9", "-n", "10");
	REFUSED("-n  5: must be a number of things, 1 to 9", "-n", " 5");
	REFUSED("-t x: must be a number of seconds", "--time", "x");
}

static size_t longest_line(const char *text)
{
	size_t longest = 0;

	for (; *text; text += strcspn(text, "\n") + 1)
		if (strcspn(text, "\n") > longest)
			longest = strcspn(text, "\n");
	return longest;
}

static void test_help(void)
{
	static const char usage[] =
		"Usage: softtap test [OPTION]... WORD\nDoes nothing.\n\n  -f, --flag  ";
	char test[] = "test", option[] = "--help", *argv[3] = { test, option };
	struct options got;

	ok(!parse_to(STDOUT_FILENO, &got, argv), "help is all that is done then");
	ok(!strncmp(output, usage, strlen(usage)),
	   "it begins with the usage");
	ok(strstr(output, "\n  --text TEXT            a text\n") && strstr(output, "\n  -n N  ") &&
	   strstr(output, "\n  -w, --watch [SECONDS]  what") && strstr(output, "\n  --rt[=N]  "),
	   "has each option");
	ok(strstr(output, "\n  -h, --help             this text\n"), "and itself");
	ok(longest_line(output) <= 80 && longest_line(output) > 70, "in 80 columns");
}

int main(void)
{
	test_numbers();
	test_seconds();
	test_options();
	test_refusals();
	test_help();
	printf("1..%d\n", tests);
	return 0;
}
