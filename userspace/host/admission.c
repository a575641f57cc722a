// SPDX-License-Identifier: GPL-2.0
/* Which ports may be had, and for what price: what is refused before anything is changed. */
#include <errno.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/admission.h"
#include "host/link.h"
#include "host/login.h"
#include "host/managers.h"
#include "host/netns.h"
#include "host/port.h"
#include "host/takers.h"
#include "tap/counters.h"
#include "tap/module.h"
#include "lib/message.h"
#include "lib/util.h"

/* What sees only frames for its own address, or hands its frames to IP alone. */
static bool is_no_wire(const struct link *link)
{
	static const char *const kinds[] = {
		"bridge", "macvlan", "macvtap", "ipvlan", "ipvtap", "vrf",
	};

	return link_is_one_of(link, kinds, ARRAY_SIZE(kinds));
}

static int check_kind(const struct link *link)
{
	if (link->flags & IFF_LOOPBACK)
		msg_error("%s is the loopback device, a tap needs an Ethernet port", link->ifname);
	else if (link->type != ARPHRD_ETHER)
		msg_error("%s is not an Ethernet port", link->ifname);
	else if (is_no_wire(link))
		msg_error("%s is a device of the kind %s: a port must be the end of a wire",
			  link->ifname, link->kind);
	else
		return 0;
	return -EINVAL;
}

static int check_free(const struct link *link)
{
	struct link other;
	struct tap tap;

	if (link->master) {
		if (link_by_index(&other, link->master))
			memset(&other, 0, sizeof(other));
		msg_error("%s is a member of %s%s%s: take it out first", link->ifname, other.kind,
			  *other.kind ? " " : "", other.ifname);
	} else if (link_stacked_on(&other, link->ifindex)) {
		msg_error("%s has the %s device %s on it: delete that first", link->ifname,
			  other.kind, other.ifname);
	} else if (tap_with_port(&tap, link->ifname)) {
		msg_error("%s is a port of %s already", link->ifname, tap.name);
	} else {
		return 0;
	}
	return -EBUSY;
}

static int find_port(struct link *link, const char *ifname)
{
	int err;

	err = link_by_name(link, ifname);
	if (err) {
		msg_error("%s: %s", ifname,
			  err == -ENODEV ? "there is no such port" : strerror(-err));
		return err;
	}
	err = check_kind(link);
	return err ? err : check_free(link);
}

/* What --force allows is said all the same. Return: whether to go on */
static bool allowed(const struct port_wishes *wishes, const char *ifname, const char *reason)
{
	if (wishes->force)
		msg_warning("%s %s", ifname, reason);
	else
		msg_error("%s %s; --force %s it all the same", ifname, reason, wishes->verb);
	return wishes->force;
}

static int check_use(const struct port_state *port, const struct port_wishes *wishes)
{
	char who[256] = "carries ";
	char *session = who + strlen(who);

	if (l3_has_default_route(&port->l3) &&
	    !allowed(wishes, port->ifname, "carries the default route"))
		return -EBUSY;
	if (login_through(&port->l3, session, sizeof(who) - strlen(who)) &&
	    !allowed(wishes, port->ifname, who))
		return -EBUSY;
	return 0;
}

static bool own_qdisc(const struct port_state *port)
{
	return port->qdisc_handle && strcmp(port->qdisc, "noqueue") &&
	       strcmp(port->qdisc, "pfifo") && strcmp(port->qdisc, "bfifo");
}

static int check_qdisc(const struct port_state *port, const struct port_wishes *wishes)
{
	char reason[128];

	snprintf(reason, sizeof(reason),
		 "has a root qdisc of your own (%s), which may reorder or drop frames",
		 port->qdisc);
	if (own_qdisc(port) && !allowed(wishes, port->ifname, reason))
		return -EBUSY;
	return 0;
}

static void warn_of_takers(const char *ifname)
{
	struct taker takers[MAX_TAKERS];
	size_t i, n = takers_read(takers, ifname);

	for (i = 0; i < n; i++)
		msg_warning("%s: %s comes before the tap, which neither sees nor counts what that drops",
			    ifname, takers[i].what);
}

static void warn_of_manager(const struct link *link)
{
	const struct manager *manager = manager_of(link);
	char remedy[128];

	if (!manager)
		return;
	snprintf(remedy, sizeof(remedy), manager->remedy, link->ifname);
	msg_warning("%s is managed by %s, which may give it addresses again (%s)", link->ifname,
		    manager->name, remedy);
}

/* A port of that name in another network namespace is another port. */
static int check_state(const char *ifname)
{
	struct state_key *keys;
	bool found = false;
	size_t i, n;

	if (state_list(&keys, &n))
		return 0;
	for (i = 0; i < n && !found; i++)
		found = keys[i].netns == netns_self() && state_has_port(&keys[i], ifname);
	free(keys);
	if (!found)
		return 0;
	msg_error("%s has not been put back since an earlier softtap up: softtap down does that",
		  ifname);
	return -EBUSY;
}

static int read_port(struct port_state *port, const char *ifname, const struct port_wishes *wishes)
{
	struct link link;
	int err;

	err = find_port(&link, ifname);
	if (!err)
		err = check_state(link.ifname);
	port->queues.wanted = wishes->queues;
	port->nic.keep_rings = wishes->keep_rings;
	port->nic.low_latency = wishes->low_latency;
	if (!err)
		err = port_read(port, &link);
	if (!err)
		err = check_use(port, wishes);
	if (!err)
		err = check_qdisc(port, wishes);
	if (!err) {
		warn_of_takers(port->ifname);
		warn_of_manager(&link);
	}
	return err;
}

/**
 * ports_read - read all of ports that may change, if they may be had
 * @state: set to what they are like, to be freed with state_free() also after an error
 * @n: how many
 * @ifnames: their names
 * @wishes: what is wanted of them
 *
 * Nothing is changed. Warns of what may be in the way later.
 *
 * Return: 0, or a negative errno after a complaint: -EBUSY for a port that is in use
 */
int ports_read(struct state *state, int n, const char **ifnames, const struct port_wishes *wishes)
{
	int i, err = 0;

	state_key(&state->key, ifnames[0], n > 1 ? ifnames[1] : NULL);
	state->taken = state_clock();
	for (i = 0; i < n && !err; i++) {
		state->n_ports++;
		err = read_port(&state->ports[i], ifnames[i], wishes);
	}
	return err;
}
