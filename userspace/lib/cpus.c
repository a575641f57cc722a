// SPDX-License-Identifier: GPL-2.0
/* Sets of CPUs, and lists of them as text: "0-3,8". */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/cpus.h"
#include "lib/message.h"
#include "lib/sysfs.h"

static int parse_range(cpu_set_t *cpus, const char *text)
{
	unsigned long first, last;
	char *end;

	first = strtoul(text, &end, 10);
	if (end == text || *text == '-')
		return -EINVAL;
	last = first;
	if (*end == '-') {
		text = end + 1;
		last = strtoul(text, &end, 10);
		if (end == text || *text == '-')
			return -EINVAL;
	}
	if (*end || last < first || last >= CPU_SETSIZE)
		return -EINVAL;
	for (; first <= last; first++)
		CPU_SET(first, cpus);
	return 0;
}

static int parse_list(cpu_set_t *cpus, char *text)
{
	char *range;
	int err = 0;

	while (!err && (range = strsep(&text, ",")))
		err = parse_range(cpus, range);
	return err;
}

/**
 * cpus_parse - read a list of CPUs
 * @cpus: those CPUs are added
 * @list: "0-3,8"
 *
 * Return: 0, or a negative errno
 */
int cpus_parse(cpu_set_t *cpus, const char *list)
{
	char *copy = strdup(list);
	int err;

	err = copy ? parse_list(cpus, copy) : -ENOMEM;
	free(copy);
	return err;
}

/**
 * cpus_print - write a set of CPUs as a list
 * @cpus: the set
 * @list: gets %CPU_LIST bytes at most, "0-3,8"; what does not fit is left out
 */
void cpus_print(const cpu_set_t *cpus, char *list)
{
	size_t used = 0;
	int cpu, last;

	list[0] = '\0';
	for (cpu = 0; cpu < CPU_SETSIZE && used < CPU_LIST - 16; cpu = last + 1) {
		last = cpu;
		if (!CPU_ISSET(cpu, cpus))
			continue;
		while (last + 1 < CPU_SETSIZE && CPU_ISSET(last + 1, cpus))
			last++;
		used += snprintf(list + used, CPU_LIST - used, last > cpu ? "%s%d-%d" : "%s%d",
				 used ? "," : "", cpu, last);
	}
}

/**
 * cpus_run_on - have this process run on certain CPUs only
 * @cpus: the set, empty for any
 *
 * Return: 0, or a negative errno after a complaint
 */
int cpus_run_on(const cpu_set_t *cpus)
{
	char list[CPU_LIST];
	int err;

	if (!CPU_COUNT(cpus) || !sched_setaffinity(0, sizeof(*cpus), cpus))
		return 0;
	err = -errno;
	cpus_print(cpus, list);
	msg_error("cannot run on processor %s: %s", list, strerror(-err));
	return err;
}

/**
 * cpus_check_online - whether CPUs can be had
 * @wanted: the set
 * @option: who wants them, for the complaint
 *
 * Return: 0, or a negative errno after a complaint
 */
int cpus_check_online(const cpu_set_t *wanted, const char *option)
{
	char list[SYSFS_VALUE * 8];
	cpu_set_t online, there;

	CPU_ZERO(&online);
	if (read_value(list, sizeof(list), "/sys/devices/system/cpu/online") ||
	    parse_list(&online, list))
		return 0;
	CPU_AND(&there, wanted, &online);
	if (CPU_EQUAL(&there, wanted))
		return 0;
	CPU_XOR(&there, &there, wanted);
	cpus_print(&there, list);
	msg_error("%s: processor %s is not there or not online", option, list);
	return -EINVAL;
}
