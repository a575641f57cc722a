// SPDX-License-Identifier: GPL-2.0
/* What users call ports and taps, and what these are called. */
#include <stdio.h>
#include <string.h>

#include "host/names.h"
#include "tap/module.h"
#include "lib/message.h"

/**
 * port_name - find a port's name
 * @link: filled with the port, if it is there
 * @word: that name, or an alternative one
 *
 * Return: the name; @word if there is no such device in this network namespace
 */
const char *port_name(struct link *link, const char *word)
{
	return link_by_name(link, word) ? word : link->ifname;
}

/* "tap" and a number. */
static bool is_tap_name(const char *word)
{
	return !strncmp(word, "tap", 3) && word[3] && strlen(word) < TAP_NAME &&
	       word[3 + strspn(word + 3, "0123456789")] == '\0';
}

/* Of a port, or of two: "eth1:eth2". */
static bool tap_of_ports(struct tap *tap, const char *word)
{
	size_t first = strcspn(word, ":");
	char name[LINK_NAME];
	struct link link;

	if (first >= sizeof(name))
		return false;
	snprintf(name, sizeof(name), "%.*s", (int)first, word);
	if (!tap_with_port(tap, port_name(&link, name)))
		return false;
	if (!word[first])
		return true;
	return tap->n_ports == 2 && !strcmp(tap->ports[0].ifname, port_name(&link, name)) &&
	       !strcmp(tap->ports[1].ifname, port_name(&link, word + first + 1));
}

/**
 * tap_name - find the tap that a user means
 * @name: room for its name
 * @word: that name, the name of a port, or both ports' names ("eth1:eth2")
 *
 * A tap's name goes before a port's.
 *
 * Return: the name, also of a tap that is not there; NULL after a complaint if no tap has
 * such ports in this network namespace
 */
const char *tap_name(char name[TAP_NAME], const char *word)
{
	struct tap tap;

	if (!(is_tap_name(word) && !tap_read(&tap, word)) && tap_of_ports(&tap, word))
		return strcpy(name, tap.name);
	if (is_tap_name(word))
		return strcpy(name, word);
	if (module_loaded())
		msg_error("no tap `%s', see softtap show", word);
	else
		msg_error("the kernel module is not loaded, `softtap up' loads it");
	return NULL;
}
