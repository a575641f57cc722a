// SPDX-License-Identifier: GPL-2.0
/*
 * Reads a pcapng file as softtap writes it, from its first byte to its last, and keeps an account.
 * Memory does not grow with the file, no length in it is believed before the bytes are there, and
 * it may come through a pipe. draft-ietf-opsawg-pcapng, sections 3 (blocks, options) and 4.
 */
#include <stdint.h>
#include <string.h>

#include "pcapng/read.h"
#include "lib/clock.h"
#include "lib/message.h"
#include "lib/util.h"

#define BLOCK_MIN	(sizeof(struct softtap_block) + sizeof(__u32))
#define MAGIC_SWAPPED	__builtin_bswap32(SOFTTAP_PCAPNG_MAGIC)

/* The fixed parts of blocks, behind type and length. */
struct section {
	__u32 magic;
	__u16 major;
	__u16 minor;
	__u32 length[2];
};

struct interface {
	__u16 link;
	__u16 reserved;
	__u32 snaplen;
};

struct statistics {
	__u32 interface;
	__u32 time_high;
	__u32 time_low;
};

/**
 * struct wanted - an option to look for
 * @code: which
 * @size: of @value
 * @text: any length will do: it is cut to fit, and zeros follow
 * @value: gets it
 * @found: it was there
 */
struct wanted {
	__u16 code;
	__u16 size;
	bool text;
	void *value;
	bool found;
};

static int stop(struct inspection *in, enum inspect_end end, const char *fault)
{
	in->end = end;
	in->fault = fault;
	return -1;
}

static int bad(struct inspection *in, const char *fault)
{
	return stop(in, INSPECT_BAD, fault);
}

/* All that follow return 0, or -1 when the reading is over. */

static int take(struct inspection *in, void *to, size_t bytes)
{
	size_t got = fread_unlocked(to, 1, bytes, in->file);

	in->taken += got;
	if (got == bytes)
		return 0;
	return stop(in, ferror(in->file) ? INSPECT_UNREADABLE : INSPECT_TORN, NULL);
}

/* Of the current block, as the two below. */
static int take_body(struct inspection *in, void *to, size_t bytes)
{
	if (bytes > in->left)
		return bad(in, "a block too short for what is in it");
	in->left -= bytes;
	return take(in, to, bytes);
}

static int skip(struct inspection *in, size_t bytes)
{
	char nowhere[4096];

	while (bytes) {
		size_t some = bytes < sizeof(nowhere) ? bytes : sizeof(nowhere);

		if (take_body(in, nowhere, some))
			return -1;
		bytes -= some;
	}
	return 0;
}

/* --- Options --------------------------------------------------------------------------------- */

static int take_value(struct inspection *in, const struct softtap_option *option,
		      struct wanted *wanted)
{
	size_t size = option->length < wanted->size ? option->length : wanted->size;

	if (!wanted->text && option->length != wanted->size)
		return bad(in, "an option of a wrong length");
	wanted->found = true;
	memset(wanted->value, 0, wanted->size);
	if (take_body(in, wanted->value, size))
		return -1;
	return skip(in, option->length - size);
}

static int take_option(struct inspection *in, const struct softtap_option *option,
		       struct wanted *wanted, size_t n_wanted)
{
	size_t i;

	for (i = 0; i < n_wanted && wanted[i].code != option->code; i++)
		;
	if (i == n_wanted)
		return skip(in, option->length);
	return take_value(in, option, &wanted[i]);
}

/* Takes the rest of the block: options, those wanted among them, and an end of options. */
static int take_options(struct inspection *in, struct wanted *wanted, size_t n_wanted)
{
	struct softtap_option option;

	while (in->left) {
		if (take_body(in, &option, sizeof(option)))
			return -1;
		if (option.code == SOFTTAP_OPT_END)
			return in->left || option.length ?
			       bad(in, "something behind the end of the options") : 0;
		if (take_option(in, &option, wanted, n_wanted) || skip(in, -option.length & 3))
			return -1;
	}
	return 0;
}

/* --- Blocks ---------------------------------------------------------------------------------- */

/* A block counts only when it ends with its length. */
static int take_end(struct inspection *in, const struct softtap_block *block)
{
	__u32 length;

	if (take(in, &length, sizeof(length)))
		return -1;
	if (length != block->length)
		return bad(in, "a block whose two lengths differ");
	return 0;
}

