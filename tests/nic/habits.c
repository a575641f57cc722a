// SPDX-License-Identifier: GPL-2.0
/* What cards do to frames, and should not: see enum nic_habit. */
#include <linux/if_vlan.h>

#include "nic.h"

#define EACH		50	/* th frame is duplicated, or goes behind the next */
#define WAKE_MS		20
#define AWAKE_MS	8

static unsigned int strip_vlan_0(u8 *frame, unsigned int len)
{
	const struct vlan_ethhdr *tagged = (const struct vlan_ethhdr *)frame;

	if (len < VLAN_ETH_HLEN || tagged->h_vlan_proto != htons(ETH_P_8021Q) ||
	    ntohs(tagged->h_vlan_TCI) & VLAN_VID_MASK)
		return len;
	len -= VLAN_HLEN;
	memmove(frame + 2 * ETH_ALEN, frame + 2 * ETH_ALEN + VLAN_HLEN, len - 2 * ETH_ALEN);
	return nic_append_fcs(frame, len - ETH_FCS_LEN);
}

static bool is_lldp(const u8 *frame)
{
	return ((const struct ethhdr *)frame)->h_proto == htons(ETH_P_LLDP);
}

/* Return: the bytes that go on the wire, 0 if it does not */
static unsigned int change(u32 habits, u8 *frame, unsigned int len)
{
	if (habits & NIC_STRIPS_VLAN_0)
		len = strip_vlan_0(frame, len);
	if (habits & NIC_CORRUPTS_1503 && len == 1503 + ETH_FCS_LEN) {
		frame[700] ^= 0x10;
		nic_append_fcs(frame, len - ETH_FCS_LEN);
	}
	if (habits & NIC_MENDS_FCS)
		nic_append_fcs(frame, len - ETH_FCS_LEN);
	if ((habits & NIC_DROPS_SHORT && len < ETH_ZLEN + ETH_FCS_LEN) ||
	    (habits & NIC_SWALLOWS_LLDP && is_lldp(frame)))
		return 0;
	return len;
}

static void let_go(struct nic_faults *faults, struct nic_wire *wire)
{
	unsigned int len = faults->held_len;

	if (!len)
		return;
	faults->held_len = 0;
	memcpy(wire->frame, faults->held, len);
	nic_wire_carry(wire, len);
}

/**
 * nic_habits_send - put a frame on the wire, as the card has it
 * @card: that sends
 * @wire: with the frame in its @frame
 * @len: bytes of it, FCS included
 *
 * Context: BH off, the wire's lock held
 */
void nic_habits_send(struct nic_card *card, struct nic_wire *wire, unsigned int len)
{
	struct nic_faults *faults = &card->faults;
	u32 habits = READ_ONCE(faults->habits);
	bool odd = !(++faults->sent % EACH);

	len = change(habits, wire->frame, len);
	if (!len)
		return;
	if (odd && habits & (NIC_DUPLICATES | NIC_REORDERS)) {
		memcpy(faults->held, wire->frame, len);
		faults->held_len = len;
		if (habits & NIC_REORDERS)
			return;
	}
	nic_wire_carry(wire, len);
	let_go(faults, wire);
}

/**
 * nic_is_asleep - look whether a card has to wake up before it sends
 * @card: that has something to send
 *
 * Context: BH off, one of its queues' @dma_lock held
 * Return: whether it has: it is asked again when it is awake
 */
bool nic_is_asleep(struct nic_card *card)
{
	struct nic_faults *faults = &card->faults;
	unsigned long until = READ_ONCE(faults->awake_until);

	if (likely(!(READ_ONCE(faults->habits) & NIC_SLEEPS)))
		return false;
	if (time_after(jiffies, until)) {
		until = jiffies + msecs_to_jiffies(WAKE_MS);
		mod_delayed_work(system_highpri_wq, &card->resume, msecs_to_jiffies(WAKE_MS));
		WRITE_ONCE(faults->awake_until, until + msecs_to_jiffies(AWAKE_MS));
		return true;
	}
	if (time_before(jiffies, until - msecs_to_jiffies(AWAKE_MS)))
		return true;
	WRITE_ONCE(faults->awake_until, jiffies + msecs_to_jiffies(AWAKE_MS));
	return false;
}

/**
 * nic_habits_create - make room for a frame that is held
 * @card: whose; it goes with the card's device
 *
 * Return: 0 or -ENOMEM
 */
int nic_habits_create(struct nic_card *card)
{
	card->faults.held = devm_kmalloc(card->device, NIC_FRAME_MAX, GFP_KERNEL);
	card->faults.awake_until = jiffies;
	return card->faults.held ? 0 : -ENOMEM;
}
