/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SOFTTAP_FRAME_H
#define SOFTTAP_FRAME_H

#include <linux/if_ether.h>
#include <linux/types.h>
#include <stdbool.h>

#define FRAME_ETHERTYPE	0x88b6	/* IEEE 802, the second one for local experiments */
#define FRAME_MAGIC	0x50415446
#define FRAME_STREAMS	2
#define FRAME_MIN	60	/* bytes, without FCS */
#define FRAME_MAX	9018

/**
 * struct frame - a numbered frame up to its pattern, in the byte order of the machine
 * @eth: addresses of the ends, FRAME_ETHERTYPE
 * @reserved: 0
 * @magic: FRAME_MAGIC
 * @stream: 0 is sent by the first end, 1 by the second
 * @number: counts the frames of a stream from 0
 * @time: when it was about to be sent, ns since 1970
 * @length: bytes of the whole frame
 * @reserved2: 0
 *
 * Bytes follow that count upwards from the number's lowest byte.
 */
struct frame {
	struct ethhdr eth;
	__u16 reserved;
	__u32 magic;
	__u32 stream;
	__u64 number;
	__u64 time;
	__u32 length;
	__u32 reserved2;
};

#define FRAME_PATTERN	(FRAME_MAX + 256)	/* bytes of a pattern that starts with any byte */

void frame_fill_pattern(__u8 *pattern);
bool frame_parse(struct frame *frame, const __u8 *data, __u32 length, const __u8 *pattern);

#endif /* SOFTTAP_FRAME_H */
