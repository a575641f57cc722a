// SPDX-License-Identifier: GPL-2.0
/*
 * Which CPUs a port's interrupts go to.
 *
 * The CPU that gets a receive queue's interrupt takes its frames from the NIC, and softtap forwards
 * and records them there. Interrupts are known by number; their CPUs are in
 * /proc/irq/N/smp_affinity_list, and a directory beside it has the name that the driver gave.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/interrupts.h"
#include "host/irqbalance.h"
#include "host/placement.h"
#include "lib/cpus.h"
#include "lib/message.h"
#include "lib/paths.h"
#include "lib/sysfs.h"

#define AFFINITY	1024	/* bytes, a list of CPUs */

/* --- A port's interrupts --------------------------------------------------------------------- */

static int affinity_read(char *list, const char *irq)
{
	return read_value(list, AFFINITY, "%s/irq/%s/smp_affinity_list", proc_root(), irq);
}

/* An interrupt that nobody has asked for, or that is gone, is left out. */
static int add_interrupt(struct pairs *interrupts, const char *irq)
{
	char list[AFFINITY];

	return affinity_read(list, irq) ? 0 : pairs_add(interrupts, irq, list);
}

static int is_number(const struct dirent *entry)
{
	return isdigit((unsigned char)*entry->d_name);
}

