// SPDX-License-Identifier: GPL-2.0
/*
 * PAUSE frames (IEEE 802.3, annex 31B): sent when a receive ring is nearly full, obeyed when one
 * arrives, each if ethtool -A says so.
 */
#include "nic.h"

#define PAUSE_OPCODE	1
#define PAUSE_QUANTUM	512		/* bit times */
#define PAUSE_TIME	0xffff		/* quanta that we ask for */

/**
 * struct pause_frame - on the wire
 * @eth: to 01:80:c2:00:00:01
 * @opcode: 1
 * @quanta: for which the receiver is to be silent, 0 ends it
 */
struct pause_frame {
	struct ethhdr eth;
	__be16 opcode;
	__be16 quanta;
} __packed;

static const u8 pause_address[ETH_ALEN] = { 0x01, 0x80, 0xc2, 0x00, 0x00, 0x01 };

static unsigned long jiffies_of(const struct nic_card *card, unsigned int quanta)
{
	u64 bits = (u64)quanta * PAUSE_QUANTUM;

	return usecs_to_jiffies(div_u64(bits, max(card->settings.link.speed, 1U)));
}

/**
 * nic_pause_obey - if a frame is a PAUSE frame that is to be obeyed, do so
 * @card: where it arrived
 * @frame: a good frame
 * @len: its bytes with the FCS
 *
 * Context: BH off, the wire's lock held
 * Return: whether it was one
 */
bool nic_pause_obey(struct nic_card *card, const u8 *frame, unsigned int len)
{
	const struct pause_frame *pause = (const struct pause_frame *)frame;
	bool obeys = card->settings.pause.rx_pause || card->faults.habits & NIC_OBEYS_PAUSE;
	unsigned long time;

	if (!obeys || len < ETH_ZLEN ||
	    pause->eth.h_proto != htons(ETH_P_PAUSE) || pause->opcode != htons(PAUSE_OPCODE) ||
	    !(ether_addr_equal_unaligned(frame, pause_address) ||
	      ether_addr_equal_unaligned(frame, card->netdev->dev_addr)))
		return false;
	card->stats.rx_pause++;
	time = jiffies_of(card, ntohs(pause->quanta));
	WRITE_ONCE(card->paused_until, jiffies + time);
	WRITE_ONCE(card->paused, pause->quanta != 0);
	mod_delayed_work(system_highpri_wq, &card->resume, time);
	return true;
}

/**
 * nic_is_paused - look whether the peer has asked for silence
 * @card: that wants to send
 *
 * Return: whether it has, until now
 */
bool nic_is_paused(struct nic_card *card)
{
	return READ_ONCE(card->paused) && time_before(jiffies, READ_ONCE(card->paused_until));
}

static unsigned int make_frame(const struct nic_card *card, u8 *frame, unsigned int quanta)
{
	struct pause_frame *pause = (struct pause_frame *)frame;
	unsigned int len = ETH_ZLEN;

	memset(frame, 0, len);
	ether_addr_copy(pause->eth.h_dest, pause_address);
	ether_addr_copy(pause->eth.h_source, card->netdev->dev_addr);
	pause->eth.h_proto = htons(ETH_P_PAUSE);
	pause->opcode = htons(PAUSE_OPCODE);
	pause->quanta = htons(quanta);
	return nic_append_fcs(frame, len);
}

static void send_pause(struct nic_card *card, bool stop)
{
	struct nic_wire *wire = card->out;

	spin_lock(&wire->lock);
	nic_wire_carry(wire, make_frame(card, wire->frame, stop ? PAUSE_TIME : 0));
	card->stats.tx_pause++;
	card->pause_sent = stop;
	card->pause_time = jiffies;
	spin_unlock(&wire->lock);
	if (stop)	/* resume_work() looks whether it is to be said again */
		mod_delayed_work(system_highpri_wq, &card->resume,
				 jiffies_of(card, PAUSE_TIME / 2) + 1);
}

/**
 * nic_pause_tell - tell the peer if the state of the receive rings has changed, or still holds
 * @card: whose rings; NULL does nothing
 *
 * Context: BH off, no wire's lock held
 */
void nic_pause_tell(struct nic_card *card)
{
	bool stop;

	if (!card || !card->settings.pause.tx_pause || !READ_ONCE(card->receiving))
		return;
	if (READ_ONCE(card->pause_wanted) && nic_rx_roomy(card))
		WRITE_ONCE(card->pause_wanted, false);
	stop = READ_ONCE(card->pause_wanted);
	if (stop != READ_ONCE(card->pause_sent) ||
	    (stop && time_after_eq(jiffies, card->pause_time + jiffies_of(card, PAUSE_TIME / 2))))
		send_pause(card, stop);
}
