/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * softtap - what the kernel module and its readers share.
 *
 * A tap keeps one buffer per CPU. A buffer is a ring of equal sub-buffers, filled with pcapng
 * blocks in place. Positions in it are bytes since the tap was made: they only grow, so that
 *
 *	position / subbuf_size		is the sequence number of a sub-buffer
 *	position % buffer_size		is the offset into the mapping
 *
 * The writer publishes a position after each finished block (`committed`, store-release), the
 * reader gives space back up to a position of its own (`consumed`, SOFTTAP_IOC_CONSUME).
 */
#ifndef _UAPI_SOFTTAP_H
#define _UAPI_SOFTTAP_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define SOFTTAP_ABI_VERSION	1	/* grows when something below changes its meaning */
#define SOFTTAP_NAME_SIZE	16	/* IFNAMSIZ */
#define SOFTTAP_PORTS		2	/* 0 is port a, 1 is port b */

/*
 * pcapng, draft-ietf-opsawg-pcapng. All fields are in the byte order of the machine.
 */
#define SOFTTAP_PCAPNG_SHB	0x0a0d0d0a	/* Section Header Block */
#define SOFTTAP_PCAPNG_MAGIC	0x1a2b3c4d	/* its byte-order magic */
#define SOFTTAP_PCAPNG_IDB	0x00000001	/* Interface Description Block */
#define SOFTTAP_PCAPNG_ISB	0x00000005	/* Interface Statistics Block */
#define SOFTTAP_PCAPNG_EPB	0x00000006	/* Enhanced Packet Block */
#define SOFTTAP_PCAPNG_FILLER	0x80000001	/* local use: skipped by every reader */

#define SOFTTAP_OPT_END		0	/* opt_endofopt */
#define SOFTTAP_OPT_IF_NAME	2	/* IDB: if_name, a string */
#define SOFTTAP_OPT_IF_FCSLEN	13	/* IDB: if_fcslen, one byte, of each frame's FCS */
#define SOFTTAP_OPT_IF_TSRESOL	9	/* IDB: if_tsresol, one byte, 9 = ns */
#define SOFTTAP_OPT_EPB_FLAGS	2	/* EPB: epb_flags, 32 bits */
#define SOFTTAP_OPT_EPB_DROPS	4	/* EPB: epb_dropcount, 64 bits */
#define SOFTTAP_EPB_INBOUND	1	/* epb_flags bits 0 and 1: direction */
#define SOFTTAP_EPB_FCS_LENGTH(n)	((n) << 5)	/* bits 5 to 8: bytes of its FCS */
#define SOFTTAP_EPB_ERRORS	0xffff0000	/* bits 16 to 31: what is wrong with it */
#define SOFTTAP_EPB_ERROR_CRC	0x01000000	/* bit 24: the FCS does not fit */
#define SOFTTAP_EPB_ERROR_LONG	0x02000000	/* bit 25: longer than the MTU allows */
#define SOFTTAP_EPB_ERROR_SHORT	0x04000000	/* bit 26: shorter than 64 bytes, FCS included */
#define SOFTTAP_LINKTYPE	1	/* LINKTYPE_ETHERNET */
#define SOFTTAP_TSRESOL		9	/* timestamps count nanoseconds */

/**
 * struct softtap_option - a pcapng option's head; the value follows, padded to 32 bits
 * @code: what it is, SOFTTAP_OPT_*
 * @length: bytes of the value, padding not counted
 */
struct softtap_option {
	__u16 code;
	__u16 length;
};

/**
 * struct softtap_block - the head of every pcapng block
 * @type: SOFTTAP_PCAPNG_*
 * @length: bytes of the whole block, a multiple of 4; stands again in its last four bytes
 */
struct softtap_block {
	__u32 type;
	__u32 length;
};

