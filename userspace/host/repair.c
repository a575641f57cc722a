// SPDX-License-Identifier: GPL-2.0
/*
 * Ports that have lost what softtap up did to them, as one that was pulled and plugged in again:
 * the module takes the new device, but that is as the kernel makes it.
 */
#include <errno.h>
#include <string.h>

#include "host/audit.h"
#include "host/port.h"
#include "host/repair.h"
#include "lib/message.h"

/* What is kept of the device before it cannot be put back on this one. */
static int read_anew(struct port_state *port, const struct link *now)
{
	bool stamped = port->stamping.wanted;
	unsigned int wanted = port->queues.wanted;
	struct nic wishes = {
		.keep_rings = port->nic.keep_rings, .low_latency = port->nic.low_latency,
	};

	msg_warning("%s is another device now: this one's settings are kept, not those of the one before",
		    port->ifname);
	state_free_port(port);
	port->queues.wanted = wanted;
	port->nic = wishes;
	port->stamping.wanted = stamped;
	return port_read(port, now);
}

static int find(struct state *state, unsigned int i)
{
	struct port_state *port = &state->ports[i];
	char ifname[IF_NAMESIZE];
	struct link now;
	int err;

	if (port_find(state, i, &now))
		return 0;
	memcpy(ifname, port->ifname, sizeof(ifname));
	err = link_by_name(&now, ifname);
	if (err)
		msg_error("%s: %s", ifname,
			  err == -ENODEV ? "there is no such port" : strerror(-err));
	return err ? err : read_anew(port, &now);
}

static int repair(const struct port_state *port, bool *repaired)
{
	char lacks[AUDIT_TEXT];
	int err;

	*repaired = false;
	if (port_audit(lacks, port->ifname))
		return 0;
	msg_verbose("%s %s", port->ifname, lacks);
	err = port_prepare(port);
	if (!err)
		err = port_start(port);
	*repaired = !err;
	return err;
}

/**
 * ports_repair - prepare those ports of a tap again that are not as they should be
 * @state: what is kept of them; changed and saved where a device is a new one
 * @repaired: gets a bit for each port that was prepared
 *
 * Return: 0, or a negative errno after a complaint; then it can be tried again
 */
int ports_repair(struct state *state, unsigned int *repaired)
{
	unsigned int i;
	int err = 0;

	*repaired = 0;
	for (i = 0; i < state->n_ports && !err; i++)
		err = find(state, i);
	if (!err)
		err = state_save(state);
	for (i = 0; i < state->n_ports && !err; i++) {
		bool done;

		err = repair(&state->ports[i], &done);
		*repaired |= (unsigned int)done << i;
	}
	return err;
}
