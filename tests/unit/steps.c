// SPDX-License-Identifier: GPL-2.0
/* Unit tests of steps of the wall clock. Prints TAP. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/util.h"

#define S	1000000000LL
#define MS	1000000LL
#define YEAR	(365LL * 86400 * S)

static int tests;

static void ok(bool passed, const char *name)
{
	printf("%sok %d - %s\n", passed ? "" : "not ", ++tests, name);
}

static void test_add(void)
{
	ok(clock_add(5, 3) == 8 && clock_add(5, -3) == 2 && clock_add(5, -5) == 0 &&
	   clock_add(1700000000 * S, 3600 * S + 300 * MS) == 1700003600300000000ULL,
	   "a time moves by a step, to the nanosecond");
	ok(clock_add(5, -6) == 0 && clock_add(0, INT64_MIN) == 0 &&
	   clock_add(~0ULL - 1, 2) == ~0ULL && clock_add(~0ULL, INT64_MAX) == ~0ULL,
	   "neither before the first time there is nor beyond the last");
	ok(clock_add(~0ULL, INT64_MIN) == ~0ULL >> 1 && clock_add(1ULL << 63, -1) == ~0ULL >> 1,
	   "but as far as can be");
}

static void test_step(void)
{
	ok(clock_step(17 * S, 17 * S + 300 * MS) == 300 * MS &&
	   clock_step(17 * S, -YEAR) == -YEAR - 17 * S, "a step is told to the nanosecond");
	ok(clock_step(S, S + MS) == MS && clock_step(S, S - MS) == -MS,
	   "one of a millisecond as well");
	ok(!clock_step(S, S + MS - 1) && !clock_step(S, S - MS + 1) && !clock_step(S, S),
	   "less is none");
}

static bool survives(__s64 step, const char *as)
{
	char text[CLOCK_STEP_TEXT];
	__s64 again = 0;

	clock_step_print(text, step);
	return !strcmp(text, as) && clock_step_parse(text, &again) && again == step;
}

static void test_text(void)
{
	static const char *const wrong[] = {
		"", "forward", "forward by", "forward by 1 s", "forward by 1.5 s",
		"forward by 1.1234567890 s", "sideways by 1.000000000 s",
		"Forward by 1.000000000 s", "forwards by 1.000000000 s", "back by 1,000000000 s",
		"back by 99999999999.000000000 s",
		"forward by 9223372037.000000000 s", "forward by x.000000000 s",
	};
	__s64 step;
	size_t i;
	bool taken = false;

	ok(survives(3600 * S + 300 * MS, "forward by 3600.300000000 s") &&
	   survives(-7200 * S - 600 * MS - 1, "back by 7200.600000001 s") &&
	   survives(-300 * MS, "back by 0.300000000 s") &&
	   survives(6 * YEAR, "forward by 189216000.000000000 s"),
	   "a step becomes words and comes back");
	for (i = 0; i < ARRAY_SIZE(wrong); i++)
		taken |= clock_step_parse(wrong[i], &step);
	ok(!taken, "other words are no step");
	ok(clock_step_parse("back by 2.000000000 s; and so on", &step) && step == -2 * S,
	   "something may follow");
	ok(!survives(INT64_MIN, "back by 9223372036.854775808 s"), "the longest is only told");
}

static void test_watch(void)
{
	int watch = clock_watch();
	__u64 expired;

	ok(watch >= 0 && read(watch, &expired, sizeof(expired)) < 0 && errno == EAGAIN,
	   "a clock that is not set does not tell of it");
	clock_watch_again(watch);
	close(watch);
}

int main(void)
{
	test_add();
	test_step();
	test_text();
	test_watch();
	printf("1..%d\n", tests);
	return 0;
}
