// SPDX-License-Identifier: GPL-2.0
/* Whether ports are still as softtap up has prepared them: one that was plugged in anew is not. */
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "host/audit.h"
#include "host/features.h"
#include "host/l3.h"
#include "host/link.h"
#include "host/port.h"
#include "host/qdisc.h"
#include "host/queues.h"
#include "host/state.h"
#include "host/sysctl.h"

static bool has_addresses(int ifindex)
{
	struct l3 l3;
	bool found;

	if (l3_read(&l3, ifindex))
		return false;
	found = l3.tables[L3_ADDRESSES].n;
	l3_free(&l3);
	return found;
}

static void add(char *lacks, const char *lack)
{
	size_t length = strlen(lacks);

	snprintf(lacks + length, AUDIT_TEXT - length, "%s%s", length ? ", " : "", lack);
}

/**
 * port_audit - look for what of a port is not as port_prepare() and port_start() leave it
 * @lacks: gets it in words, %AUDIT_TEXT bytes at most: "is down, has addresses"
 * @ifname: name of the port
 *
 * Return: whether all is as it should be; also when there is no such device
 */
bool port_audit(char *lacks, const char *ifname)
{
	struct link link;

	*lacks = '\0';
	if (link_by_name(&link, ifname))
		return true;
	if (!(link.flags & IFF_UP))
		add(lacks, "is down");
	if (sysctls_ipv6_is_on(ifname))
		add(lacks, "has IPv6");
	if (has_addresses(link.ifindex))
		add(lacks, "has addresses");
	if (features_change_frames(ifname))
		add(lacks, "has offloads that change frames");
	if (qdisc_may_reorder(&link))
		add(lacks, "has no FIFO qdisc");
	if (queues_are_steered(ifname))
		add(lacks, "chooses queues by CPU");
	return !*lacks;
}

/**
 * tap_port_audit - audit a port of a tap
 * @lacks: as for port_audit()
 * @tap: the tap
 * @port: which one of its ports
 *
 * Return: as port_audit(); true for a tap that softtap up did not make, or whose ports are in
 * another network namespace
 */
bool tap_port_audit(char *lacks, const struct tap *tap, unsigned int port)
{
	struct state_key key;

	*lacks = '\0';
	if (!tap_is_here(tap) || !strcmp(tap->ports[port].state, "held"))
		return true;
	state_key(&key, tap->ports[0].ifname, tap->n_ports > 1 ? tap->ports[1].ifname : NULL);
	return !state_exists(&key) || port_audit(lacks, tap->ports[port].ifname);
}

/**
 * tap_condition - a tap's state, with a view to its ports
 * @tap: the tap
 *
 * Return: the module's word for it, or "degraded" where that would be "running" or "listening" and
 * a port is not as it was prepared
 */
const char *tap_condition(const struct tap *tap)
{
	char lacks[AUDIT_TEXT];
	unsigned int i;

	if (strcmp(tap->state, "running") && strcmp(tap->state, "listening"))
		return tap->state;
	for (i = 0; i < tap->n_ports; i++)
		if (!tap_port_audit(lacks, tap, i))
			return "degraded";
	return tap->state;
}
