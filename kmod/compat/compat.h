/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The only place that knows of differences between kernels: the rest is written for the newest,
 * and what older ones lack or spell otherwise is supplied here. Kbuild looks what there is; the
 * versions named are those of kernel.org, distributions take over things sooner.
 */
#ifndef _SOFTTAP_COMPAT_H
#define _SOFTTAP_COMPAT_H

#include <linux/ethtool.h>
#include <linux/fs.h>
#include <linux/fs_struct.h>
#include <linux/local_lock.h>
#include <linux/mm.h>
#include <linux/netdevice.h>
#include <linux/netfilter_netdev.h>
#include <linux/relay.h>
#include <linux/skbuff.h>
#include <net/ipv6.h>
#include <net/sch_generic.h>

/* Unaligned access moved in 6.12. */
#ifdef HAVE_LINUX_UNALIGNED_H
#include <linux/unaligned.h>
#else
#include <asm/unaligned.h>
#endif

/* Segmentation got a header of its own in 6.5 (net/core/gso.c). */
#ifdef HAVE_NET_GSO_H
#include <net/gso.h>
#endif

/*
 * Since 6.15 a device can have a lock of its own, which is held beside RTNL around its operations,
 * and in some notifiers (Documentation/networking/netdevices.rst).
 */
#ifdef HAVE_NET_NETDEV_LOCK_H
#include <net/netdev_lock.h>
#else
static inline bool netdev_need_ops_lock(const struct net_device *dev)
{
	return false;
}

static inline void netdev_lock_ops(struct net_device *dev)
{
}

static inline void netdev_unlock_ops(struct net_device *dev)
{
}
#endif

/* VMA flags are set through helpers that take the lock since 6.3 (include/linux/mm.h). */
#ifndef HAVE_VM_FLAGS_MOD
static inline void softtap_vm_flags_mod(struct vm_area_struct *vma,
					unsigned long set, unsigned long clear)
{
	vma->vm_flags = (vma->vm_flags | set) & ~clear;
}

#define vm_flags_mod softtap_vm_flags_mod
#endif

/* The mark of drivers that need no transmit lock left the features in 6.12. */
static inline bool softtap_is_lltx(const struct net_device *dev)
{
#ifdef NETIF_F_LLTX
	return dev->features & NETIF_F_LLTX;
#else
	return dev->lltx;
#endif
}

/* BIG TCP has a size of its own for IPv4 since 6.3. */
static inline u32 softtap_ipv4_max_size(const struct net_device *dev)
{
#ifdef HAVE_GSO_IPV4_MAX_SIZE
	return max(READ_ONCE(dev->gso_ipv4_max_size), READ_ONCE(dev->gro_ipv4_max_size));
#else
	return 0;
#endif
}

/* Where tc's programs for what leaves hang, moved in 6.6 (sch_handle_egress()). */
static inline bool softtap_has_tc_egress(const struct net_device *dev)
{
#if defined(CONFIG_NET_XGRESS)
	return rcu_access_pointer(dev->tcx_egress);
#elif defined(CONFIG_NET_CLS_ACT)
	return rcu_access_pointer(dev->miniq_egress);
#else
	return false;
#endif
}

/*
 * What leaves a device can be looked at since 5.16 (CONFIG_NETFILTER_EGRESS); frames that are not
 * to be looked at have a mark where tc is there, too.
 */
#if defined(CONFIG_NETFILTER_SKIP_EGRESS) && !defined(SOFTTAP_WITHOUT_EGRESS_MARK)
#define SOFTTAP_HAS_EGRESS_MARK	1
#else
#define SOFTTAP_HAS_EGRESS_MARK	0
#endif

/* Until the stack has sent it. */
static inline void softtap_skip_egress(struct sk_buff *skb)
{
#if SOFTTAP_HAS_EGRESS_MARK
	nf_skip_egress(skb, true);
#endif
}

/* Netfilter's hooks that look at frames although nobody wants them to. */
static inline bool softtap_has_nf_egress(const struct net_device *dev)
{
#if defined(CONFIG_NETFILTER_EGRESS) && !SOFTTAP_HAS_EGRESS_MARK
	return rcu_access_pointer(dev->nf_hooks_egress);
#else
	return false;
#endif
}

/*
 * Payload can be in a device's memory, where no CPU reads it, since 6.12 (TCP devmem; see
 * Documentation/networking/devmem.rst). What is linear can be read in any case.
 */
static inline bool softtap_frags_readable(const struct sk_buff *skb)
{
#ifdef HAVE_SKB_FRAGS_READABLE
	return skb_frags_readable(skb);
#else
	return true;
#endif
}

/*
 * Frames that the stack has taken for a qdisc that another CPU fills wait beside it, since 6.19,
 * and its length does not count them (__dev_xmit_skb()).
 */
static inline bool softtap_qdisc_is_deferring(const struct Qdisc *qdisc)
{
#ifdef HAVE_QDISC_DEFER_LIST
	return !llist_empty(&qdisc->defer_list);
#else
	return false;
#endif
}

/* It may hand over what is to be freed, since 6.19. */
static inline struct sk_buff *softtap_qdisc_run_end(struct Qdisc *qdisc)
{
#ifdef HAVE_QDISC_RUN_END_LIST
	return qdisc_run_end(qdisc);
#else
	qdisc_run_end(qdisc);
	return NULL;
#endif
}

/* What segments of a BIG TCP frame lose; since 6.20 there is no such option any more. */
static inline unsigned int softtap_jumbo_option_size(void)
{
#ifdef HAVE_HOP_JUMBO_HDR
	return sizeof(struct hop_jumbo_hdr);
#else
	return 0;
#endif
}

/*
 * Where softirqs of one CPU may preempt each other (PREEMPT_RT without PREEMPT_RT_NEEDS_BH_LOCK,
 * since 6.18), what is the CPU's own needs a lock, which there is since 6.12. Before, switching
 * bottom halves off keeps the others of that CPU out.
 */
#ifndef HAVE_LOCAL_LOCK_NESTED_BH
#define local_lock_nested_bh(lock)	((void)(lock))
#define local_unlock_nested_bh(lock)	((void)(lock))
#endif

/* A kernel thread has init's root until 7.1, and is to ask for it since. */
static inline struct file *softtap_open_as_init(const char *path)
{
#ifdef HAVE_SCOPED_WITH_INIT_FS
	scoped_with_init_fs()
		return filp_open(path, O_RDONLY, 0);
#endif
	return filp_open(path, O_RDONLY, 0);
}

/* What a driver fills in of its stamps is a type of the kernel's own since 6.11. */
#ifndef HAVE_KERNEL_ETHTOOL_TS_INFO
#define kernel_ethtool_ts_info	ethtool_ts_info
#endif

/* Parameters of the relay's subbuf_start(): since 6.18 without how much was unused before. */
#ifdef HAVE_RELAY_PREV_PADDING
#define SOFTTAP_PREV_SUBBUF	void *prev_subbuf, size_t prev_padding
#else
#define SOFTTAP_PREV_SUBBUF	void *prev_subbuf
#endif

#endif /* _SOFTTAP_COMPAT_H */
