// SPDX-License-Identifier: GPL-2.0
/*
 * Daemons that give a port its addresses and routes, and do so again when they are taken away. What
 * each of them manages is in its files below /run: NetworkManager's by number of the device
 * ("managed", nm-config.c), networkd's as well (NETWORK_FILE, networkd-state-file.c), and the
 * process of dhcpcd or dhclient by its name.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "host/managers.h"
#include "lib/paths.h"
#include "lib/util.h"

#define LINE	512	/* bytes of a file's line that are looked at */

/* Does a file have a line that begins so? */
static bool has_line(const char *path, const char *beginning)
{
	FILE *file = fopen(path, "re");
	char line[LINE];
	bool found = false;

	while (file && !found && fgets(line, sizeof(line), file))
		found = !strncmp(line, beginning, strlen(beginning));
	if (file)
		fclose(file);
	return found;
}

static bool is_networkmanagers(const struct link *link)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/NetworkManager/devices/%d", run_root(), link->ifindex);
	return has_line(path, "managed=true");
}

static bool is_networkds(const struct link *link)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/systemd/netif/links/%d", run_root(), link->ifindex);
	return has_line(path, "NETWORK_FILE=");
}

/* Is a process there whose number is kept in such a file? */
static bool runs_as(const char *format, const struct link *link)
{
	char path[128], name[64];

	snprintf(name, sizeof(name), format, link->ifname);
	snprintf(path, sizeof(path), "%s/%s", run_root(), name);
	return !access(path, F_OK);
}

static bool is_dhcpcds(const struct link *link)
{
	return runs_as("dhcpcd/%s.pid", link) || runs_as("dhcpcd/%s-4.pid", link) ||
	       runs_as("dhcpcd/pid", link) || runs_as("dhcpcd.pid", link);
}

static bool is_dhclients(const struct link *link)
{
	return runs_as("dhclient.%s.pid", link) || runs_as("dhclient-%s.pid", link);
}

static const struct {
	struct manager manager;
	bool (*has)(const struct link *link);
} managers[] = {
	{ { "NetworkManager", "nmcli device set %s managed no" }, is_networkmanagers },
	{ { "systemd-networkd", "Unmanaged=yes in a .network file that matches %s" },
	  is_networkds },
	{ { "dhcpcd", "denyinterfaces %s in dhcpcd.conf" }, is_dhcpcds },
	{ { "dhclient", "dhclient -r %s" }, is_dhclients },
};

/**
 * manager_of - find who gives a port addresses
 * @link: the port
 *
 * Return: the daemon that says it does, or NULL
 */
const struct manager *manager_of(const struct link *link)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(managers); i++)
		if (managers[i].has(link))
			return &managers[i].manager;
	return NULL;
}