/**
 * struct softtap_epb - an Enhanced Packet Block up to the frame
 * @block: type and length
 * @interface: the port the frame arrived on, 0 = a, 1 = b
 * @time_high: upper half of the time of arrival, ns since 1970-01-01 UTC by the records' clock
 *	(struct softtap_clock)
 * @time_low: lower half
 * @captured: bytes of the frame that follow, without FCS unless epb_flags tell of one
 * @original: bytes of the frame on the wire, likewise
 *
 * The frame follows, padded with zeros to 32 bits, then epb_flags, then epb_dropcount if frames
 * of this port were lost before, then opt_endofopt and the block's length.
 */
struct softtap_epb {
	struct softtap_block block;
	__u32 interface;
	__u32 time_high;
	__u32 time_low;
	__u32 captured;
	__u32 original;
};

/**
 * struct softtap_epb_flags - the epb_flags option, right behind the padded frame
 * @option: code and length
 * @direction: SOFTTAP_EPB_INBOUND; with the FCS in the frame also its length, and errors
 */
struct softtap_epb_flags {
	struct softtap_option option;
	__u32 direction;
};

/**
 * struct softtap_epb_drops - the epb_dropcount option, where frames were lost before
 * @option: code and length
 * @count_low: lower half of the number of lost frames (blocks are aligned to 32 bits only)
 * @count_high: upper half
 */
struct softtap_epb_drops {
	struct softtap_option option;
	__u32 count_low;
	__u32 count_high;
};

/**
 * struct softtap_epb_end - the end of the block
 * @option: opt_endofopt
 * @length: the block's length again
 */
struct softtap_epb_end {
	struct softtap_option option;
	__u32 length;
};

/**
 * struct softtap_filler - the block that closes a sub-buffer; zeros up to its last four bytes
 * @block: SOFTTAP_PCAPNG_FILLER and what was left of the sub-buffer
 * @sequence_low: lower half of the sub-buffer's sequence number
 * @sequence_high: upper half
 * @cpu: whose buffer it is
 */
struct softtap_filler {
	struct softtap_block block;
	__u32 sequence_low;
	__u32 sequence_high;
	__u32 cpu;
};

/* A record without frame and drops; the smallest filler (its head and the length at its end). */
#define SOFTTAP_EPB_OVERHEAD	(sizeof(struct softtap_epb) + \
				 sizeof(struct softtap_epb_flags) + \
				 sizeof(struct softtap_epb_end))
#define SOFTTAP_FILLER_MIN	(sizeof(struct softtap_filler) + sizeof(__u32))

/**
 * struct softtap_positions - one CPU's positions in the control area
 * @committed: everything before it is finished blocks; written by the CPU that records
 * @reserved: keeps writer and reader on cache lines of their own
 * @consumed: everything before it is given back; follows SOFTTAP_IOC_CONSUME
 * @handed: everything before it may be in a file already; follows SOFTTAP_IOC_HAND and
 *	SOFTTAP_IOC_CONSUME. Beyond @consumed only while a reader writes, or when it died writing.
 * @reserved2: as @reserved
 */
struct softtap_positions {
	__u64 committed;
	__u64 reserved[7];
	__u64 consumed;
	__u64 handed;
	__u64 reserved2[6];
};

/**
 * struct softtap_geometry - what a reader has to know, SOFTTAP_IOC_GEOMETRY
 * @abi: SOFTTAP_ABI_VERSION
 * @cpus: number of CPUs that may exist, and of entries in the control area
 * @ports: 2, or 1 when the tap only listens
 * @subbuf_size: bytes of a sub-buffer
 * @subbufs: sub-buffers of a buffer
 * @control_size: bytes to map at SOFTTAP_MMAP_CONTROL
 * @ifname: the ports' names now
 */
struct softtap_geometry {
	__u32 abi;
	__u32 cpus;
	__u32 ports;
	__u32 subbuf_size;
	__u32 subbufs;
	__u32 control_size;
	char ifname[SOFTTAP_PORTS][SOFTTAP_NAME_SIZE];
};

/**
 * struct softtap_span - up to where a CPU's buffer is handed over or given back
 * @cpu: which buffer
 * @reserved: 0
 * @position: the end of a block, between consumed and committed
 */
struct softtap_span {
	__u32 cpu;
	__u32 reserved;
	__u64 position;
};

