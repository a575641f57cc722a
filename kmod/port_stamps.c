// SPDX-License-Identifier: GPL-2.0
/*
 * Times of arrival by the card's clock: a port's frames carry them when the card is told to stamp
 * all of them (SIOCSHWTSTAMP, which is not done here).
 *
 * The card's clock is read beside the system's now and then, and each frame's stamp translated with
 * what that has shown. What is recorded is never later than the moment when the frame was looked
 * at, and never much earlier (SOFTTAP_RESIDENCE_MAX): a reader can bring records into order that
 * way. A frame without such a stamp is recorded with the time when it was looked at.
 */
#include <linux/ethtool.h>
#include <linux/netdevice.h>
#include <linux/percpu.h>
#include <linux/ratelimit.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <linux/workqueue.h>
#include "compat/compat.h"
#include "phc.h"
#include "port.h"
#include "port_stamps.h"
#include "tap.h"
#include "translation.h"

#define INTERVAL	msecs_to_jiffies(250)	/* between two readings of the clock */
#define INTERVAL_FIRST	msecs_to_jiffies(60)	/* as long as nothing is known */
#define TOLERANCE	(2 * NSEC_PER_USEC)	/* a stamp may seem to be of the future */
#define NO_ERROR	U64_MAX

/**
 * struct residence - frames by how long they were in the machine
 * @counts: see SOFTTAP_RESIDENCE_SHIFT; written by one CPU, in softirq under the buffer's lock
 */
struct residence {
	u64 counts[SOFTTAP_RESIDENCE_COUNTS];
};

/**
 * struct softtap_stamps - a port whose frames have times of its card
 * @translation: from the card's clock, NULL when it is not known
 * @slots: one is @translation, the other can be filled
 * @residence: frames by how long they were in the machine, per CPU
 * @port: back pointer
 * @phc: number of the card's clock; RTNL, and the work
 * @track: of the clock; the work's
 * @error: ns that translated times may be wrong, NO_ERROR when there is no translation
 * @work: reads the clock
 */
struct softtap_stamps {
	struct softtap_translation __rcu *translation;
	struct softtap_translation slots[2];
	struct residence __percpu *residence;
	struct softtap_port *port;
	int phc;
	struct softtap_clock_track track;
	u64 error;
	struct delayed_work work;
};

/* --- The clock -------------------------------------------------------------------------------- */

/* The slot that is filled was the translation before the one that holds. */
static void publish(struct softtap_stamps *stamps)
{
	struct softtap_translation *now =
		rcu_dereference_protected(stamps->translation, true);
	struct softtap_translation *next = &stamps->slots[now == &stamps->slots[0]];

	if (!stamps->track.known) {
		RCU_INIT_POINTER(stamps->translation, NULL);
		WRITE_ONCE(stamps->error, NO_ERROR);
		return;
	}
	*next = stamps->track.translation;
	rcu_assign_pointer(stamps->translation, next);
	WRITE_ONCE(stamps->error, softtap_track_error(&stamps->track));
}

static void tell_jump(const struct softtap_stamps *stamps)
{
	static DEFINE_RATELIMIT_STATE(said, 5 * HZ, 5);

	if (stamps->track.jump && __ratelimit(&said))
		pr_warn("softtap: %s: its clock ptp%d was stepped by %lld ns: times of the last moments are wrong by that\n",
			stamps->port->ifname, stamps->phc, stamps->track.jump);
}

static void read_clock(struct work_struct *work)
{
	struct softtap_stamps *stamps = container_of(to_delayed_work(work), struct softtap_stamps,
						     work);
	struct softtap_clock_pair pair;

	if (softtap_phc_read(stamps->phc, &pair)) {
		softtap_track_begin(&stamps->track);
	} else {
		softtap_track_add(&stamps->track, &pair);
		tell_jump(stamps);
	}
	synchronize_rcu();	/* nobody uses the other slot any more */
	publish(stamps);
	schedule_delayed_work(&stamps->work, stamps->track.known ? INTERVAL : INTERVAL_FIRST);
}

/* Return: the number of the card's clock, -1 for none. */
static int find_clock(struct net_device *dev)
{
	struct kernel_ethtool_ts_info info = { .cmd = ETHTOOL_GET_TS_INFO, .phc_index = -1 };
	const struct ethtool_ops *ops = dev->ethtool_ops;

	if (!ops || !ops->get_ts_info || ops->get_ts_info(dev, &info))
		return -1;
	return info.phc_index;
}

/**
 * softtap_stamps_begin - follow the clock of a port's card
 * @port: attached; nothing happens when it is followed already, or the tap has the software's times
 *
 * Context: RTNL, and the device's own lock.
 */
void softtap_stamps_begin(struct softtap_port *port)
{
	struct softtap_stamps *stamps = port->stamps;
	struct net_device *dev = rtnl_dereference(port->dev);
	int phc;

	ASSERT_RTNL();
	if (port->tap->settings.tstamp != SOFTTAP_TSTAMP_HW || !dev)
		return;
	phc = find_clock(dev);
	if (phc < 0)
		netdev_warn(dev, "softtap: has no clock: its frames have the software's times\n");
	if (phc == stamps->phc)
		return;
	softtap_stamps_end(port);
	if (phc < 0)
		return;
	stamps->phc = phc;
	schedule_delayed_work(&stamps->work, 0);
}

