// SPDX-License-Identifier: GPL-2.0
/*
 * A port before, during and after the tap.
 *
 * Each step of the way back looks at what is there, and changes what is not as it was. So it makes
 * no difference after which step of the way there, or of an earlier way back, softtap was killed.
 */
#include <errno.h>
#include <net/if.h>
#include <linux/if.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "host/features.h"
#include "host/port.h"
#include "host/qdisc.h"
#include "host/sysctl.h"
#include "lib/message.h"
#include "lib/util.h"

#define SETTLE_SECONDS	10	/* a link takes 2 to 4 s to come, an address' check 1 to 2 s */

/**
 * port_read - read all of a port that may change
 * @port: says how many queues are wanted; is filled, also when that fails half way
 * @link: the port
 *
 * Return: 0, or a negative errno after a complaint
 */
int port_read(struct port_state *port, const struct link *link)
{
	int err;

	memcpy(port->ifname, link->ifname, sizeof(port->ifname));
	memcpy(port->address, link->address, sizeof(port->address));
	port->ifindex = link->ifindex;
	port->flags = link->flags;
	memcpy(port->qdisc, link->qdisc, sizeof(port->qdisc));
	port->qdisc_handle = link->qdisc_handle;
	err = features_read(&port->features, port->ifname);
	if (err)
		return err;
	nic_read(&port->nic, port->ifname);
	stamping_read(&port->stamping, port->ifname);
	err = sysctls_read(&port->sysctls, port->ifname);
	if (!err)
		err = l3_read(&port->l3, port->ifindex);
	if (err)
		msg_error("%s: cannot read its settings: %s", port->ifname, strerror(-err));
	return err ? err : queues_read(&port->queues, port->ifname);
}

/* --- There ----------------------------------------------------------------------------------- */

/**
 * port_prepare - make a port one that says nothing, changes nothing and reorders nothing
 * @port: what port_read() found
 *
 * The tap is there: its guard holds what the host says about the link that goes down, and comes
 * again. The link goes down first all the same: there are kernels without a guard.
 *
 * Return: 0, or a negative errno after a complaint
 */
int port_prepare(const struct port_state *port)
{
	const char *ifname = port->ifname;
	struct link link;
	int err;

	err = link_by_index(&link, port->ifindex);
	if (err)
		msg_error("%s: %s", ifname, strerror(-err));
	if (!err)
		err = link_set_up(&link, false);
	if (!err)
		err = sysctls_silence(&port->sysctls, ifname);
	if (!err)
		err = l3_flush(&link);
	if (!err)
		err = features_disable(ifname);
	if (!err)
		err = queues_set(&port->queues, ifname);
	if (!err)
		nic_set(&port->nic, ifname);
	if (!err && qdisc_may_reorder(&link))
		err = qdisc_set_fifo(&link);
	return err;
}

/**
 * port_start - bring a prepared port up
 * @port: what port_read() found
 *
 * Return: 0, or a negative errno after a complaint
 */
int port_start(const struct port_state *port)
{
	struct link now;
	int err;

	err = link_by_index(&now, port->ifindex);
	if (err)
		msg_error("%s: %s", port->ifname, strerror(-err));
	if (!err)
		err = link_set_up(&now, true);
	if (err)
		return err;
	err = link_by_index(&now, port->ifindex);
	if (!err && qdisc_may_reorder(&now))
		err = qdisc_set_fifo(&now);
	/* Some drivers set XPS when the link comes up for the first time. */
	if (!err)
		err = queues_set(&port->queues, port->ifname);
	return err ? err : stamping_set(&port->stamping, port->ifname);
}

/* --- And back -------------------------------------------------------------------------------- */

static int first_of(int err, int next)
{
	return err ? err : next;
}

/* Goes on after an error: the more is as it was, the better. */
static int restore_port(const struct port_state *port, struct link *now)
{
	int err;

	/* First and last: some drivers have interrupts only while the link is up, some ask anew. */
	err = interrupts_restore(&port->interrupts);
	/* Before the qdisc: of mq's, those of queues not in use are pfifo_fast (mq_init()). */
	err = first_of(err, queues_restore(&port->queues, now->ifname));
	err = first_of(err, nic_restore(&port->nic, now->ifname));
	err = first_of(err, stamping_restore(&port->stamping, now->ifname));
	if (port->mtu && port->mtu != now->mtu)
		err = first_of(err, link_set_mtu(now, port->mtu));
	err = first_of(err, qdisc_restore(port->qdisc, port->qdisc_handle, now));
	if (!(port->flags & IFF_UP))
		err = first_of(err, link_set_up(now, false));
	err = first_of(err, features_restore(&port->features, now->ifname));
	err = first_of(err, sysctls_restore(&port->sysctls, now->ifname));
	if (port->flags & IFF_UP)
		err = first_of(err, link_set_up(now, true));
	return first_of(err, interrupts_restore(&port->interrupts));
}

/* IFF_RUNNING is late: it follows the carrier when the kernel's linkwatch gets to it. */
static bool is_settled(const struct port_state *port, const struct link *now)
{
	const unsigned int up = IFF_RUNNING | IFF_LOWER_UP;

	if (!(port->flags & IFF_RUNNING))
		return true;
	return (now->flags & up) == up && !l3_is_tentative(&port->l3);
}

