// SPDX-License-Identifier: GPL-2.0
/* Unit tests of steps of the wall clock, and of records that get other times. Prints TAP. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "reader/file_clock.h"
#include "pcapng/write.h"
#include "reader/restamp.h"
#include "lib/clock.h"
#include "lib/util.h"

#define S	1000000000LL
#define MS	1000000LL
#define YEAR	(365LL * 86400 * S)
#define FRAME	60
#define RECORD	(SOFTTAP_EPB_OVERHEAD + FRAME)
#define SUBBUF	4096

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

/* --- A file's clock --------------------------------------------------------------------------- */

static struct softtap_clock module;

/* In the place of the module's. */
int relay_clock(const struct relay *relay, struct softtap_clock *clock)
{
	(void)relay;
	*clock = module;
	return 0;
}

static void test_file_clock(void)
{
	struct file_clock clock = { };

	module = (struct softtap_clock){ 100 * S, 7 * YEAR, 7 * YEAR + MS - 1 };
	file_clock_begin(&clock, NULL);
	ok(!clock.shift && clock.now == 7 * YEAR + 100 * S,
	   "records are in a file as they are when the clock was not stepped");
	module.wall += 1;
	ok(file_clock_look(&clock, NULL) == MS && !file_clock_look(&clock, NULL),
	   "small steps add up to one that is told, once");
	module = (struct softtap_clock){ 101 * S, 7 * YEAR, 7 * YEAR + MS + 3600 * S };
	ok(file_clock_look(&clock, NULL) == 3600 * S && clock.now == 7 * YEAR + 101 * S,
	   "the file goes on by its clock when the wall clock is stepped");
	ok(!file_clock_look(&clock, NULL), "that is told once");
	file_clock_begin(&clock, NULL);
	ok(clock.shift == 3600 * S + MS && clock.now == 7 * YEAR + 3701 * S + MS &&
	   !file_clock_look(&clock, NULL), "the next file has the new clock, and nothing to tell");
	module = (struct softtap_clock){ 50 * S, 7 * YEAR, 0 };
	file_clock_begin(&clock, NULL);
	ok(clock.shift == -7 * YEAR && clock.now == 50 * S, "a clock may begin in 1970");
}

/* --- Records ---------------------------------------------------------------------------------- */

static unsigned char subbuf[2 * SUBBUF], before[2 * SUBBUF];

static size_t put_record(size_t at, __u64 time)
{
	struct softtap_epb epb = {
		.block = { SOFTTAP_PCAPNG_EPB, RECORD }, .interface = 1,
		.time_high = time >> 32, .time_low = (__u32)time,
		.captured = FRAME, .original = FRAME,
	};
	__u32 length = RECORD;

	memset(subbuf + at, 0xa5, RECORD);
	memcpy(subbuf + at, &epb, sizeof(epb));
	memcpy(subbuf + at + RECORD - 4, &length, 4);
	return at + RECORD;
}

/* A sub-buffer of records, each @gap after the one before, and a filler. Return: how many. */
static int fill(size_t at, __u64 time, __u64 gap)
{
	size_t end = at + SUBBUF;
	struct softtap_block filler = { .type = SOFTTAP_PCAPNG_FILLER };
	int n = 0;

	for (; at + RECORD + SOFTTAP_FILLER_MIN <= end; n++, time += gap)
		at = put_record(at, time);
	filler.length = end - at;
	memset(subbuf + at, 6, filler.length);	/* the type of a record, say */
	memcpy(subbuf + at, &filler, sizeof(filler));
	return n;
}

/* Takes the shift out of a copy again. Return: whether that gives what was copied. */
static bool only_times_moved(const struct iovec *copy, size_t from, __s64 shift)
{
	unsigned char *at = copy->iov_base;
	unsigned char *end = at + copy->iov_len;

	while (at < end) {
		struct softtap_epb *epb = (void *)at;

		if (epb->block.type == SOFTTAP_PCAPNG_EPB)
			pcapng_epb_set_time(epb, pcapng_epb_time(epb) - shift);
		at += epb->block.length;
	}
	return !memcmp(copy->iov_base, before + from, copy->iov_len);
}

static __u64 time_of(const struct iovec *copy, int n)
{
	return pcapng_epb_time((void *)((char *)copy->iov_base + n * RECORD));
}

static void test_copy(__s64 shift, const char *name)
{
	__u64 time = (1ULL << 60) - 20 * 300 * MS;	/* the lower half runs over */
	int records = fill(0, time, 300 * MS), n = 2, i;
	struct iovec pieces[] = { { subbuf, SUBBUF }, { subbuf + SUBBUF, SUBBUF } };
	const struct iovec *copy;
	struct restamp restamp;
	bool right = true;

	fill(SUBBUF, time + YEAR, 1);
	memcpy(before, subbuf, sizeof(before));
	restamp_begin(&restamp, shift, sizeof(subbuf));
	copy = restamp_pieces(&restamp, pieces, &n);
	for (i = 0; i < records; i++)
		right &= time_of(copy, i) == time + i * 300 * MS + shift;
	ok(n == 1 && copy->iov_len == sizeof(subbuf) && !((unsigned long)copy->iov_base % 4096) &&
	   right && only_times_moved(copy, 0, shift) && !memcmp(before, subbuf, sizeof(before)),
	   name);
	restamp_end(&restamp);
}

static void test_restamp(void)
{
	struct iovec piece = { subbuf, RECORD };
	const struct iovec *copy;
	struct restamp restamp;
	int n = 1, none = 0;

	test_copy(3600 * S + 300 * MS,
		  "sub-buffers that are copied get other times, and are the same but for that");
	test_copy(-6 * YEAR - 1, "and earlier ones");
	fill(0, 5 * S, 2 * S);
	restamp_begin(&restamp, -8 * S, SUBBUF);
	piece.iov_len = SUBBUF;
	copy = restamp_pieces(&restamp, &piece, &n);
	ok(time_of(copy, 0) == 0 && time_of(copy, 1) == 0 && time_of(copy, 2) == S,
	   "what would be before 1970 is then, in order");
	ok(restamp_pieces(&restamp, &piece, &none) == &piece && !none, "no pieces stay none");
	restamp_end(&restamp);
	restamp_begin(&restamp, 0, SUBBUF);
	ok(restamp_pieces(&restamp, &piece, &n) == &piece && !restamp.copy,
	   "without a shift nothing is copied");
	restamp_end(&restamp);
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
	test_file_clock();
	test_restamp();
	test_watch();
	printf("1..%d\n", tests);
	return 0;
}
