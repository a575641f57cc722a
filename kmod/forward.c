// SPDX-License-Identifier: GPL-2.0
/*
 * HOT: a frame's way through the tap, from the receive handler to the peer.
 *
 * Runs in softirq under RCU on the CPU that received the frame, for one frame after the other: no
 * queue, no lock, no allocation of our own lies between receive and transmit. Frames are forwarded
 * as the bridge does it (net/bridge/br_forward.c), without what the bridge filters.
 */
#include <linux/if_ether.h>
#include <linux/netdevice.h>
#include "capture.h"
#include "channel.h"
#include "compat/compat.h"
#include "counters.h"
#include "forward.h"
#include "frame.h"
#include "port.h"
#include "transmit.h"

/* What nobody records is idle. */
static void count_rx(const struct softtap_port *port, struct softtap_load load, u8 active)
{
	struct softtap_counters *counters = this_cpu_ptr(port->counters);

	u64_stats_update_begin(&counters->sync);
	u64_stats_add(&counters->rx_frames, load.frames);
	u64_stats_add(&counters->rx_bytes, load.bytes);
	if (!active)
		u64_stats_add(&counters->idle_frames, load.frames);
	u64_stats_update_end(&counters->sync);
}

static void count_tx(const struct softtap_port *peer, struct softtap_load load, bool sent)
{
	struct softtap_counters *counters = this_cpu_ptr(peer->counters);

	u64_stats_update_begin(&counters->sync);
	if (likely(sent)) {
		u64_stats_add(&counters->tx_frames, load.frames);
		u64_stats_add(&counters->tx_bytes, load.bytes);
	} else {
		u64_stats_add(&counters->tx_dropped, load.frames);
	}
	u64_stats_update_end(&counters->sync);
}

/* Return: whether it may go on. */
static __always_inline bool capture(const struct softtap_port *port, struct softtap_buffer *buffer,
				    const struct sk_buff *skb, struct softtap_load *load,
				    u8 active)
{
	bool passes;

	local_lock_nested_bh(&port->buffers->lock);
	if (likely(!skb_is_gso(skb))) {
		passes = softtap_capture(port, buffer, skb, load->bytes, active);
	} else {
		*load = softtap_capture_super(port, buffer, skb, *load, active);
		passes = load->frames;
	}
	local_unlock_nested_bh(&port->buffers->lock);
	return passes;
}

/**
 * softtap_handle_frame - a port's rx_handler
 * @pskb: what the device received, its data at the network header
 *
 * What carries PACKET_LOOPBACK is a copy that the stack made of a frame sent to it itself; it must
 * go on, or it would be forwarded for ever.
 *
 * Context: softirq (BH off), RCU read side, as __netif_receive_skb_core() calls it.
 * Return: RX_HANDLER_CONSUMED; RX_HANDLER_PASS for loopback copies.
 */
rx_handler_result_t softtap_handle_frame(struct sk_buff **pskb)
{
	struct sk_buff *skb = *pskb;
	const struct softtap_port *port = rcu_dereference(skb->dev->rx_handler_data);
	struct softtap_buffer *buffer;
	struct softtap_load load;
	u8 active;

	if (unlikely(skb->pkt_type == PACKET_LOOPBACK))
		return RX_HANDLER_PASS;

	load = softtap_load_of(skb, ETH_HLEN);
	buffer = this_cpu_ptr(port->buffers);
	active = READ_ONCE(buffer->active);
	if (active && unlikely(!capture(port, buffer, skb, &load, active))) {
		kfree_skb(skb);
		return RX_HANDLER_CONSUMED;
	}
	count_rx(port, load, active);
	if (port->peer)
		count_tx(port->peer, load, softtap_transmit(port->peer, skb));
	else
		consume_skb(skb);
	return RX_HANDLER_CONSUMED;
}
