/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _SOFTTAP_SETTINGS_H
#define _SOFTTAP_SETTINGS_H

#include <linux/types.h>
#include "softtap.h"

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
 * enum softtap_bad_frames - what becomes of a frame that arrives broken
 * @SOFTTAP_BAD_DROP: what its driver does with it, which is to drop and count it
 * @SOFTTAP_BAD_RECORD: it is recorded, and not sent on
 * @SOFTTAP_BAD_PASS: it is recorded, and sent on broken as it came
 */
enum softtap_bad_frames {
	SOFTTAP_BAD_DROP,
	SOFTTAP_BAD_RECORD,
	SOFTTAP_BAD_PASS,
};

/**
 * enum softtap_tstamp - which times frames are recorded with
 * @SOFTTAP_TSTAMP_SW: the software's, when it looks at a frame
 * @SOFTTAP_TSTAMP_HW: the card's, of the frame's arrival
 */
enum softtap_tstamp {
	SOFTTAP_TSTAMP_SW,
	SOFTTAP_TSTAMP_HW,
};

/**
 * struct softtap_settings - how a tap is to be, as insmod or sysfs said it
 * @subbuf_kb: KiB of a sub-buffer
 * @subbufs: sub-buffers per CPU
 * @snaplen: bytes of a frame that are recorded, 0 = all
 * @policy: see there
 * @guard: stop what the host itself sends out of the ports
 * @link_follow: one port's link goes down with the other's
 * @bad_frames: that arrive on a, and on b
 * @tstamp: times of frames
 * @wait: a tap is made before its ports are there
 */
struct softtap_settings {
	unsigned int subbuf_kb;
	unsigned int subbufs;
	unsigned int snaplen;
	enum softtap_policy policy;
	bool guard;
	bool link_follow;
	enum softtap_bad_frames bad_frames[SOFTTAP_PORTS];
	enum softtap_tstamp tstamp;
	bool wait;
};

extern const char * const softtap_policy_names[];
extern const char * const softtap_bad_frames_names[];
extern const char * const softtap_tstamp_names[];

int softtap_policy_parse(const char *word, enum softtap_policy *policy);
int softtap_policy_check(enum softtap_policy policy, unsigned int ports);
int softtap_bad_frames_parse(const char *words, enum softtap_bad_frames bad_frames[SOFTTAP_PORTS]);
int softtap_tstamp_parse(const char *word, enum softtap_tstamp *tstamp);
int softtap_tstamp_check(enum softtap_tstamp tstamp, enum softtap_policy policy);
bool softtap_settings_memory_allows(u64 kib);
int softtap_settings_supported(const struct softtap_settings *settings);
int softtap_settings_check(const struct softtap_settings *settings);

#endif /* _SOFTTAP_SETTINGS_H */