/**
 * struct restored - a port on its way back
 * @port: as it was
 * @now: as it is
 */
struct restored {
	const struct port_state *port;
	struct link now;
};

static bool restore_l3(struct restored *ports, unsigned int n, long taken, size_t *missing)
{
	bool settled = true;
	unsigned int i;

	*missing = 0;
	for (i = 0; i < n; i++) {
		const struct port_state *port = ports[i].port;

		link_by_index(&ports[i].now, port->ifindex);
		/* Coming up sets some of them anew. */
		sysctls_restore(&port->sysctls, ports[i].now.ifname);
		*missing += l3_restore(&port->l3, state_clock() - taken, false);
		settled = settled && is_settled(port, &ports[i].now);
	}
	return settled && !*missing;
}

static void report_missing(struct restored *ports, unsigned int n, long taken)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		l3_restore(&ports[i].port->l3, state_clock() - taken, true);
}

/* Of two ports at once: a route may lead through both, or through one and start at the other. */
static int settle(struct restored *ports, unsigned int n, long taken)
{
	bool done = false;
	size_t missing = 0;
	unsigned int i;
	int tries;

	for (tries = 0; tries < SETTLE_SECONDS * 10 && !done; tries++) {
		if (tries)
			usleep(100000);
		done = restore_l3(ports, n, taken, &missing);
	}
	for (i = 0; i < n; i++)
		l3_remove_extra(&ports[i].port->l3, ports[i].port->flags & IFF_RUNNING);
	if (missing)
		report_missing(ports, n, taken);
	else if (!done)
		msg_warning("a port's link is not back yet, its IPv6 addresses come with it");
	return missing ? -EAGAIN : 0;
}

/*
 * IPv6 lists the link-local routes of several ports in the order the ports came up: when the
 * machine was started that was most likely the order of their numbers.
 */
static unsigned int in_order(const struct state *state, unsigned int i)
{
	bool swap = state->n_ports == 2 && state->ports[0].ifindex > state->ports[1].ifindex;

	return swap ? 1 - i : i;
}

/**
 * port_find - find the device of a port
 * @state: what is kept of the ports; gets the number that the device has now
 * @i: which of them
 * @now: set to what it is like now
 *
 * A device has its number, or was plugged in anew and has its name; and its hardware address.
 *
 * Return: false if it is gone, or another device is in its place
 */
bool port_find(struct state *state, unsigned int i, struct link *now)
{
	struct port_state *port = &state->ports[i];
	unsigned int other;

	if (!link_by_index(now, port->ifindex) && !strcmp(now->address, port->address))
		return true;
	if (link_by_name(now, port->ifname) || strcmp(now->address, port->address))
		return false;
	/* There are routes that lead through several ports. */
	for (other = 0; other < state->n_ports; other++)
		l3_renumber(&state->ports[other].l3, port->ifindex, now->ifindex);
	port->ifindex = now->ifindex;
	pairs_free(&port->interrupts.affinities);	/* they were the other's */
	pairs_free(&port->interrupts.banned);
	return true;
}

/**
 * ports_restore - put ports back as they were
 * @state: what was kept of them
 *
 * A port that is gone, or has been replaced by another of its name, is left alone. Waits at most
 * %SETTLE_SECONDS for links to come back and addresses to be checked.
 *
 * Return: 0, or a negative errno after a complaint: then it can be tried again; -ENODEV if ports
 * are gone and the others are as they were
 */
int ports_restore(struct state *state)
{
	struct restored ports[ARRAY_SIZE(state->ports)];
	unsigned int i, n = 0;
	int err = 0;

	for (i = 0; i < state->n_ports; i++) {
		unsigned int which = in_order(state, i);
		struct port_state *port = &state->ports[which];

		if (!port_find(state, which, &ports[n].now)) {
			msg_warning("%s is gone or replaced, its settings are not put back",
				    port->ifname);
			continue;
		}
		ports[n].port = port;
		err = first_of(err, restore_port(port, &ports[n].now));
		n++;
	}
	err = first_of(err, settle(ports, n, state->taken));
	return first_of(err, n < state->n_ports ? -ENODEV : 0);
}

/**
 * ports_keep_missing - keep of the ports only those that are gone
 * @state: what was kept of all; the others are as they were
 *
 * Return: 0, or a negative errno after a complaint
 */
int ports_keep_missing(struct state *state)
{
	unsigned int i, n = 0;
	struct link now;

	for (i = 0; i < state->n_ports; i++) {
		if (port_find(state, i, &now)) {
			state_free_port(&state->ports[i]);
			continue;
		}
		if (n != i) {
			state->ports[n] = state->ports[i];
			state->ports[i] = (struct port_state){ };
		}
		n++;
	}
	state->n_ports = n;
	return state_save(state);
}

/**
 * ports_restore_features - put back offloads that could not be changed while the tap was there
 * @state: what was kept of the ports
 *
 * Return: 0, or a negative errno after a complaint: then it can be tried again
 */
int ports_restore_features(struct state *state)
{
	struct link now;
	unsigned int i;
	int err = 0;

	for (i = 0; i < state->n_ports; i++)
		if (port_find(state, i, &now))
			err = first_of(err, features_restore(&state->ports[i].features,
							     now.ifname));
	return err;
}