static int take_length(struct inspection *in, const struct softtap_block *block)
{
	if (block->length < BLOCK_MIN || block->length & 3)
		return bad(in, "a block of an impossible length");
	in->left = block->length - BLOCK_MIN;
	return 0;
}

/* More milliseconds than an interval may have are no order of softtap's. */
static void read_order(struct inspection *in, const char *comment)
{
	__u64 ms;

	if (sscanf(comment, PCAPNG_ORDER_BUFFER, &ms) == 1 && ms <= PCAPNG_ORDER_MAX)
		in->allowed = ms * PCAPNG_ORDER_UNIT;
}

/* The byte order comes before the length, which depends on it. */
static int take_section(struct inspection *in, const struct softtap_block *block)
{
	char comment[64] = "";
	struct wanted wanted[] = {
		{ PCAPNG_OPT_COMMENT, sizeof(comment) - 1, true, comment, false },
	};
	struct section section;

	if (in->offset)
		return bad(in, "a second section: softtap writes one a file");
	if (take(in, &section.magic, sizeof(section.magic)))
		return -1;
	if (section.magic == MAGIC_SWAPPED)
		return bad(in, "written by a machine of the other byte order: check it there");
	if (section.magic != SOFTTAP_PCAPNG_MAGIC)
		return bad(in, "not a pcapng file");
	if (take_length(in, block))
		return -1;
	if (in->left < sizeof(section))
		return bad(in, "a block too short for what is in it");
	in->left -= sizeof(section.magic);
	if (take_body(in, &section.major, sizeof(section) - sizeof(section.magic)))
		return -1;
	if (section.major != 1)
		return bad(in, "pcapng of an unknown version");
	if (take_options(in, wanted, ARRAY_SIZE(wanted)) || take_end(in, block))
		return -1;
	read_order(in, comment);
	return 0;
}

static int take_interface(struct inspection *in, const struct softtap_block *block)
{
	char name[INSPECT_NAME] = "";
	unsigned char resolution = 0;
	struct wanted wanted[] = {
		{ SOFTTAP_OPT_IF_NAME, sizeof(name) - 1, true, name, false },
		{ SOFTTAP_OPT_IF_TSRESOL, sizeof(resolution), false, &resolution, false },
	};
	struct interface interface;

	if (in->n_ports == SOFTTAP_PORTS)
		return bad(in, "more interfaces than a tap has ports");
	if (take_body(in, &interface, sizeof(interface)) ||
	    take_options(in, wanted, ARRAY_SIZE(wanted)) || take_end(in, block))
		return -1;
	if (interface.link != SOFTTAP_LINKTYPE)
		return bad(in, "an interface that is not Ethernet");
	if (resolution != SOFTTAP_TSRESOL)
		return bad(in, "times that are not in nanoseconds");
	msg_make_printable(name);
	memcpy(in->ports[in->n_ports++].name, name, sizeof(name));
	return 0;
}

/* More than 64 bits hold stays at the most they do. */
static void add(__u64 *sum, __u64 count)
{
	if (__builtin_add_overflow(*sum, count, sum))
		*sum = ~0ULL;
}

static void account_gap(struct inspection *in, const struct softtap_epb *epb, __u64 drops)
{
	struct inspect_port *port = &in->ports[epb->interface];
	const struct inspect_gap gap = {
		.port = epb->interface, .before = port->last,
		.after = pcapng_epb_time(epb), .missing = drops,
	};

	port->gaps++;
	add(&port->missing, drops);
	if (in->on_gap)
		in->on_gap(in, &gap);
}

static void account(struct inspection *in, const struct softtap_epb *epb, __u64 drops, __u32 flags)
{
	struct inspect_port *port = &in->ports[epb->interface];
	__u64 time = pcapng_epb_time(epb);

	in->packets++;
	if (time < in->time && !in->late++)
		in->first_late = in->packets;
	in->time = time;
	if (time > in->newest)
		in->newest = time;
	else if (in->newest - time > in->disorder)
		in->disorder = in->newest - time;
	if (drops)
		account_gap(in, epb, drops);
	if (!port->packets++)
		port->first = time;
	port->last = time;
	port->bytes += epb->original;
	port->broken += !!(flags & SOFTTAP_EPB_ERRORS);
}

