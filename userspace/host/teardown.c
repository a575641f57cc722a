// SPDX-License-Identifier: GPL-2.0
/*
 * The way back from a tap to two ports that are as they were.
 *
 * The tap goes last: until then its guard holds what the host, and whatever daemon reacts to links
 * that come and go, has to say while the ports are put back.
 */
#include <errno.h>
#include <string.h>

#include "host/link.h"
#include "host/port.h"
#include "host/teardown.h"
#include "tap/counters.h"
#include "tap/module.h"
#include "tap/readers.h"
#include "lib/status.h"

/* A port may have been renamed, and the tap may have been made anew, by hand. */
static bool find_tap(struct tap *tap, const struct port_state *port)
{
	struct link now;

	if (tap_with_port(tap, port->ifname))
		return true;
	return !link_by_index(&now, port->ifindex) && !strcmp(now.address, port->address) &&
	       tap_with_port(tap, now.ifname);
}

static int for_taps(const struct state *state, int (*step)(const char *name, bool force),
		    bool force)
{
	int status = EXIT_OK;
	struct tap tap;
	unsigned int i;

	for (i = 0; i < state->n_ports && !status; i++)
		if (find_tap(&tap, &state->ports[i]))
			status = step(tap.name, force);
	return status;
}

/**
 * teardown - end what reads a tap, put its ports back as they were, remove it
 * @state: what was kept of the ports, whether there is a tap yet, or still, or not
 * @force: kill a reader that does not end when asked to
 * @restored: set to whether the ports are as they were; a complaint was made if they are not
 *
 * A reader that does not end leaves all as it is; ports that cannot be put back keep no tap. Of
 * ports that are gone, what was kept stays. Unloads the module with its last tap.
 *
 * Return: an exit status, after a complaint if it is not 0; it can be tried again
 */
int teardown(struct state *state, bool force, bool *restored)
{
	int status = for_taps(state, reader_end, force);
	int err;

	*restored = false;
	if (status)
		return status;
	err = ports_restore(state);
	status = for_taps(state, tap_destroy, force);
	if (status)
		return status;
	/* The tap has kept those off that merge frames. */
	if (ports_restore_features(state))
		err = -EAGAIN;
	if (err == -ENODEV)
		ports_keep_missing(state);
	*restored = !err;
	return module_unload();
}
