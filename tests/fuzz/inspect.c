// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzz target: any bytes as a capture for softtap verify. Besides what the sanitizers see, the
 * account must be one that can be.
 */
#include <stdlib.h>
#include <string.h>

#include "pcapng/read.h"

static __u64 gaps[SOFTTAP_PORTS];

static void need(bool condition)
{
	if (!condition)
		abort();
}

static void on_gap(const struct inspection *in, const struct inspect_gap *gap)
{
	need(gap->port < in->n_ports && gap->missing);
	gaps[gap->port]++;
}

static void check_end(const struct inspection *in, size_t size)
{
	need(in->end != INSPECT_UNREADABLE);
	need((in->end == INSPECT_BAD) == !!in->fault);
	need(in->offset + in->taken <= size);
	if (in->end == INSPECT_WHOLE)
		need(in->offset == size && size);
	if (in->end == INSPECT_TORN)
		need(in->offset + in->taken == size && in->taken);
}

/* What was read is blocks of the lengths they tell. */
static void check_blocks(const struct inspection *in, const __u8 *data)
{
	struct softtap_block block;
	__u64 at;

	for (at = 0; at < in->offset; at += block.length) {
		need(in->offset - at >= sizeof(block));
		memcpy(&block, data + at, sizeof(block));
		need(block.length);
	}
	need(at == in->offset);
}

static void check_account(const struct inspection *in)
{
	__u64 packets = 0;
	unsigned int i;

	need(in->n_ports <= SOFTTAP_PORTS);
	for (i = 0; i < SOFTTAP_PORTS; i++) {
		const struct inspect_port *port = &in->ports[i];

		need(port->gaps == gaps[i] && port->gaps <= port->packets);
		need(port->missing >= port->gaps);
		packets += port->packets;
	}
	need(packets == in->packets && in->late <= packets);
	need(!in->late == !in->first_late && in->first_late <= packets);
}

int LLVMFuzzerTestOneInput(const __u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const __u8 *data, size_t size)
{
	struct inspection in = { .file = fmemopen((void *)data, size, "r"), .on_gap = on_gap };

	need(in.file);
	gaps[0] = 0;
	gaps[1] = 0;
	inspect(&in);
	check_end(&in, size);
	check_blocks(&in, data);
	check_account(&in);
	fclose(in.file);
	return 0;
}
