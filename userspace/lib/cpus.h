/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SOFTTAP_CPUS_H
#define SOFTTAP_CPUS_H

#include <sched.h>

#define CPU_LIST	256	/* bytes, a list of CPUs as text */

int cpus_parse(cpu_set_t *cpus, const char *list);
void cpus_print(const cpu_set_t *cpus, char *list);
int cpus_run_on(const cpu_set_t *cpus);
int cpus_check_online(const cpu_set_t *wanted, const char *option);

#endif /* SOFTTAP_CPUS_H */
