// SPDX-License-Identifier: GPL-2.0
/* Numbers on the command line. */
#include <errno.h>
#include <stdlib.h>

#include "lib/numbers.h"

#define SECONDS_MAX	1e9

/**
 * parse_number - read a whole number
 * @text: decimal digits
 * @least: the smallest that is taken
 * @most: the largest
 * @number: set on success
 *
 * Return: 0 or -1.
 */
int parse_number(const char *text, __u64 least, __u64 most, __u64 *number)
{
	char *end;

	errno = 0;
	*number = strtoull(text, &end, 10);
	if (errno || end == text || *end || *text == '-' || *number < least || *number > most)
		return -1;
	return 0;
}

/**
 * parse_seconds - read a time, a fraction of a second perhaps
 * @text: seconds, not negative
 * @ns: set on success
 *
 * Return: 0 or -1.
 */
int parse_seconds(const char *text, __u64 *ns)
{
	char *end;
	double seconds = strtod(text, &end);

	if (end == text || *end || !(seconds >= 0 && seconds < SECONDS_MAX))
		return -1;
	*ns = seconds * NS_PER_S;
	return 0;
}
