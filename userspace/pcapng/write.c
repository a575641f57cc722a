// SPDX-License-Identifier: GPL-2.0
/*
 * pcapng blocks: those that stand around the records, and what is read of a record.
 * draft-ietf-opsawg-pcapng, sections 4.1 (section header), 4.2 (interface description),
 * 4.3 (enhanced packet), 4.6 (interface statistics).
 */
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "pcapng/write.h"

static void put(struct blocks *blocks, const void *value, size_t length)
{
	if (length)
		memcpy(blocks->bytes + blocks->length, value, length);
	blocks->length += length;
}

static void put_u32(struct blocks *blocks, __u32 value)
{
	put(blocks, &value, sizeof(value));
}

static void put_option(struct blocks *blocks, __u16 code, const void *value, size_t length)
{
	static const unsigned char zeros[4];
	const struct softtap_option option = { .code = code, .length = length };

	put(blocks, &option, sizeof(option));
	put(blocks, value, length);
	put(blocks, zeros, -length & 3);
}

static void put_text(struct blocks *blocks, __u16 code, const char *text)
{
	put_option(blocks, code, text, strlen(text));
}

static size_t begin(struct blocks *blocks, __u32 type)
{
	size_t start = blocks->length;

	put_u32(blocks, type);
	put_u32(blocks, 0);	/* the length, once it is known */
	return start;
}

static void end(struct blocks *blocks, size_t start)
{
	__u32 length;

	put_option(blocks, SOFTTAP_OPT_END, NULL, 0);
	length = blocks->length - start + sizeof(length);
	memcpy(blocks->bytes + start + sizeof(__u32), &length, sizeof(length));
	put_u32(blocks, length);
}

/**
 * pcapng_section - append a section header
 * @blocks: to append to
 * @comment: on the whole file, or NULL
 */
void pcapng_section(struct blocks *blocks, const char *comment)
{
	static const __u16 version[] = { 1, 0 };
	static const __u64 unknown_length = ~0ULL;
	size_t start = begin(blocks, SOFTTAP_PCAPNG_SHB);
	struct utsname host;
	char os[2 * sizeof(host.release)];

	put_u32(blocks, SOFTTAP_PCAPNG_MAGIC);
	put(blocks, version, sizeof(version));
	put(blocks, &unknown_length, sizeof(unknown_length));
	if (comment)
		put_text(blocks, PCAPNG_OPT_COMMENT, comment);
	if (!uname(&host)) {
		snprintf(os, sizeof(os), "%s %s", host.sysname, host.release);
		put_text(blocks, PCAPNG_OPT_SHB_OS, os);
	}
	put_text(blocks, PCAPNG_OPT_SHB_USERAPPL, "softtap " SOFTTAP_VERSION);
	end(blocks, start);
}

static void put_clock(struct blocks *blocks, const struct pcapng_port *port)
{
	char error[64] = "", comment[160];

	if (port->clock_error)
		snprintf(error, sizeof(error), ", which is followed within %llu ns",
			 port->clock_error);
	snprintf(comment, sizeof(comment), "Times are those of arrival, by the card's clock%s.",
		 error);
	put_text(blocks, PCAPNG_OPT_COMMENT, comment);
}

/**
 * pcapng_interface - append an interface description
 * @blocks: to append to
 * @name: the port's
 * @port: what its frames are like
 */
void pcapng_interface(struct blocks *blocks, const char *name, const struct pcapng_port *port)
{
	static const __u16 link[] = { SOFTTAP_LINKTYPE, 0 };
	static const unsigned char resolution = SOFTTAP_TSRESOL;
	size_t start = begin(blocks, SOFTTAP_PCAPNG_IDB);

	put(blocks, link, sizeof(link));
	put_u32(blocks, 0);	/* snaplen: no limit */
	if (port->stamped)
		put_clock(blocks, port);
	put_text(blocks, SOFTTAP_OPT_IF_NAME, name);
	put_option(blocks, SOFTTAP_OPT_IF_TSRESOL, &resolution, sizeof(resolution));
	if (port->fcs_bytes)
		put_option(blocks, SOFTTAP_OPT_IF_FCSLEN, &port->fcs_bytes,
			   sizeof(port->fcs_bytes));
	end(blocks, start);
}

/**
 * pcapng_start - append what a file starts with
 * @blocks: to append to
 * @geometry: tells the ports
 * @ports: what each port's frames are like
 * @comment: on the whole file, or NULL
 */
void pcapng_start(struct blocks *blocks, const struct softtap_geometry *geometry,
		  const struct pcapng_port ports[SOFTTAP_PORTS], const char *comment)
{
	unsigned int port;

	pcapng_section(blocks, comment);
	for (port = 0; port < geometry->ports; port++)
		pcapng_interface(blocks, geometry->ifname[port], &ports[port]);
}

