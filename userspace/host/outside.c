// SPDX-License-Identifier: GPL-2.0
/* Frames lost where the tap cannot count them, as the kernel tells it beside. */
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "host/outside.h"
#include "lib/paths.h"
#include "lib/sysfs.h"

const char *const outside_names[N_OUTSIDE] = {
	[RX_MISSED_ERRORS]	= "rx_missed_errors",
	[RX_ERRORS]		= "rx_errors",
	[RX_CRC_ERRORS]		= "rx_crc_errors",
	[RX_DROPPED]		= "rx_dropped",
	[NETDEV_TX_ERRORS]	= "tx_errors",
	[NETDEV_TX_DROPPED]	= "tx_dropped",
};

/**
 * outside_read - read what a network device lost
 * @outside: is filled
 * @ifname: name of the device
 */
void outside_read(struct outside_counters *outside, const char *ifname)
{
	char value[SYSFS_VALUE];
	int i;

	*outside = (struct outside_counters){ };
	for (i = 0; i < N_OUTSIDE; i++) {
		if (read_value(value, sizeof(value), "%s/%s/statistics/%s", sysfs_net_root(),
			       ifname, outside_names[i]))
			continue;
		outside->present = true;
		outside->counters[i] = strtoull(value, NULL, 10);
	}
}

/**
 * softnet_dropped - how many frames found a CPU's backlog full
 *
 * The backlog is where frames of virtual ports and of RPS wait. The kernel counts for the whole
 * machine: a port that is not tapped counts as well.
 *
 * Return: sum over the CPUs
 */
__u64 softnet_dropped(void)
{
	char path[PATH_MAX], line[512];
	__u64 sum = 0;
	FILE *file;

	snprintf(path, sizeof(path), "%s/net/softnet_stat", proc_root());
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file)) {
		unsigned int dropped;

		if (sscanf(line, "%*x %x", &dropped) == 1)
			sum += dropped;
	}
	if (file)
		fclose(file);
	return sum;
}