static int add_all(struct pairs *interrupts, const char *directory)
{
	struct dirent **entries;
	int i, n, err = 0;

	n = scandir(directory, &entries, is_number, versionsort);
	if (n < 0)
		return errno == ENOENT ? 0 : -errno;
	for (i = 0; i < n; i++) {
		if (!err)
			err = add_interrupt(interrupts, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	return err;
}

/* A virtio device has the interrupts of what it is plugged in by. */
static void bus_device(char *path, const char *ifname)
{
	char subsystem[PATH_MAX + 16], target[PATH_MAX];
	ssize_t n;

	snprintf(path, PATH_MAX, "%s/%s/device", sysfs_net_root(), ifname);
	snprintf(subsystem, sizeof(subsystem), "%s/subsystem", path);
	n = readlink(subsystem, target, sizeof(target) - 1);
	target[n < 0 ? 0 : n] = '\0';
	if (n > 0 && !strcmp(strrchr(target, '/') + 1, "virtio"))
		snprintf(path, PATH_MAX, "%s/%s/device/..", sysfs_net_root(), ifname);
}

static int read_affinities(struct pairs *interrupts, const char *ifname)
{
	char device[PATH_MAX], path[PATH_MAX + 16], irq[SYSFS_VALUE];
	int err;

	bus_device(device, ifname);
	snprintf(path, sizeof(path), "%s/msi_irqs", device);
	err = add_all(interrupts, path);
	if (err || interrupts->n)
		return err;
	if (read_value(irq, sizeof(irq), "%s/irq", device) || !strcmp(irq, "0"))
		return 0;
	return add_interrupt(interrupts, irq);
}

static int read_banned(struct interrupts *interrupts)
{
	struct pairs banned = { };
	size_t i;
	int err;

	err = irqbalance_banned(&banned);
	for (i = 0; i < banned.n && !err; i++)
		if (pairs_get(&interrupts->affinities, banned.pairs[i].name))
			err = pairs_add(&interrupts->banned, banned.pairs[i].name, "");
	pairs_free(&banned);
	return err;
}

/**
 * interrupts_read - list a port's interrupts
 * @interrupts: is filled, also when that fails half way
 * @ifname: name of the port; many a driver has no interrupts before the port is up
 *
 * Return: 0, or a negative errno after a complaint. A virtual port has no interrupts.
 */
int interrupts_read(struct interrupts *interrupts, const char *ifname)
{
	int err;

	err = read_affinities(&interrupts->affinities, ifname);
	if (!err && interrupts->affinities.n)
		return read_banned(interrupts);
	if (err)
		msg_error("%s: cannot read its interrupts: %s", ifname, strerror(-err));
	return err;
}

/* --- Their CPUs ------------------------------------------------------------------------------ */

/* Of "virtio0-input.3", "eth0-TxRx-3", "mlx5_comp3@pci:0000:…": 3; without a number 0. */
static unsigned int queue_of(const char *name)
{
	size_t end = strcspn(name, "@");
	size_t start = end;

	while (start && isdigit((unsigned char)name[start - 1]))
		start--;
	return start == end ? 0 : strtoul(name + start, NULL, 10);
}

static unsigned int queue_of_interrupt(const char *irq, const char *ifname)
{
	unsigned int queue = 0;
	struct dirent *entry;
	char path[PATH_MAX];
	DIR *dir;

	snprintf(path, sizeof(path), "%s/irq/%s", proc_root(), irq);
	dir = opendir(path);
	while (dir && (entry = readdir(dir)))
		if (entry->d_type == DT_DIR && *entry->d_name != '.' &&
		    strcmp(entry->d_name, ifname))
			queue = queue_of(entry->d_name);
	if (dir)
		closedir(dir);
	return queue;
}

/* The CPU that @queue gets: they are dealt out in turn. */
static int cpu_for(unsigned int queue, const cpu_set_t *cpus)
{
	unsigned int left = queue % CPU_COUNT(cpus);
	int cpu = 0;

	while (!CPU_ISSET(cpu, cpus) || left--)
		cpu++;
	return cpu;
}

/* The kernel keeps some interrupts to itself (managed ones): not this port's failure. */
static void affinity_write(const char *list, const char *irq)
{
	char now[AFFINITY];
	int err;

	if (affinity_read(now, irq) || !strcmp(now, list))
		return;
	msg_verbose("interrupt %s goes to processor %s", irq, list);
	err = write_value(list, "%s/irq/%s/smp_affinity_list", proc_root(), irq);
	if (err)
		msg_warning("interrupt %s stays on processor %s: %s", irq, now, strerror(-err));
}

/* Where an interrupt goes of the CPUs it may go to; a kernel for one CPU does not tell. */
static void add_cpus(cpu_set_t *cpus, const struct pair *affinity)
{
	char list[AFFINITY];

	if (read_value(list, sizeof(list), "%s/irq/%s/effective_affinity_list", proc_root(),
		       affinity->name))
		cpus_parse(cpus, affinity->value);
	else
		cpus_parse(cpus, list);
}

/**
 * interrupts_cpus - tell where a port's interrupts go now
 * @cpus: those CPUs are added
 * @ifname: name of the port; one without interrupts adds none
 */
void interrupts_cpus(cpu_set_t *cpus, const char *ifname)
{
	struct pairs affinities = { };
	size_t i;

	read_affinities(&affinities, ifname);
	for (i = 0; i < affinities.n; i++)
		add_cpus(cpus, &affinities.pairs[i]);
	pairs_free(&affinities);
}

/**
 * interrupts_place - have a port's interrupts go to certain CPUs
 * @interrupts: what interrupts_read() said
 * @ifname: name of the port
 * @cpus: interrupts of queue n go to one of them, the same for receiving and transmitting
 *
 * irqbalance(1) is told to leave them there, if it runs.
 *
 * Return: 0, or a negative errno after a complaint
 */
int interrupts_place(const struct interrupts *interrupts, const char *ifname,
		     const cpu_set_t *cpus)
{
	char list[16];
	size_t i;
	int err;

	err = irqbalance_ban(&interrupts->affinities);
	for (i = 0; i < interrupts->affinities.n && !err; i++) {
		const char *irq = interrupts->affinities.pairs[i].name;

		snprintf(list, sizeof(list), "%d",
			 cpu_for(queue_of_interrupt(irq, ifname), cpus));
		affinity_write(list, irq);
	}
	return err;
}

/**
 * interrupts_restore - have a port's interrupts go where they went
 * @interrupts: what interrupts_read() said then
 *
 * One that is gone is left out.
 *
 * Return: 0, or a negative errno after a complaint
 */
int interrupts_restore(const struct interrupts *interrupts)
{
	const struct pairs *affinities = &interrupts->affinities;
	size_t i;

	for (i = 0; i < affinities->n; i++)
		affinity_write(affinities->pairs[i].value, affinities->pairs[i].name);
	return affinities->n ? irqbalance_allow(affinities, &interrupts->banned) : 0;
}