/* A time is two 32-bit words, the upper one first. */
static void put_time(struct blocks *blocks, __u16 code, __u64 time)
{
	const __u32 words[] = { time >> 32, (__u32)time };

	put_option(blocks, code, words, sizeof(words));
}

static void put_count(struct blocks *blocks, __u16 code, __u64 count)
{
	put_option(blocks, code, &count, sizeof(count));
}

/**
 * pcapng_statistics - append interface statistics
 * @blocks: to append to
 * @interface: 0 = a, 1 = b
 * @account: the port's; what was lost in all is its sum of epb_dropcounts and the rest
 * @start: when the capture started, ns since 1970-01-01 UTC
 * @end_time: when it ended, or what the account is of
 * @comment: on that, or NULL
 */
void pcapng_statistics(struct blocks *blocks, __u32 interface, const struct port_account *account,
		       __u64 start, __u64 end_time, const char *comment)
{
	__u64 dropped = account->dropped + account->unplaced;
	size_t at = begin(blocks, SOFTTAP_PCAPNG_ISB);

	put_u32(blocks, interface);
	put_u32(blocks, end_time >> 32);
	put_u32(blocks, (__u32)end_time);
	if (comment)
		put_text(blocks, PCAPNG_OPT_COMMENT, comment);
	put_time(blocks, PCAPNG_OPT_ISB_STARTTIME, start);
	put_time(blocks, PCAPNG_OPT_ISB_ENDTIME, end_time);
	put_count(blocks, PCAPNG_OPT_ISB_IFRECV,
		  account->recorded + account->passed_over + dropped);
	put_count(blocks, PCAPNG_OPT_ISB_IFDROP, dropped);
	put_count(blocks, PCAPNG_OPT_ISB_USRDELIV, account->recorded);
	end(blocks, at);
}

/**
 * pcapng_filler - append a block that every reader skips
 * @blocks: to append to
 * @length: bytes of it, a multiple of 4 from %PCAPNG_FILLER_MIN on
 */
void pcapng_filler(struct blocks *blocks, size_t length)
{
	put_u32(blocks, SOFTTAP_PCAPNG_FILLER);
	put_u32(blocks, length);
	memset(blocks->bytes + blocks->length, 0, length - PCAPNG_FILLER_MIN);
	blocks->length += length - PCAPNG_FILLER_MIN;
	put_u32(blocks, length);
}

/**
 * pcapng_epb_time - read a record's time
 * @epb: a record
 *
 * Return: ns since 1970-01-01 UTC.
 */
__u64 pcapng_epb_time(const struct softtap_epb *epb)
{
	return (__u64)epb->time_high << 32 | epb->time_low;
}

/**
 * pcapng_epb_set_time - give a record another time
 * @epb: a record
 * @time: ns since 1970-01-01 UTC
 */
void pcapng_epb_set_time(struct softtap_epb *epb, __u64 time)
{
	epb->time_high = time >> 32;
	epb->time_low = (__u32)time;
}

/**
 * pcapng_epb_drops - read how many frames are missing before a record
 * @epb: a record as the module writes it
 *
 * Only a record with an epb_dropcount is longer than its frame asks for.
 *
 * Return: the count.
 */
__u64 pcapng_epb_drops(const struct softtap_epb *epb)
{
	size_t padded = (epb->captured + 3) & ~3U;
	struct softtap_epb_drops drops;

	if (epb->block.length == SOFTTAP_EPB_OVERHEAD + padded)
		return 0;
	memcpy(&drops, (const char *)(epb + 1) + padded + sizeof(struct softtap_epb_flags),
	       sizeof(drops));
	return (__u64)drops.count_high << 32 | drops.count_low;
}

/**
 * pcapng_whole - how many blocks lie within the first bytes
 * @pieces: whole blocks each
 * @n_pieces: how many
 * @most: bytes
 * @whole: set to the bytes of those that do, not more than @most
 *
 * Return: how many of them are records.
 */
__u64 pcapng_whole(const struct iovec *pieces, int n_pieces, size_t most, size_t *whole)
{
	__u64 records = 0;
	int i;

	*whole = 0;
	for (i = 0; i < n_pieces; i++) {
		const char *at = pieces[i].iov_base;
		const char *end = at + pieces[i].iov_len;

		while (at < end) {
			const struct softtap_block *block = (const void *)at;

			if (*whole + block->length > most)
				return records;
			*whole += block->length;
			at += block->length;
			records += block->type == SOFTTAP_PCAPNG_EPB;
		}
	}
	return records;
}