/**
 * struct softtap_stop - the account when recording has stopped, SOFTTAP_IOC_STOP
 * @unplaced: frames lost on each port that no epb_dropcount tells of: no record came after them
 */
struct softtap_stop {
	__u64 unplaced[SOFTTAP_PORTS];
};

/**
 * struct softtap_program - which frames are meant, SOFTTAP_IOC_FILTER and SOFTTAP_IOC_TRIGGER
 * @length: instructions of the program, 0 for every frame of @ports
 * @ports: bit 0 for frames that arrived on port a, bit 1 for port b; not 0
 * @instructions: address of that many struct sock_filter, a classic BPF program. It sees a frame as
 *	a packet socket would: the outer VLAN tag is in the metadata (SKF_AD_VLAN_TAG), GSO frames
 *	are split before. A frame is meant when it returns anything but 0.
 */
struct softtap_program {
	__u32 length;
	__u32 ports;
	__u64 instructions;
};

/**
 * struct softtap_note - what a reader leaves for the next one, SOFTTAP_IOC_NOTE and _NOTED
 * @length: bytes of it, %SOFTTAP_NOTE_MAX at most. NOTED sets it to what there is, which it copies
 *	when there is room for it.
 * @uid: 0 for NOTE. NOTED sets it to the effective user who left it, to (__u32)-1 when the caller's
 *	user namespace has no such user.
 * @text: its address
 */
struct softtap_note {
	__u32 length;
	__u32 uid;
	__u64 text;
};

#define SOFTTAP_NOTE_MAX	8192

/**
 * struct softtap_clock - the records' clock and the wall clock, SOFTTAP_IOC_CLOCK
 * @monotonic: CLOCK_MONOTONIC of the initial time namespace now, ns
 * @records: what is added to it for the time of a record, ns. It stays the same as long as anything
 *	recorded with it is left, and from START to STOP.
 * @wall: what has to be added to it for CLOCK_REALTIME now, ns. It changes only when the wall clock
 *	is stepped, or the machine was suspended; slewing moves both clocks.
 */
struct softtap_clock {
	__u64 monotonic;
	__s64 records;
	__s64 wall;
};

#ifdef __KERNEL__
#define __softtap_assert(what)	static_assert(what)
#else
#define __softtap_assert(what)	_Static_assert(what, #what)
#endif
__softtap_assert(sizeof(struct softtap_epb) == 28);
__softtap_assert(sizeof(struct softtap_epb_flags) == 8);
__softtap_assert(sizeof(struct softtap_epb_drops) == 12);
__softtap_assert(sizeof(struct softtap_epb_end) == 8);
__softtap_assert(sizeof(struct softtap_filler) == 20);
__softtap_assert(sizeof(struct softtap_positions) == 128);
__softtap_assert(sizeof(struct softtap_geometry) == 56);
__softtap_assert(sizeof(struct softtap_span) == 16);
__softtap_assert(sizeof(struct softtap_stop) == 16);
__softtap_assert(sizeof(struct softtap_program) == 16);
__softtap_assert(sizeof(struct softtap_note) == 16);
__softtap_assert(sizeof(struct softtap_clock) == 24);

/*
 * Where times are those of the cards (tstamp is hw), records lie in the order in which frames were
 * looked at. A record's time is at most so much (ns) earlier, and never later, than that moment:
 * whoever looks so much ahead can bring them into the order of time. A frame that was longer in the
 * machine is recorded with the time when it was looked at.
 */
#define SOFTTAP_RESIDENCE_MAX	10000000ULL
/*
 * tapN/{a,b}/residence counts frames by the time between: less than 2^8, 2^9, … ns.
 */
#define SOFTTAP_RESIDENCE_SHIFT	8
#define SOFTTAP_RESIDENCE_COUNTS	17	/* the last is that of SOFTTAP_RESIDENCE_MAX */

