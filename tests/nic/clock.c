// SPDX-License-Identifier: GPL-2.0
/*
 * The hardware clock (PHC): an oscillator of its own, which the system's raw clock stands for, with
 * an offset and a drift that the PTP interface sets (phc_ctl DEVICE set, adj, freq).
 */
#include <linux/debugfs.h>
#include <linux/math64.h>
#include <linux/ptp_classify.h>
#include <linux/udp.h>

#include "nic.h"

#define PTP_EVENT_PORT		319
#define PTP_GENERAL_PORT	320

static struct nic_card *card_of(struct ptp_clock_info *info)
{
	return container_of(info, struct nic_card, clock.info);
}

/* scaled_ppm is parts per million, with a binary fraction of 16 bits. */
static u64 time_at(const struct nic_clock *clock, u64 raw)
{
	u64 passed = raw - clock->reference;
	u64 drift = mul_u64_u64_div_u64(passed, abs(clock->scaled_ppm), 1000000ULL << 16);

	return clock->base + passed + (clock->scaled_ppm < 0 ? -drift : drift);
}

/**
 * nic_clock_now - the card's time
 * @card: whose
 *
 * Context: any but hard interrupts
 * Return: ns
 */
u64 nic_clock_now(struct nic_card *card)
{
	u64 now;

	spin_lock_bh(&card->clock.lock);
	now = time_at(&card->clock, ktime_get_raw_ns());
	spin_unlock_bh(&card->clock.lock);
	return now;
}

/**
 * nic_clock_stamp - give an arriving frame its time
 * @card: whose
 * @truth: set to what the system's clock shows at that very moment, ns since 1970
 *
 * Context: as nic_clock_now()
 * Return: ns of the card's clock
 */
u64 nic_clock_stamp(struct nic_card *card, u64 *truth)
{
	u64 raw, stamp;

	nic_moment(truth, &raw);
	spin_lock_bh(&card->clock.lock);
	stamp = time_at(&card->clock, raw);
	spin_unlock_bh(&card->clock.lock);
	return stamp;
}

/**
 * nic_clock_note - note when a frame with a time arrived
 * @card: where
 * @truth: as nic_clock_stamp() set it
 *
 * Context: the lock of the wire that leads here
 */
void nic_clock_note(struct nic_card *card, u64 truth)
{
	struct debugfs_blob_wrapper *arrivals = &card->clock.arrivals;

	if (!truth || arrivals->size == NIC_ARRIVALS * sizeof(truth))
		return;
	*(u64 *)(arrivals->data + arrivals->size) = truth;
	WRITE_ONCE(arrivals->size, arrivals->size + sizeof(truth));
}

/* From here on, time goes on with this drift. */
static int adjust_frequency(struct ptp_clock_info *info, long scaled_ppm)
{
	struct nic_clock *clock = &card_of(info)->clock;
	u64 raw;

	spin_lock_bh(&clock->lock);
	raw = ktime_get_raw_ns();
	clock->base = time_at(clock, raw);
	clock->reference = raw;
	clock->scaled_ppm = scaled_ppm;
	spin_unlock_bh(&clock->lock);
	return 0;
}

static int adjust_time(struct ptp_clock_info *info, s64 offset)
{
	struct nic_clock *clock = &card_of(info)->clock;

	spin_lock_bh(&clock->lock);
	clock->base += offset;
	spin_unlock_bh(&clock->lock);
	return 0;
}

static int get_time(struct ptp_clock_info *info, struct timespec64 *time,
		    struct ptp_system_timestamp *system)
{
	ptp_read_system_prets(system);
	*time = ns_to_timespec64(nic_clock_now(card_of(info)));
	ptp_read_system_postts(system);
	return 0;
}

static int set_time(struct ptp_clock_info *info, const struct timespec64 *time)
{
	struct nic_clock *clock = &card_of(info)->clock;

	spin_lock_bh(&clock->lock);
	clock->base = timespec64_to_ns(time);
	clock->reference = ktime_get_raw_ns();
	spin_unlock_bh(&clock->lock);
	return 0;
}

