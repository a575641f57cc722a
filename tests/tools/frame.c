// SPDX-License-Identifier: GPL-2.0
/*
 * Numbered frames: what flood sends and records finds again in a capture.
 */
#include <arpa/inet.h>
#include <string.h>

#include "frame.h"

/**
 * frame_fill_pattern - make what all frames' patterns are parts of
 * @pattern: FRAME_PATTERN bytes
 */
void frame_fill_pattern(__u8 *pattern)
{
	int i;

	for (i = 0; i < FRAME_PATTERN; i++)
		pattern[i] = i;
}

/**
 * frame_parse - look at a frame that arrived
 * @frame: filled with its head
 * @data: the frame from its addresses on
 * @length: its bytes
 * @pattern: as frame_fill_pattern() made it
 *
 * Return: false when it is not, or no longer, what flood sent.
 */
bool frame_parse(struct frame *frame, const __u8 *data, __u32 length, const __u8 *pattern)
{
	if (length < sizeof(*frame) || length > FRAME_MAX)
		return false;
	memcpy(frame, data, sizeof(*frame));
	if (frame->eth.h_proto != htons(FRAME_ETHERTYPE) || frame->magic != FRAME_MAGIC ||
	    frame->length != length || frame->stream >= FRAME_STREAMS)
		return false;
	return !memcmp(data + sizeof(*frame), pattern + (frame->number & 0xff),
		       length - sizeof(*frame));
}
