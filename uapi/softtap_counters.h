/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
#ifndef _UAPI_SOFTTAP_COUNTERS_H
#define _UAPI_SOFTTAP_COUNTERS_H

/*
 * A port's counters: the one list of them. Each is a file in /sys/kernel/softtap/tapN/{a,b}, a row
 * of softtap stat and a key of its JSON. Unit of *_frames, tx_dropped: a frame on the wire (a GSO
 * super-frame counts as its segments); of *_bytes: bytes of such frames without FCS, VLAN tags
 * included. At rest, for port p and its peer q:
 *
 *	p.rx_frames = q.tx_frames + q.tx_dropped + p.refused_frames
 *		      + (p.bad_rx_frames - q.bad_tx_frames)
 *	p.rx_frames = p.captured + p.filtered + p.lost + p.refused + p.idle (_frames)
 *
 * Those that an ordinary frame writes come first: the module has them in one cache line.
 */
#define SOFTTAP_COUNTERS(X)							\
	X(rx_frames, RX_FRAMES)			/* arrived on this port */	\
	X(rx_bytes, RX_BYTES)							\
	X(tx_frames, TX_FRAMES)			/* accepted for sending out of it */ \
	X(tx_bytes, TX_BYTES)							\
	X(tx_dropped, TX_DROPPED)		/* came from the peer, not accepted */ \
	X(captured_frames, CAPTURED_FRAMES)	/* recorded in the relay buffer */ \
	X(captured_bytes, CAPTURED_BYTES)					\
	X(idle_frames, IDLE_FRAMES)		/* arrived while no reader was attached */ \
	X(refused_frames, REFUSED_FRAMES)	/* not forwarded: no room to record */ \
	X(filtered_frames, FILTERED_FRAMES)	/* left out by the reader's filter */ \
	X(lost_frames, LOST_FRAMES)		/* not recorded: no room */	\
	X(overwritten_frames, OVERWRITTEN_FRAMES) /* recorded, then overwritten */ \
	X(blocked_frames, BLOCKED_FRAMES)	/* the host's own, stopped */	\
	X(bad_rx_frames, BAD_RX_FRAMES)		/* of rx_frames: broken, and not refused */ \
	X(bad_tx_frames, BAD_TX_FRAMES)		/* of tx_frames: broken */	\
	X(unstamped_frames, UNSTAMPED_FRAMES)	/* recorded, not with the card's time */

#endif /* _UAPI_SOFTTAP_COUNTERS_H */
