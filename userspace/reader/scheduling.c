// SPDX-License-Identifier: GPL-2.0
/*
 * Where a reader of a tap runs, and how urgently.
 *
 * A real-time reader on a processor that receives would keep that from receiving: what interrupts
 * leave for later is done by a thread of ordinary priority. So it must have processors of its own,
 * and gives the priority up when one of them records all the same.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "reader/scheduling.h"
#include "host/interrupts.h"
#include "host/placement.h"
#include "lib/cpus.h"
#include "lib/message.h"
#include "lib/numbers.h"

#define RT_PRIORITY	1	/* before all that is not real-time, behind all that is */

/**
 * scheduling_parse_cpus - read the argument of --cpu
 * @scheduling: its processors are set
 * @list: "2" or "2-3,6"
 *
 * Return: 0, or -1 with a message.
 */
int scheduling_parse_cpus(struct scheduling *scheduling, const char *list)
{
	CPU_ZERO(&scheduling->cpus);
	if (!cpus_parse(&scheduling->cpus, list))
		return cpus_check_online(&scheduling->cpus, "--cpu");
	msg_error("--cpu %s: must be processors, as 2 or 2-3,6", list);
	return -1;
}

/**
 * scheduling_parse_priority - read the argument of --rt
 * @scheduling: its priority is set
 * @priority: a number, or NULL when none was given
 *
 * Return: 0, or -1 with a message.
 */
int scheduling_parse_priority(struct scheduling *scheduling, const char *priority)
{
	int least = sched_get_priority_min(SCHED_FIFO);
	int most = sched_get_priority_max(SCHED_FIFO);
	__u64 number = RT_PRIORITY;

	if (priority && parse_number(priority, least, most, &number)) {
		msg_error("--rt=%s: must be a real-time priority, %d to %d", priority, least, most);
		return -1;
	}
	scheduling->priority = number;
	return 0;
}

/* What the kernel allows of the processors wanted is all that it takes, without a word. */
static int run_on_all(const cpu_set_t *wanted)
{
	char list[CPU_LIST];
	cpu_set_t got;

	if (cpus_run_on(wanted))
		return -1;
	if (sched_getaffinity(0, sizeof(got), &got) || CPU_EQUAL(&got, wanted))
		return 0;
	cpus_print(&got, list);
	msg_error("--cpu: of these, this process may run on processor %s alone", list);
	return -1;
}

/* Return: the first CPU that is in both sets, or -1. */
static int common_cpu(const cpu_set_t *one, const cpu_set_t *other)
{
	int cpu;

	for (cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, one) && CPU_ISSET(cpu, other))
			return cpu;
	return -1;
}

/* Return: one of the CPUs that has recorded frames of this tap, or -1. */
static int recording_cpu(const cpu_set_t *cpus, const struct relay *relay)
{
	unsigned int cpu;

	for (cpu = 0; cpu < relay->geometry.cpus && cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, cpus) &&
		    __atomic_load_n(&relay->control[cpu].committed, __ATOMIC_RELAXED))
			return cpu;
	return -1;
}

static int refuse(int cpu, const char *what)
{
	msg_error("--rt on processor %d, which receives %s: give another by --cpu", cpu, what);
	return -1;
}

/* Does a port's interrupt go to one of the CPUs? Return: -1 with a message. */
static int check_interrupts(const cpu_set_t *cpus, const struct softtap_geometry *geometry)
{
	unsigned int port;

	for (port = 0; port < geometry->ports; port++) {
		cpu_set_t receiving;
		int cpu;

		CPU_ZERO(&receiving);
		interrupts_cpus(&receiving, geometry->ifname[port]);
		cpu = common_cpu(cpus, &receiving);
		if (cpu >= 0)
			return refuse(cpu, geometry->ifname[port]);
	}
	return 0;
}

