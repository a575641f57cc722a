/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SOFTTAP_PCAPNG_WRITE_H
#define SOFTTAP_PCAPNG_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/uio.h>

#include "softtap.h"

#define PCAPNG_FILLER_MIN	12	/* bytes: type and twice the length */
/* Options of blocks that the reader writes; those of records are in softtap.h. */
#define PCAPNG_OPT_COMMENT		1
#define PCAPNG_OPT_SHB_OS		3
#define PCAPNG_OPT_SHB_USERAPPL		4
#define PCAPNG_OPT_ISB_STARTTIME	2
#define PCAPNG_OPT_ISB_ENDTIME		3
#define PCAPNG_OPT_ISB_IFRECV		4
#define PCAPNG_OPT_ISB_IFDROP		5
#define PCAPNG_OPT_ISB_USRDELIV		8

/* A comment on a file begins with it when a packet may be older, up to that, than one before it. */
#define PCAPNG_ORDER_BUFFER	"order: buffer, %llu ms"
#define PCAPNG_ORDER_MAX	60000	/* ms, as the longest interval */
#define PCAPNG_ORDER_UNIT	1000000ULL	/* ns */

/*
 * A comment on statistics of port a, among the records, begins with it and with what
 * clock_step_print() makes of a step. The times behind it go on as before.
 */
#define PCAPNG_CLOCK_STEP	"the wall clock stepped "

/**
 * struct blocks - blocks being put together
 * @bytes: the blocks
 * @length: bytes so far
 */
struct blocks {
	unsigned char bytes[8192];
	size_t length;
};

/**
 * struct port_account - what became of a port's frames
 * @recorded: in the file
 * @passed_over: recorded, but more than was asked for
 * @dropped: lost, as far as a record told of it
 * @unplaced: lost after the last record
 */
struct port_account {
	__u64 recorded;
	__u64 passed_over;
	__u64 dropped;
	__u64 unplaced;
};

/**
 * struct pcapng_port - what a file says of a port's frames
 * @fcs_bytes: of each of them, 0 if they come without
 * @stamped: times are those of arrival at the card
 * @clock_error: ns that these may be wrong, 0 when nobody knows
 */
struct pcapng_port {
	unsigned char fcs_bytes;
	bool stamped;
	__u64 clock_error;
};

void pcapng_section(struct blocks *blocks, const char *comment);
void pcapng_interface(struct blocks *blocks, const char *name, const struct pcapng_port *port);
void pcapng_start(struct blocks *blocks, const struct softtap_geometry *geometry,
		  const struct pcapng_port ports[SOFTTAP_PORTS], const char *comment);
void pcapng_statistics(struct blocks *blocks, __u32 interface, const struct port_account *account,
		       __u64 start, __u64 end_time, const char *comment);
void pcapng_filler(struct blocks *blocks, size_t length);
__u64 pcapng_epb_time(const struct softtap_epb *epb);
void pcapng_epb_set_time(struct softtap_epb *epb, __u64 time);
__u64 pcapng_epb_drops(const struct softtap_epb *epb);
__u64 pcapng_whole(const struct iovec *pieces, int n_pieces, size_t most, size_t *whole);

#endif /* SOFTTAP_PCAPNG_WRITE_H */
