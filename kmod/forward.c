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
#include "frame_fcs.h"
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

static void count_bad(u64_stats_t *count, struct softtap_counters *counters)
{
	u64_stats_update_begin(&counters->sync);
	u64_stats_inc(count);
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

static bool capture_with_fcs(const struct softtap_port *port, struct softtap_buffer *buffer,
			     const struct sk_buff *skb, u32 length, u8 active,
			     const struct softtap_fcs *fcs)
{
	bool passes;

	local_lock_nested_bh(&port->buffers->lock);
	passes = softtap_capture_with_fcs(port, buffer, skb, length, active, fcs);
	local_unlock_nested_bh(&port->buffers->lock);
	return passes;
}

static void pass_on_bad(const struct softtap_port *port, struct sk_buff *skb,
			struct softtap_load load, const struct softtap_fcs *fcs)
{
	struct softtap_counters *counters = this_cpu_ptr(port->counters);

	count_bad(&counters->bad_rx_frames, counters);
	if (!port->peer || READ_ONCE(port->bad_frames) != SOFTTAP_BAD_PASS) {
		consume_skb(skb);
		return;
	}
	if (!softtap_transmit_with_fcs(port->peer, skb, fcs))
		return;
	count_tx(port->peer, load, true);
	counters = this_cpu_ptr(port->peer->counters);
	count_bad(&counters->bad_tx_frames, counters);
}

static void handle_with_fcs(const struct softtap_port *port, struct sk_buff *skb,
			    const struct softtap_fcs *fcs)
{
	struct softtap_load load = softtap_load_of(skb, ETH_HLEN);
	struct softtap_buffer *buffer = this_cpu_ptr(port->buffers);
	u8 active = READ_ONCE(buffer->active);

	if (active && !capture_with_fcs(port, buffer, skb, load.bytes, active, fcs)) {
		kfree_skb(skb);
		return;
	}
	count_rx(port, load, active);
	if (fcs->errors)
		pass_on_bad(port, skb, load, fcs);
	else if (port->peer)
		count_tx(port->peer, load, softtap_transmit(port->peer, skb));
	else
		consume_skb(skb);
}

/**
 * softtap_handle_fcs_frame - the rx_handler of a port that is told of broken frames
 * @pskb: what the device received, its data at the network header
 *
 * A good frame goes on without its FCS, as the other card makes the same one: so what knows
 * nothing of a given FCS, down to the driver, does not see one. What is shorter than an Ethernet
 * header is taken for nothing, as is what there is no memory for.
 *
 * Context: as softtap_handle_frame().
 * Return: as softtap_handle_frame().
 */
rx_handler_result_t softtap_handle_fcs_frame(struct sk_buff **pskb)
{
	const struct softtap_port *port = rcu_dereference((*pskb)->dev->rx_handler_data);
	enum softtap_fcs_state state = READ_ONCE(port->fcs);
	struct sk_buff *skb = *pskb;
	struct softtap_fcs fcs;

	if (state == SOFTTAP_FCS_NONE || skb->pkt_type == PACKET_LOOPBACK || skb_is_gso(skb))
		return softtap_handle_frame(pskb);
	skb = skb_share_check(skb, GFP_ATOMIC);
	if (!skb)
		return RX_HANDLER_CONSUMED;
	if (skb_mac_offset(skb) != -ETH_HLEN ||
	    softtap_fcs_take(skb, state == SOFTTAP_FCS_ALL, &fcs))
		kfree_skb(skb);
	else
		handle_with_fcs(port, skb, &fcs);
	return RX_HANDLER_CONSUMED;
}