static const struct ptp_clock_info operations = {
	.owner = THIS_MODULE,
	.name = NIC_NAME,
	.max_adj = 500000000,
	.adjfine = adjust_frequency,
	.adjtime = adjust_time,
	.gettimex64 = get_time,
	.settime64 = set_time,
};

/**
 * nic_clock_create - start a card's clock, at the system's time
 * @card: whose
 *
 * Return: 0 or a negative errno
 */
int nic_clock_create(struct nic_card *card)
{
	struct nic_clock *clock = &card->clock;

	spin_lock_init(&clock->lock);
	clock->base = ktime_get_real_ns();
	clock->reference = ktime_get_raw_ns();
	clock->info = operations;
	clock->arrivals.data = kvmalloc_array(NIC_ARRIVALS, sizeof(u64), GFP_KERNEL);
	if (!clock->arrivals.data)
		return -ENOMEM;
	clock->ptp = ptp_clock_register(&clock->info, card->device);
	if (IS_ERR(clock->ptp))
		kvfree(clock->arrivals.data);
	return PTR_ERR_OR_ZERO(clock->ptp);
}

/**
 * nic_clock_destroy - the opposite
 * @card: whose
 */
void nic_clock_destroy(struct nic_card *card)
{
	ptp_clock_unregister(card->clock.ptp);
	kvfree(card->clock.arrivals.data);
}

/* --- Which frames get a time ------------------------------------------------------------------ */

static bool is_ptp_port(const u8 *transport)
{
	unsigned int port = ntohs(((const struct udphdr *)transport)->dest);

	return port == PTP_EVENT_PORT || port == PTP_GENERAL_PORT;
}

static bool is_ptp(const u8 *frame, unsigned int len)
{
	switch (ntohs(((const struct ethhdr *)frame)->h_proto)) {
	case ETH_P_1588:
		return true;
	case ETH_P_IP:
		return len > OFF_IHL + 32 && frame[ETH_HLEN + 9] == IPPROTO_UDP &&
		       is_ptp_port(frame + ETH_HLEN + IPV4_HLEN(frame));
	case ETH_P_IPV6:
		return len > ETH_HLEN + IP6_HLEN + UDP_HLEN &&
		       frame[ETH_HLEN + 6] == IPPROTO_UDP &&
		       is_ptp_port(frame + ETH_HLEN + IP6_HLEN);
	}
	return false;
}

/**
 * nic_wants_stamp - whether an arriving frame gets a time
 * @card: where
 * @frame: the frame
 * @len: its bytes
 *
 * Return: whether it does
 */
bool nic_wants_stamp(const struct nic_card *card, const u8 *frame, unsigned int len)
{
	switch (READ_ONCE(card->settings.stamping.rx_filter)) {
	case HWTSTAMP_FILTER_NONE:
		return false;
	case HWTSTAMP_FILTER_ALL:
		return true;
	default:
		return is_ptp(frame, len);
	}
}

/**
 * nic_stamping_set - choose the frames that get a time
 * @card: whose
 * @config: what is asked for; a filter of PTP's frames becomes that of all of these
 *
 * Context: RTNL
 * Return: 0; -ERANGE if the card cannot do it
 */
int nic_stamping_set(struct nic_card *card, struct kernel_hwtstamp_config *config)
{
	if (config->tx_type != HWTSTAMP_TX_OFF && config->tx_type != HWTSTAMP_TX_ON)
		return -ERANGE;
	switch (config->rx_filter) {
	case HWTSTAMP_FILTER_NONE:
		break;
	case HWTSTAMP_FILTER_ALL:
	case HWTSTAMP_FILTER_NTP_ALL:
		if (strcmp(card->stamps, "all"))
			return -ERANGE;
		config->rx_filter = HWTSTAMP_FILTER_ALL;
		break;
	default:
		if (!strcmp(card->stamps, "none"))
			return -ERANGE;
		config->rx_filter = HWTSTAMP_FILTER_PTP_V2_EVENT;
	}
	card->settings.stamping.tx_type = config->tx_type;
	WRITE_ONCE(card->settings.stamping.rx_filter, config->rx_filter);
	return 0;
}
