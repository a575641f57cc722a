/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SOFTTAP_MANAGERS_H
#define SOFTTAP_MANAGERS_H

#include "host/link.h"

/**
 * struct manager - a daemon that gives ports addresses
 * @name: as its users know it
 * @remedy: a command that makes it leave a port alone, with %s for the port's name
 */
struct manager {
	const char *name;
	const char *remedy;
};

const struct manager *manager_of(const struct link *link);

#endif /* SOFTTAP_MANAGERS_H */
