/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _SOFTTAP_SETTINGS_H
#define _SOFTTAP_SETTINGS_H

#include <linux/types.h>

/**
 * enum softtap_policy - what happens when the capture buffer is full
 * @SOFTTAP_POLICY_WIRE: the copy is lost, the frame is forwarded
 * @SOFTTAP_POLICY_RECORD: the frame is not forwarded
 * @SOFTTAP_POLICY_FLIGHT: the oldest records are overwritten
 */
enum softtap_policy {
	SOFTTAP_POLICY_WIRE,
	SOFTTAP_POLICY_RECORD,
	SOFTTAP_POLICY_FLIGHT,
};

/**
 * struct softtap_settings - how a tap is to be, as insmod or sysfs said it
 * @subbuf_kb: KiB of a sub-buffer
 * @subbufs: sub-buffers per CPU
 * @snaplen: bytes of a frame that are recorded, 0 = all
 * @policy: see there
 * @guard: stop what the host itself sends out of the ports
 * @link_follow: one port's link goes down with the other's
 * @wait: a tap is made before its ports are there
 */
struct softtap_settings {
	unsigned int subbuf_kb;
	unsigned int subbufs;
	unsigned int snaplen;
	enum softtap_policy policy;
	bool guard;
	bool link_follow;
	bool wait;
};

extern const char * const softtap_policy_names[];

int softtap_policy_parse(const char *word, enum softtap_policy *policy);
int softtap_policy_check(enum softtap_policy policy, unsigned int ports);
bool softtap_settings_memory_allows(u64 kib);
int softtap_settings_supported(const struct softtap_settings *settings);
int softtap_settings_check(const struct softtap_settings *settings);

#endif /* _SOFTTAP_SETTINGS_H */
