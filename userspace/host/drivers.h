/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SOFTTAP_DRIVERS_H
#define SOFTTAP_DRIVERS_H

#include <stddef.h>

/**
 * struct driver_fact - something that is known of a driver
 * @driver: its name, as ethtool -i tells it
 * @fact: what it, or its cards, do to frames
 * @source: where that stands: a file of the kernel below drivers/net, and a function
 */
struct driver_fact {
	const char *driver;
	const char *fact;
	const char *source;
};

const struct driver_fact *driver_next_fact(const struct driver_fact *fact, const char *driver);

#endif /* SOFTTAP_DRIVERS_H */