/**
 * softtap_stamps_end - the card is no longer there
 * @port: of a tap
 *
 * Context: RTNL, sleeps. The work takes no lock that is held here.
 */
void softtap_stamps_end(struct softtap_port *port)
{
	struct softtap_stamps *stamps = port->stamps;

	if (stamps->phc < 0)
		return;
	cancel_delayed_work_sync(&stamps->work);
	stamps->phc = -1;
	softtap_track_begin(&stamps->track);
	synchronize_rcu();
	publish(stamps);
}

/**
 * softtap_stamps_alloc - make what a port needs for times of its card
 * @port: of a tap that is being made; it may never need it
 *
 * Context: process, sleeps.
 * Return: 0 or -ENOMEM.
 */
int softtap_stamps_alloc(struct softtap_port *port)
{
	struct softtap_stamps *stamps = kzalloc(sizeof(*stamps), GFP_KERNEL);

	if (!stamps)
		return -ENOMEM;
	stamps->residence = alloc_percpu(struct residence);
	if (!stamps->residence) {
		kfree(stamps);
		return -ENOMEM;
	}
	stamps->port = port;
	stamps->phc = -1;
	stamps->error = NO_ERROR;
	INIT_DELAYED_WORK(&stamps->work, read_clock);
	port->stamps = stamps;
	return 0;
}

/**
 * softtap_stamps_free - the opposite
 * @port: detached, or never attached
 *
 * Context: process.
 */
void softtap_stamps_free(struct softtap_port *port)
{
	struct softtap_stamps *stamps = port->stamps;

	if (!stamps)
		return;
	port->stamps = NULL;
	free_percpu(stamps->residence);
	kfree(stamps);
}

/* --- Frames ----------------------------------------------------------------------------------- */

/* As sock_recv_timestamp() finds it. Return: ns, 0 for none. */
static u64 stamp_of(const struct sk_buff *skb)
{
	struct skb_shared_hwtstamps *stamps = skb_hwtstamps((struct sk_buff *)skb);

	if (unlikely(skb_shinfo(skb)->tx_flags & SKBTX_HW_TSTAMP_NETDEV))
		return netdev_get_tstamp(skb->dev, stamps, false);
	return stamps->hwtstamp;
}

static void count_unstamped(const struct softtap_port *port)
{
	struct softtap_counters *counters = this_cpu_ptr(port->counters);

	u64_stats_update_begin(&counters->sync);
	u64_stats_inc(&counters->unstamped_frames);
	u64_stats_update_end(&counters->sync);
}

static void count_residence(const struct softtap_stamps *stamps, u64 residence)
{
	struct residence *here = this_cpu_ptr(stamps->residence);

	here->counts[fls64(residence >> SOFTTAP_RESIDENCE_SHIFT)]++;
}

/* Return: whether the frame's stamp can be believed. */
static bool translate(const struct softtap_stamps *stamps, const struct sk_buff *skb, u64 now,
		      u64 *time)
{
	const struct softtap_translation *translation = rcu_dereference(stamps->translation);
	u64 stamp = stamp_of(skb);
	s64 residence;

	if (!translation || !stamp || !softtap_translate(translation, stamp, time))
		return false;
	residence = now - *time;
	if (residence < -(s64)TOLERANCE || residence > (s64)SOFTTAP_RESIDENCE_MAX)
		return false;
	if (residence < 0) {
		residence = 0;
		*time = now;
	}
	count_residence(stamps, residence);
	return true;
}

/**
 * softtap_stamps_time - when a frame arrived
 * @port: where; its tap's times are the cards'
 * @skb: about to be recorded
 *
 * Counts how long it has been in the machine; or that its time is the software's.
 *
 * Context: softirq (BH off), RCU read side.
 * Return: ns of CLOCK_MONOTONIC, no later than now.
 */
u64 softtap_stamps_time(const struct softtap_port *port, const struct sk_buff *skb)
{
	u64 now = ktime_get_ns(), time;

	if (translate(port->stamps, skb, now, &time))
		return time;
	count_unstamped(port);
	return now;
}

/* --- For users ------------------------------------------------------------------------------ */

/**
 * softtap_stamps_error - how wrong times by the card's clock may be
 * @port: of a tap
 * @error: set to ns
 *
 * Context: any.
 * Return: false when there are none.
 */
bool softtap_stamps_error(const struct softtap_port *port, u64 *error)
{
	*error = READ_ONCE(port->stamps->error);
	return *error != NO_ERROR;
}

/**
 * softtap_stamps_residence - how long frames were in the machine before they were looked at
 * @port: of a tap
 * @counts: set to how many were there less than 256, 512, … ns, twice as long each
 *
 * Context: any.
 */
void softtap_stamps_residence(const struct softtap_port *port,
			      u64 counts[SOFTTAP_RESIDENCE_COUNTS])
{
	int cpu, i;

	memset(counts, 0, SOFTTAP_RESIDENCE_COUNTS * sizeof(*counts));
	for_each_possible_cpu(cpu)
		for (i = 0; i < SOFTTAP_RESIDENCE_COUNTS; i++)
			counts[i] += READ_ONCE(per_cpu_ptr(port->stamps->residence,
							   cpu)->counts[i]);
}