static int take_packet(struct inspection *in, const struct softtap_block *block)
{
	__u64 drops = 0;
	__u32 flags = 0;
	struct wanted wanted[] = {
		{ SOFTTAP_OPT_EPB_FLAGS, sizeof(flags), false, &flags, false },
		{ SOFTTAP_OPT_EPB_DROPS, sizeof(drops), false, &drops, false },
	};
	struct softtap_epb epb = { .block = *block };

	if (take_body(in, &epb.interface, sizeof(epb) - sizeof(epb.block)))
		return -1;
	if (epb.interface >= in->n_ports)
		return bad(in, "a packet of an interface that is not described");
	if (epb.captured > in->left || epb.captured > epb.original)
		return bad(in, "a packet that says it is longer than it is");
	if (skip(in, epb.captured) || skip(in, -epb.captured & 3) ||
	    take_options(in, wanted, ARRAY_SIZE(wanted)) || take_end(in, block))
		return -1;
	account(in, &epb, drops, flags);
	return 0;
}

static bool read_step(struct inspect_step *step, const char *comment)
{
	size_t length = strlen(PCAPNG_CLOCK_STEP);

	return !strncmp(comment, PCAPNG_CLOCK_STEP, length) &&
	       clock_step_parse(comment + length, &step->ns);
}

static void account_step(struct inspection *in, const struct inspect_step *step)
{
	in->steps++;
	if (__builtin_add_overflow(in->stepped, step->ns, &in->stepped))
		in->stepped = step->ns < 0 ? INT64_MIN : INT64_MAX;
	if (in->on_step)
		in->on_step(in, step);
}

/* Those that tell of a step of the wall clock are of then, not of the end. */
static int take_statistics(struct inspection *in, const struct softtap_block *block)
{
	struct inspect_statistics found = { .present = true };
	char comment[sizeof(PCAPNG_CLOCK_STEP) + CLOCK_STEP_TEXT] = "";
	struct inspect_step step = { };
	struct wanted wanted[] = {
		{ PCAPNG_OPT_ISB_IFRECV, sizeof(__u64), false, &found.received, false },
		{ PCAPNG_OPT_ISB_IFDROP, sizeof(__u64), false, &found.dropped, false },
		{ PCAPNG_OPT_ISB_USRDELIV, sizeof(__u64), false, &found.delivered, false },
		{ PCAPNG_OPT_COMMENT, sizeof(comment) - 1, true, comment, false },
	};
	struct statistics statistics;

	if (take_body(in, &statistics, sizeof(statistics)))
		return -1;
	if (statistics.interface >= in->n_ports)
		return bad(in, "statistics of an interface that is not described");
	if (take_options(in, wanted, ARRAY_SIZE(wanted)) || take_end(in, block))
		return -1;
	if (!wanted[0].found || !wanted[1].found || !wanted[2].found)
		return bad(in, "statistics without their counts");
	found.end = (__u64)statistics.time_high << 32 | statistics.time_low;
	step.time = found.end;
	if (read_step(&step, comment))
		account_step(in, &step);
	else
		in->ports[statistics.interface].statistics = found;
	return 0;
}

/* What is of no interest, fillers among it. */
static int take_other(struct inspection *in, const struct softtap_block *block)
{
	return skip(in, in->left) ?: take_end(in, block);
}

static int take_block(struct inspection *in)
{
	struct softtap_block block;

	in->taken = 0;
	if (take(in, &block, sizeof(block)))
		return -1;
	if (block.type == SOFTTAP_PCAPNG_SHB)
		return take_section(in, &block);
	if (!in->offset)
		return bad(in, "not a pcapng file");
	if (take_length(in, &block))
		return -1;
	switch (block.type) {
	case SOFTTAP_PCAPNG_IDB:
		return take_interface(in, &block);
	case SOFTTAP_PCAPNG_EPB:
		return take_packet(in, &block);
	case SOFTTAP_PCAPNG_ISB:
		return take_statistics(in, &block);
	default:
		return take_other(in, &block);
	}
}

/**
 * inspect - read a file to its end, or to where it is none of softtap's
 * @inspection: has the file, at its start, and @on_gap; the rest is zero, and filled
 */
void inspect(struct inspection *inspection)
{
	while (!take_block(inspection))
		inspection->offset += inspection->taken;
	if (inspection->end != INSPECT_TORN || inspection->taken)
		return;
	if (inspection->offset)
		inspection->end = INSPECT_WHOLE;
	else
		bad(inspection, "empty");
}