/* May a real-time reader have the CPUs? Return: 0, or -1 with a message. */
static int check_own(const cpu_set_t *cpus, const struct placement *placement,
		     const struct relay *relay)
{
	const struct softtap_geometry *geometry = &relay->geometry;
	int cpu = common_cpu(cpus, &placement->rx);

	if (!CPU_COUNT(cpus)) {
		msg_error("--rt needs a processor that does not receive: give one by --cpu");
		return -1;
	}
	if (cpu >= 0)
		return refuse(cpu, "as `softtap up --cpus rx=' has it");
	if (!CPU_COUNT(&placement->rx) && check_interrupts(cpus, geometry))
		return -1;
	cpu = recording_cpu(cpus, relay);
	return cpu < 0 ? 0 : refuse(cpu, "and has recorded frames");
}

static int set_priority(int priority)
{
	struct sched_param param = { .sched_priority = priority };

	if (!sched_setscheduler(0, SCHED_FIFO, &param))
		return 0;
	if (errno == EPERM)
		msg_error("--rt: no permission: be root, or have the limit raised (ulimit -r)");
	else
		msg_error("--rt: %s", strerror(errno));
	return -1;
}

/**
 * scheduling_apply - run as asked for from now on
 * @scheduling: as parsed; gets the processors that `softtap up' has set aside, if none were given
 * @relay: open
 *
 * Where a reader may not run on those set aside it runs elsewhere, but not in real time.
 *
 * Return: 0, or -1 with a message.
 */
int scheduling_apply(struct scheduling *scheduling, const struct relay *relay)
{
	struct placement placement = { };
	struct tap tap;

	if (!tap_read(&tap, relay->tap))
		placement_load(&placement, &tap);
	if (CPU_COUNT(&scheduling->cpus)) {
		if (run_on_all(&scheduling->cpus))
			return -1;
	} else {
		scheduling->cpus = placement.reader;
		if (cpus_run_on(&scheduling->cpus))
			return scheduling->priority ? -1 : 0;
	}
	if (!scheduling->priority)
		return 0;
	if (check_own(&scheduling->cpus, &placement, relay))
		return -1;
	return set_priority(scheduling->priority);
}

/* Return: 0, or -1 with errno. */
static int raise_memory_limit(void)
{
	struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };

	if (!setrlimit(RLIMIT_MEMLOCK, &limit))
		return 0;
	if (getrlimit(RLIMIT_MEMLOCK, &limit))
		return -1;
	limit.rlim_cur = limit.rlim_max;
	return setrlimit(RLIMIT_MEMLOCK, &limit);
}

/**
 * scheduling_lock_memory - keep the reader in memory, also when the page cache wants all of it
 * @scheduling: with a real-time priority a failure is told
 *
 * That is its program, its data and its stack. The pages of a tap's buffers are the module's, and
 * always there: they neither need nor count as locked. MCL_FUTURE would count them for a user whose
 * limit they exceed, and the mapping would fail. The limit is raised as a stack that is locked may
 * not grow beyond it, later and as another user.
 */
void scheduling_lock_memory(const struct scheduling *scheduling)
{
	if (!raise_memory_limit() && !mlockall(MCL_CURRENT))
		return;
	if (scheduling->priority)
		msg_warning("--rt: the reader is not locked in memory: %s; see RLIMIT_MEMLOCK",
			    strerror(errno));
}

/**
 * scheduling_watch - give a real-time priority up that has become harmful
 * @scheduling: applied
 * @relay: open
 *
 * That is when the reader's own processor records.
 */
void scheduling_watch(struct scheduling *scheduling, const struct relay *relay)
{
	struct sched_param ordinary = { };
	int cpu;

	if (!scheduling->priority)
		return;
	cpu = recording_cpu(&scheduling->cpus, relay);
	if (cpu < 0)
		return;
	scheduling->priority = 0;
	sched_setscheduler(0, SCHED_OTHER, &ordinary);	/* needs no privilege */
	msg_warning("processor %d receives now: the reader goes on without real-time priority",
		    cpu);
}
