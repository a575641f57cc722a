// SPDX-License-Identifier: GPL-2.0
/*
 * Policy flight: the oldest sub-buffer is overwritten when there is no other, and it is counted how
 * many frames go with it.
 *
 * Nobody gives space back then: the writer itself moves `consumed`, which tells who reads beside it
 * what is not there any more.
 */
#include <linux/math64.h>
#include "channel.h"
#include "channel_flight.h"
#include "counters.h"

static void count_overwritten(const struct softtap_buffer *buffer, unsigned int port, u32 frames)
{
	struct softtap_counters *counters = this_cpu_ptr(buffer->channel->counters[port]);

	u64_stats_update_begin(&counters->sync);
	u64_stats_add(&counters->overwritten_frames, frames);
	u64_stats_update_end(&counters->sync);
}

/* Return: which sub-buffer of the ring it is; @offset is how far into it. */
static u32 subbuf_at(const struct softtap_buffer *buffer, u64 position, u32 *offset)
{
	u64 ring;

	div64_u64_rem(position, buffer->channel->buffer_size, &ring);
	return div_u64_rem(ring, buffer->channel->subbuf_size, offset);
}

/**
 * softtap_flight_overwrite - take the oldest sub-buffer for new records
 * @buffer: this CPU's
 * @position: of its end
 *
 * What a reader took before the policy was flight does not count.
 *
 * Context: softirq on the buffer's CPU, once per sub-buffer.
 */
void softtap_flight_overwrite(struct softtap_buffer *buffer, u64 position)
{
	struct softtap_positions *at = buffer->positions;
	unsigned int port;
	u32 subbuf, offset;

	subbuf = subbuf_at(buffer, position - buffer->channel->subbuf_size, &offset);
	for (port = 0; port < buffer->channel->ports; port++) {
		count_overwritten(buffer, port, buffer->frames[subbuf][port] -
				  buffer->taken[port]);
		buffer->taken[port] = 0;
	}
	if (at->handed < position)
		WRITE_ONCE(at->handed, position);
	WRITE_ONCE(at->consumed, position);
	/* Who sees a byte of what is written now sees that what was there is gone. */
	smp_wmb();
}

/**
 * softtap_flight_begin - from now on the writer takes space by itself
 * @buffer: that nobody writes to and nobody reads
 *
 * Counts the records that were taken out of the sub-buffer with which overwriting will begin.
 *
 * Context: process, the channel's lock is held.
 */
void softtap_flight_begin(struct softtap_buffer *buffer)
{
	const struct softtap_block *block;
	const void *start;
	u32 taken, at = 0;
	u32 subbuf = subbuf_at(buffer, buffer->positions->consumed, &taken);

	memset(buffer->taken, 0, sizeof(buffer->taken));
	if (!buffer->relay)
		return;
	start = buffer->relay->start + (size_t)subbuf * buffer->channel->subbuf_size;
	while (at < taken) {
		block = start + at;
		if (block->type == SOFTTAP_PCAPNG_EPB)
			buffer->taken[((const struct softtap_epb *)block)->interface]++;
		at += block->length;
	}
}

/**
 * softtap_flight_end - from now on a reader gives space back
 * @buffer: that nobody writes to
 *
 * Context: process, the channel's lock is held.
 */
void softtap_flight_end(struct softtap_buffer *buffer)
{
	u64 consumed = buffer->positions->consumed;
	u32 offset;

	subbuf_at(buffer, consumed, &offset);
	WRITE_ONCE(buffer->given, consumed - offset);
}
