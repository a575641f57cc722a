/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SOFTTAP_COUNTERS_H
#define SOFTTAP_COUNTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

#include "softtap.h"
#include "softtap_counters.h"
#include "lib/sysfs.h"

#define TAP_NAME	16	/* bytes, "tap" and a number */

/**
 * enum counter - a port's counters
 *
 * counter_names[] has the names, which are the names of the files.
 */
enum counter {
#define COUNTER_NUMBER(name, NAME) NAME,
	SOFTTAP_COUNTERS(COUNTER_NUMBER)
#undef COUNTER_NUMBER
	N_COUNTERS
};

extern const char *const counter_names[N_COUNTERS];

/**
 * struct tap_port - one port of a tap as the module shows it
 * @ifname: the network interface's name, also while it is missing
 * @state: one word
 * @clock_error: ns that times of the card's clock may be wrong, "unknown" without such
 * @counters: by &enum counter; what arrived on the port, tx_* what left by it
 * @residence: how many frames were in the machine less than 2^8, 2^9, … ns
 */
struct tap_port {
	char ifname[SYSFS_VALUE];
	char state[SYSFS_VALUE];
	char clock_error[SYSFS_VALUE];
	__u64 counters[N_COUNTERS];
	__u64 residence[SOFTTAP_RESIDENCE_COUNTS];
};

/**
 * struct tap - one tap as the module shows it
 * @name: "tap0"
 * @state: one word
 * @netns: number of its network namespace, 0 for a module that does not show it
 * @policy: what happens to a frame when the capture buffer is full
 * @snaplen: bytes kept of a frame, "0" is all
 * @guard: "1" when the host's own frames are stopped
 * @link_follow: "1" when a link that goes down takes the other one with it
 * @bad_frames: what becomes of frames that arrive broken, for both ports or "pass:record"
 * @tstamp: which times frames are recorded with, "sw" or "hw"
 * @buffer_size: bytes of each CPU's buffer
 * @buffer_fill: bytes in the fullest of them
 * @buffer_highest: and at most, since the reader attached
 * @n_ports: 2, or 1 for a listen-only tap
 * @ports: a, then b
 */
struct tap {
	char name[TAP_NAME];
	char state[SYSFS_VALUE];
	__u64 netns;
	char policy[SYSFS_VALUE];
	char snaplen[SYSFS_VALUE];
	char guard[SYSFS_VALUE];
	char link_follow[SYSFS_VALUE];
	char bad_frames[SYSFS_VALUE];
	char tstamp[SYSFS_VALUE];
	__u64 buffer_size;
	__u64 buffer_fill;
	__u64 buffer_highest;
	unsigned int n_ports;
	struct tap_port ports[2];
};

bool module_loaded(void);
bool tap_is_here(const struct tap *tap);
__u64 netns_self(void);
int tap_read(struct tap *tap, const char *name);
int taps_read(struct tap **taps, size_t *n_taps);
int taps_select(struct tap **taps, size_t *n_taps, const char *name);

#endif /* SOFTTAP_COUNTERS_H */
