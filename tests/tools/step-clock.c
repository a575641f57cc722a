// SPDX-License-Identifier: GPL-2.0
/*
 * step-clock SECONDS
 *
 * Steps the wall clock, forwards or (-SECONDS) back, by that to the nanosecond: adjtimex(2) with
 * ADJ_SETOFFSET adds, where what sets a clock to a time has taken some itself.
 */
#include <err.h>
#include <stdlib.h>
#include <sys/timex.h>

#define NS	1000000000L

/* Return: nanoseconds of a fraction's digits. */
static long parse_fraction(const char *digits)
{
	long unit = NS / 10, ns = 0;

	for (; *digits; digits++, unit /= 10) {
		if (*digits < '0' || *digits > '9' || !unit)
			errx(2, "no fraction of a second: .%s", digits);
		ns += (*digits - '0') * unit;
	}
	return ns;
}

int main(int argc, char **argv)
{
	struct timex step = { .modes = ADJ_SETOFFSET | ADJ_NANO };
	char *end;

	if (argc != 2)
		errx(2, "usage: step-clock SECONDS");
	step.time.tv_sec = labs(strtol(argv[1], &end, 10));
	if (*end == '.')
		step.time.tv_usec = parse_fraction(end + 1);
	else if (*end)
		errx(2, "no time: %s", argv[1]);
	if (*argv[1] == '-') {
		step.time.tv_sec = -step.time.tv_sec - !!step.time.tv_usec;
		step.time.tv_usec = step.time.tv_usec ? NS - step.time.tv_usec : 0;
	}
	if (adjtimex(&step) < 0)
		err(1, "a step of %s s", argv[1]);
	return 0;
}
