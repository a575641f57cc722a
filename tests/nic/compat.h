/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The only place that knows of differences between kernels; code is written for the newest.
 */
#ifndef NIC_COMPAT_H
#define NIC_COMPAT_H

#include <linux/ethtool.h>
#include <linux/net_tstamp.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <linux/timekeeping.h>
#ifdef HAVE_NET_GSO_H
#include <net/gso.h>
#endif
#ifdef HAVE_NETDEV_LOCK
#include <net/netdev_lock.h>
#endif

/* 6.15: the stack holds a lock of the device's own around its operations, if the driver asks. */
#ifdef HAVE_NETDEV_LOCK
#define nic_request_ops_lock(dev, wanted)	((dev)->request_ops_lock = (wanted))

static inline void nic_napi_enable(struct napi_struct *napi)
{
	if (netdev_need_ops_lock(napi->dev))
		napi_enable_locked(napi);
	else
		napi_enable(napi);
}

static inline void nic_napi_disable(struct napi_struct *napi)
{
	if (netdev_need_ops_lock(napi->dev))
		napi_disable_locked(napi);
	else
		napi_disable(napi);
}
#else
#define nic_request_ops_lock(dev, wanted)	((void)(dev), (void)(wanted))
#define nic_napi_enable(napi)			napi_enable(napi)
#define nic_napi_disable(napi)			napi_disable(napi)
#define netdev_lock_ops(dev)			((void)(dev))
#define netdev_unlock_ops(dev)			((void)(dev))
#endif

/* 6.11 */
#ifndef HAVE_KERNEL_TS_INFO
#define kernel_ethtool_ts_info			ethtool_ts_info
#endif

/* 6.9: link modes as bit maps of any length */
#ifdef HAVE_KEEE
static inline void nic_eee_support(struct ethtool_keee *eee)
{
	__set_bit(ETHTOOL_LINK_MODE_1000baseT_Full_BIT, eee->supported);
}
#else
#define ethtool_keee				ethtool_eee

static inline void nic_eee_support(struct ethtool_eee *eee)
{
	eee->supported = SUPPORTED_1000baseT_Full;
}
#endif

/* The wall clock and the raw one at the same moment; 7.3: for any clock. */
static inline void nic_moment(u64 *real, u64 *raw)
{
	struct system_time_snapshot moment;

#ifdef HAVE_SNAPSHOT_ID
	ktime_get_snapshot_id(CLOCK_REALTIME, &moment);
	*real = ktime_to_ns(moment.systime);
	*raw = ktime_to_ns(moment.monoraw);
#else
	ktime_get_snapshot(&moment);
	*real = ktime_to_ns(moment.real);
	*raw = ktime_to_ns(moment.raw);
#endif
}

/* 6.14: without the flag, affinities change at once. */
#ifndef HAVE_IRQ_MOVE_PCNTXT
#define IRQ_MOVE_PCNTXT				0
#endif

/* 6.6 */
#ifndef HAVE_NDO_HWTSTAMP
#define kernel_hwtstamp_config			hwtstamp_config
#endif

#endif
