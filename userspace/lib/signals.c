// SPDX-License-Identifier: GPL-2.0
/*
 * Signals. A command of steps holds them, and looks between two steps whether it is to end. One
 * that runs on and waits catches them: they end its waiting, and each counts.
 */
#include <poll.h>
#include <signal.h>
#include <stddef.h>

#include "lib/clock.h"
#include "lib/signals.h"
#include "lib/util.h"

static const int ending[] = { SIGINT, SIGTERM, SIGHUP };

static void ending_set(sigset_t *set)
{
	size_t i;

	sigemptyset(set);
	for (i = 0; i < ARRAY_SIZE(ending); i++)
		sigaddset(set, ending[i]);
}

/**
 * signals_hold - keep the signals that ask a command to end until it looks
 *
 * The programs it runs inherit that.
 */
void signals_hold(void)
{
	sigset_t set;

	ending_set(&set);
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
	for (i = 0; i < ARRAY_SIZE(ending); i++)
		if (sigismember(&set, ending[i]))
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

	ending_set(&set);
	return sigtimedwait(&set, NULL, time) > 0;
}

/* --- Caught ---------------------------------------------------------------------------------- */

static volatile sig_atomic_t ends;	/* how often an end was asked for */
static volatile sig_atomic_t told;	/* the other signal has come */
static int other;

static void on_signal(int number)
{
	if (number == other)
		told = 1;
	else
		ends++;
}

/* nohup(1) has SIGHUP ignored, and that stays; SIGINT is so of what a script starts beside it. */
static void catch_one(int number, int flags)
{
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = flags };
	struct sigaction before;

	sigaction(number, NULL, &before);
	if (number != SIGHUP || before.sa_handler != SIG_IGN)
		sigaction(number, &action, NULL);
}

/**
 * signals_catch - count the signals that ask for an end, and take notice of another one
 * @number: the other signal, which interrupts nothing but signals_poll(); 0 for none
 *
 * A pipe that nobody reads and a file that is too large are told by the write's errno.
 */
void signals_catch(int number)
{
	size_t i;

	other = number;
	for (i = 0; i < ARRAY_SIZE(ending); i++)
		catch_one(ending[i], 0);
	if (number)
		catch_one(number, SA_RESTART);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
}

/**
 * signals_ends - how often somebody has asked for an end
 *
 * Return: how many signals were caught
 */
int signals_ends(void)
{
	return ends;
}

/**
 * signals_told - has the other signal come since the last call
 *
 * Return: whether it has
 */
bool signals_told(void)
{
	if (!told)
		return false;
	told = 0;
	return true;
}

/**
 * signals_poll - wait for files, but no longer than until a signal comes or has come
 * @fds: as for poll(2)
 * @n_fds: how many
 * @ns: how long at most; ~0 for ever
 *
 * Return: as poll(2); 0 also after a signal
 */
int signals_poll(struct pollfd *fds, nfds_t n_fds, __u64 ns)
{
	struct timespec timeout = { .tv_sec = ns / NS_PER_S, .tv_nsec = ns % NS_PER_S };
	sigset_t ours, before;
	int ready = 0;

	ending_set(&ours);
	if (other)
		sigaddset(&ours, other);
	sigprocmask(SIG_BLOCK, &ours, &before);
	if (!ends && !told)
		ready = ppoll(fds, n_fds, ns == ~0ULL ? NULL : &timeout, &before);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return ready > 0 ? ready : 0;
}