/*
 * ioctls of /dev/softtap/tapN. Opening it makes the caller the tap's reader (EBUSY: there is one);
 * closing it ends that. What it has not consumed then waits for the next one; so does, without
 * STOP, the account of frames lost after the last record. What it has set (FILTER, SNAPLEN,
 * TRIGGER) is gone with it, and can be changed at any time before.
 *
 * With policy flight the module records and overwrites by itself: START, STOP, HAND and CONSUME
 * give EOPNOTSUPP. `consumed` is then what was overwritten; it moves before the writing begins.
 */
#define SOFTTAP_IOC_MAGIC	0xB7
/* Read the geometry. */
#define SOFTTAP_IOC_GEOMETRY	_IOR(SOFTTAP_IOC_MAGIC, 0, struct softtap_geometry)
/* Start to record. EALREADY: it does already. */
#define SOFTTAP_IOC_START	_IO(SOFTTAP_IOC_MAGIC, 1)
/* Stop to record; when it returns, `committed` no longer moves. */
#define SOFTTAP_IOC_STOP	_IOR(SOFTTAP_IOC_MAGIC, 2, struct softtap_stop)
/*
 * Say that all up to a position may be in a file soon; after a write that failed, say up to where
 * it is. EINVAL: it is not committed, or given back already.
 */
#define SOFTTAP_IOC_HAND	_IOW(SOFTTAP_IOC_MAGIC, 3, struct softtap_span)
/* Give back all up to a position. EINVAL: it is not committed, or given back already. */
#define SOFTTAP_IOC_CONSUME	_IOW(SOFTTAP_IOC_MAGIC, 4, struct softtap_span)
/*
 * Read a time (ns, of the records' clock) before which every record on every CPU is committed.
 * Takes an RCU grace period at most. A merge over CPUs up to that time is in order for good; with
 * times of the cards it is SOFTTAP_RESIDENCE_MAX older.
 */
#define SOFTTAP_IOC_HORIZON	_IOR(SOFTTAP_IOC_MAGIC, 5, __u64)
/*
 * Record only what is meant; the rest counts as filtered. EINVAL: the kernel's checker does not
 * take the program. E2BIG: each frame is forwarded only when it has run, and on its longest path it
 * would cost more than a frame may wait for.
 */
#define SOFTTAP_IOC_FILTER	_IOW(SOFTTAP_IOC_MAGIC, 6, struct softtap_program)
/* Record at most so many bytes of a frame, 0 = all; the tap's own snaplen is a limit to it. */
#define SOFTTAP_IOC_SNAPLEN	_IOW(SOFTTAP_IOC_MAGIC, 7, __u32)
/*
 * Tell when a frame comes that is meant: poll gives POLLPRI then. Forgets one that came before. A
 * program that means all frames of all ports ends the waiting.
 */
#define SOFTTAP_IOC_TRIGGER	_IOW(SOFTTAP_IOC_MAGIC, 8, struct softtap_program)
/* Read when it came (ns, of the records' clock), 0 for not yet. */
#define SOFTTAP_IOC_TRIGGERED	_IOR(SOFTTAP_IOC_MAGIC, 9, __u64)
/*
 * Leave a note, in the place of that before. The module does not read it, and keeps it when the
 * reader goes: where a reader noted what it is about to write where, the next one can find out how
 * far it came. Who may read the tap may leave any text: NOTED tells who it was. EINVAL: too long.
 */
#define SOFTTAP_IOC_NOTE	_IOW(SOFTTAP_IOC_MAGIC, 10, struct softtap_note)
/* Read it. */
#define SOFTTAP_IOC_NOTED	_IOWR(SOFTTAP_IOC_MAGIC, 11, struct softtap_note)
/* Read how the records' clock and the wall clock stand to each other. */
#define SOFTTAP_IOC_CLOCK	_IOR(SOFTTAP_IOC_MAGIC, 12, struct softtap_clock)

/* mmap offsets, read-only: the control area (struct softtap_positions per CPU), CPU c's buffer. */
#define SOFTTAP_MMAP_CONTROL	0ULL
#define SOFTTAP_MMAP_CPU(c)	(((__u64)(c) + 1) << 32)

#endif /* _UAPI_SOFTTAP_H */
