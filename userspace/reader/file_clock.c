// SPDX-License-Identifier: GPL-2.0
/*
 * The clock of a file: monotonic, with the offset that the wall clock had when the file was begun.
 *
 * So has the records' clock, since the recording began. As long as the wall clock was not stepped
 * in between they are the same, and records are in the file as the module wrote them.
 */
#include "reader/file_clock.h"
#include "lib/clock.h"

/**
 * file_clock_begin - begin a file
 * @clock: filled
 * @relay: recording, as its start may set the records' clock
 *
 * Return: 0, or -1 with errno.
 */
int file_clock_begin(struct file_clock *clock, const struct relay *relay)
{
	struct softtap_clock now;

	if (relay_clock(relay, &now))
		return -1;
	clock->shift = clock_step(now.records, now.wall);
	clock->offset = now.records + clock->shift;
	clock->wall = clock->offset;
	clock->now = clock_add(now.monotonic, clock->offset);
	return 0;
}

/**
 * file_clock_go_on - go on in a file that was begun before
 * @clock: filled; a step of the wall clock since then is found at the next look
 * @relay: recording
 * @offset: of the file. The records' clock may have become another one, but only if no record is
 *	left that has the one before.
 *
 * Return: 0, or -1 with errno.
 */
int file_clock_go_on(struct file_clock *clock, const struct relay *relay, __s64 offset)
{
	struct softtap_clock now;

	if (relay_clock(relay, &now))
		return -1;
	clock->shift = offset - now.records;
	clock->offset = offset;
	clock->wall = clock->offset;
	clock->now = clock_add(now.monotonic, clock->offset);
	return 0;
}

/**
 * file_clock_look - look at the time, and whether the wall clock was stepped
 * @clock: of a file; what it has for now changes
 * @relay: as before
 *
 * Return: by how many ns it was since the last look, 0 when it was not.
 */
__s64 file_clock_look(struct file_clock *clock, const struct relay *relay)
{
	struct softtap_clock now;
	__s64 step;

	if (relay_clock(relay, &now))
		return 0;
	clock->now = clock_add(now.monotonic, clock->offset);
	step = clock_step(clock->wall, now.wall);
	clock->wall += step;
	return step;
}
