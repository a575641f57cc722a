// SPDX-License-Identifier: GPL-2.0
/* Where in a machine a card sits: what its bus carries, whose memory is near, whether it sleeps. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/bus.h"
#include "lib/paths.h"
#include "lib/sysfs.h"

static bool device_value(char value[SYSFS_VALUE], const char *ifname, const char *file)
{
	return !read_value(value, SYSFS_VALUE, "%s/%s/device/%s", sysfs_net_root(), ifname, file);
}

static bool is(const char *ifname, const char *file, const char *wanted)
{
	char value[SYSFS_VALUE];

	return device_value(value, ifname, file) && !strcmp(value, wanted);
}

/*
 * What is left of a lane's transfers, in thousandths: 8b/10b up to 5 GT/s, 128b/130b up to 32, then
 * flow control units of 256 bytes with 14 of their own (PCI Express Base Specification 6.0).
 */
static unsigned int share(double transfers)
{
	if (transfers <= 5)
		return 800;
	return transfers <= 32 ? 984 : 945;
}

static void read_pcie(struct bus *bus, const char *ifname)
{
	char speed[SYSFS_VALUE], lanes[SYSFS_VALUE];
	double transfers;

	if (!device_value(speed, ifname, "current_link_speed") ||
	    !device_value(lanes, ifname, "current_link_width"))
		return;
	transfers = strtod(speed, NULL);	/* "8.0 GT/s PCIe" */
	bus->lanes = atoi(lanes);
	bus->mbits = transfers * bus->lanes * share(transfers);
}

/**
 * bus_read - look where a card sits
 * @bus: set to it
 * @ifname: name of the port
 */
void bus_read(struct bus *bus, const char *ifname)
{
	char node[SYSFS_VALUE];

	*bus = (struct bus){ .node = -1 };
	read_pcie(bus, ifname);
	if (device_value(node, ifname, "numa_node"))
		bus->node = atoi(node);
	bus->sleeps = is(ifname, "link/l1_aspm", "1") || is(ifname, "link/l0s_aspm", "1") ||
		      (is(ifname, "power/control", "auto") &&
		       !is(ifname, "power/runtime_status", "unsupported"));
}
