// SPDX-License-Identifier: GPL-2.0
/* Numbers on the command line. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

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

	/* strtoull() would take white space and a sign, and -5 as very much. */
	if (!isdigit((unsigned char)*text))
		return -1;
	errno = 0;
	*number = strtoull(text, &end, 10);
	return errno || *end || *number < least || *number > most ? -1 : 0;
}

/**
 * parse_seconds - read a time, a fraction of a second perhaps
 * @text: decimal digits, and perhaps a point
 * @ns: set on success
 *
 * Return: 0 or -1.
 */
int parse_seconds(const char *text, __u64 *ns)
{
	double seconds;

	/* Not what strtod() takes beside: signs, hexadecimal digits, words. */
	if (!strpbrk(text, "0123456789") || text[strspn(text, "0123456789.")])
		return -1;
	if (strchr(text, '.') != strrchr(text, '.'))
		return -1;
	seconds = strtod(text, NULL);
	if (seconds >= SECONDS_MAX)
		return -1;
	*ns = seconds * NS_PER_S;
	return 0;
}
