// SPDX-License-Identifier: GPL-2.0
/*
 * Clocks, and steps of the wall clock: when it is set, and when the machine was suspended, it moves
 * against the monotonic clock. Slewing, as NTP does it, moves both.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "lib/clock.h"

#define FORWARD	"forward"
#define BACK	"back"

/**
 * clock_ns - read a clock
 * @clock: which
 *
 * Return: ns.
 */
__u64 clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * NS_PER_S + now.tv_nsec;
}

/**
 * clock_add - move a time
 * @time: ns since some moment
 * @ns: by that
 *
 * Return: ns since the same moment; 0 for what would be before it, the most there is for what would
 * be beyond that. What is in order stays so.
 */
__u64 clock_add(__u64 time, __s64 ns)
{
	__u64 moved = time + (__u64)ns;

	if (ns < 0)
		return moved > time ? 0 : moved;
	return moved < time ? ~0ULL : moved;
}

/**
 * clock_step - by how much the wall clock was stepped
 * @before: what was added to the monotonic clock for the wall clock, ns
 * @now: the same at another time
 *
 * Return: ns; 0 when it is less than %CLOCK_STEP_MIN either way.
 */
__s64 clock_step(__s64 before, __s64 now)
{
	__s64 step = now - before;

	return step < CLOCK_STEP_MIN && step > -CLOCK_STEP_MIN ? 0 : step;
}

/**
 * clock_step_print - put a step into words
 * @text: gets them
 * @step: ns
 */
void clock_step_print(char text[static CLOCK_STEP_TEXT], __s64 step)
{
	__u64 ns = step < 0 ? -(__u64)step : (__u64)step;

	snprintf(text, CLOCK_STEP_TEXT, "%s by %llu.%09llu s", step < 0 ? BACK : FORWARD,
		 ns / NS_PER_S, ns % NS_PER_S);
}

/**
 * clock_step_parse - take a step out of its words
 * @text: begins with them, as clock_step_print() makes them
 * @step: set to ns, when they are
 *
 * Return: whether they are.
 */
bool clock_step_parse(const char *text, __s64 *step)
{
	char way[sizeof(FORWARD)] = "", fraction[10] = "";
	__u64 seconds;
	int end = 0;

	if (sscanf(text, "%7[a-z] by %10llu.%9[0-9] s%n", way, &seconds, fraction, &end) != 3 ||
	    !end || strlen(fraction) != 9 || seconds >= ~0ULL / 2 / NS_PER_S)
		return false;
	*step = seconds * NS_PER_S + strtoul(fraction, NULL, 10);
	if (!strcmp(way, BACK))
		*step = -*step;
	return !strcmp(way, BACK) || !strcmp(way, FORWARD);
}

/* A timer that never expires, but is cancelled when the clock is set. */
static int arm(int watch)
{
	const struct itimerspec never = {
		.it_value.tv_sec = (time_t)(~0ULL / 2 / NS_PER_S),
	};
	int err;

	do {
		err = timerfd_settime(watch, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never,
				      NULL);
	} while (err && errno == ECANCELED);	/* set at this very moment */
	return err;
}

/**
 * clock_watch - watch the wall clock
 *
 * Return: a descriptor that is ready to read when the wall clock was stepped, until
 * clock_watch_again(); -1 with errno.
 */
int clock_watch(void)
{
	int watch = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);

	if (watch < 0 || !arm(watch))
		return watch;
	close(watch);
	return -1;
}

/**
 * clock_watch_again - watch for the next step
 * @watch: of clock_watch()
 */
void clock_watch_again(int watch)
{
	__u64 expired;

	(void)!read(watch, &expired, sizeof(expired));	/* ECANCELED: that is what was waited for */
}
