// SPDX-License-Identifier: GPL-2.0
/*
 * The account of a stream: which numbers came, which came twice or late, which are missing.
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "numbers.h"

static void make_room(struct numbers *numbers, __u64 number)
{
	__u64 room = numbers->room ?: 1 << 20;

	while (room <= number)
		room *= 2;
	if (room == numbers->room)
		return;
	numbers->seen = realloc(numbers->seen, room / 8);
	if (!numbers->seen)
		err(2, "no memory for %llu numbers", room);
	memset((char *)numbers->seen + numbers->room / 8, 0, (room - numbers->room) / 8);
	numbers->room = room;
}

/**
 * numbers_has - was a number seen
 * @numbers: the account
 * @number: any
 */
bool numbers_has(const struct numbers *numbers, __u64 number)
{
	return number < numbers->end && numbers->seen[number / 64] >> number % 64 & 1;
}

/**
 * numbers_see - a number came
 * @numbers: the account
 * @number: that is not absurd, as its bit must be kept
 */
void numbers_see(struct numbers *numbers, __u64 number)
{
	if (numbers_has(numbers, number)) {
		numbers->doubled++;
		return;
	}
	if (number < numbers->end)
		numbers->reordered++;
	make_room(numbers, number);
	numbers->seen[number / 64] |= 1ULL << number % 64;
	numbers->once++;
	if (number >= numbers->end)
		numbers->end = number + 1;
}

/**
 * numbers_gap - find the next missing numbers
 * @numbers: the account
 * @end: numbers from here on are not expected
 * @from: where to begin; the first that is missing
 * @to: behind the last that is missing in a row
 *
 * Return: false when none is missing from @from on.
 */
bool numbers_gap(const struct numbers *numbers, __u64 end, __u64 *from, __u64 *to)
{
	while (*from < end && numbers_has(numbers, *from))
		++*from;
	for (*to = *from; *to < end && !numbers_has(numbers, *to);)
		++*to;
	return *from < end;
}
