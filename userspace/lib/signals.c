// SPDX-License-Identifier: GPL-2.0
/* Signals that end a command between two of its steps, never within one. */
#include <signal.h>
#include <stddef.h>

#include "lib/signals.h"
#include "lib/util.h"

static const int held[] = { SIGINT, SIGTERM, SIGHUP };

static void held_set(sigset_t *set)
{
	size_t i;

	sigemptyset(set);
	for (i = 0; i < ARRAY_SIZE(held); i++)
		sigaddset(set, held[i]);
}

/**
 * signals_hold - keep the signals that ask a command to end until it looks
 *
 * The programs it runs inherit that.
 */
void signals_hold(void)
{
	sigset_t set;

	held_set(&set);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

/**
 * signals_pending - whether one of them has come
 *
 * Return: true from the first on
 */
bool signals_pending(void)
{
	sigset_t set;
	size_t i;

	sigpending(&set);
	for (i = 0; i < ARRAY_SIZE(held); i++)
		if (sigismember(&set, held[i]))
			return true;
	return false;
}

/**
 * signals_wait - wait for one of them, which is held
 * @time: the longest to wait
 *
 * Return: whether one has come; it is taken
 */
bool signals_wait(const struct timespec *time)
{
	sigset_t set;

	held_set(&set);
	return sigtimedwait(&set, NULL, time) > 0;
}
