// SPDX-License-Identifier: GPL-2.0
/*
 * Settings: what a tap can be told, and what it answers to what it cannot be.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpumask.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/string.h>
#include "port_guard.h"
#include "settings.h"
#include "softtap.h"

/*
 * A sub-buffer must hold the longest frame there is: an MTU of 65535 (ETH_MAX_MTU) with its
 * Ethernet header and two VLAN tags. The relay keeps sizes in 32 bits.
 */
#define SUBBUF_KB_MIN	128
#define SUBBUF_KB_MAX	65536
#define SUBBUFS_MIN	2
#define SUBBUFS_MAX	4096
#define BUFFER_KB_MAX	(2 * 1024 * 1024)

const char * const softtap_policy_names[] = {
	[SOFTTAP_POLICY_WIRE] = "wire",
	[SOFTTAP_POLICY_RECORD] = "record",
	[SOFTTAP_POLICY_FLIGHT] = "flight",
};

/**
 * softtap_policy_parse - read a policy's name
 * @word: the name, a newline may follow
 * @policy: set on success
 *
 * Return: 0, -EINVAL for a word that is none.
 */
int softtap_policy_parse(const char *word, enum softtap_policy *policy)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(softtap_policy_names); i++) {
		if (sysfs_streq(word, softtap_policy_names[i])) {
			*policy = i;
			return 0;
		}
	}
	pr_err("unknown policy \"%.16s\": wire, record or flight\n", word);
	return -EINVAL;
}

/**
 * softtap_policy_check - refuse a policy that makes no sense
 * @policy: to check
 * @ports: how many the tap has
 *
 * Logs one line when it refuses.
 *
 * Return: 0, -EINVAL for record with one port.
 */
int softtap_policy_check(enum softtap_policy policy, unsigned int ports)
{
	if (policy != SOFTTAP_POLICY_RECORD || ports == SOFTTAP_PORTS)
		return 0;
	pr_err("policy record needs two ports: a tap that listens only cannot hold frames back\n");
	return -EINVAL;
}

const char * const softtap_bad_frames_names[] = {
	[SOFTTAP_BAD_DROP] = "drop",
	[SOFTTAP_BAD_RECORD] = "record",
	[SOFTTAP_BAD_PASS] = "pass",
};

static int parse_bad_frames(const char *word, size_t length, enum softtap_bad_frames *bad_frames)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(softtap_bad_frames_names); i++) {
		if (strlen(softtap_bad_frames_names[i]) == length &&
		    !strncmp(word, softtap_bad_frames_names[i], length)) {
			*bad_frames = i;
			return 0;
		}
	}
	return -EINVAL;
}

/**
 * softtap_bad_frames_parse - read what is to become of broken frames
 * @words: a word for both ports, or two with a colon between; a newline may follow
 * @bad_frames: set on success
 *
 * Return: 0, -EINVAL for words that are none.
 */
int softtap_bad_frames_parse(const char *words, enum softtap_bad_frames bad_frames[SOFTTAP_PORTS])
{
	size_t first = strcspn(words, ":\n");
	enum softtap_bad_frames parsed[SOFTTAP_PORTS];
	int err = parse_bad_frames(words, first, &parsed[0]);

	parsed[1] = parsed[0];
	if (!err && words[first] == ':')
		err = parse_bad_frames(words + first + 1, strcspn(words + first + 1, "\n"),
				       &parsed[1]);
	if (!err)
		memcpy(bad_frames, parsed, sizeof(parsed));
	else
		pr_err("bad_frames: \"%.*s\" is an invalid value: drop, record, pass, or two of them as pass:record\n",
		       (int)min_t(size_t, strcspn(words, "\n"), 16), words);
	return err;
}

const char * const softtap_tstamp_names[] = {
	[SOFTTAP_TSTAMP_SW] = "sw",
	[SOFTTAP_TSTAMP_HW] = "hw",
};

/**
 * softtap_tstamp_parse - read which times frames are to have
 * @word: sw or hw, a newline may follow
 * @tstamp: set on success
 *
 * Return: 0, -EINVAL for a word that is none.
 */
int softtap_tstamp_parse(const char *word, enum softtap_tstamp *tstamp)
{
	int which = __sysfs_match_string(softtap_tstamp_names, ARRAY_SIZE(softtap_tstamp_names),
					 word);

	if (which < 0) {
		pr_err("tstamp: \"%.*s\" is an invalid value: sw or hw\n",
		       (int)min_t(size_t, strcspn(word, "\n"), 16), word);
		return which;
	}
	*tstamp = which;
	return 0;
}

/**
 * softtap_tstamp_check - refuse times that a policy cannot have
 * @tstamp: times
 * @policy: of the same tap
 *
 * A flight recorder's buffers are copied in the order in which they lie, which is not that of the
 * cards' times. Logs one line when it refuses.
 *
 * Return: 0 or -EOPNOTSUPP.
 */
int softtap_tstamp_check(enum softtap_tstamp tstamp, enum softtap_policy policy)
{
	if (tstamp != SOFTTAP_TSTAMP_HW || policy != SOFTTAP_POLICY_FLIGHT)
		return 0;
	pr_err("tstamp=hw does not go with policy flight: sw does\n");
	return -EOPNOTSUPP;
}

/* KiB of buffers that may be taken of what is free. */
static u64 memory_limit(void)
{
	return ((u64)si_mem_available() << (PAGE_SHIFT - 10)) / 4 * 3;
}

/**
 * softtap_settings_memory_allows - is there memory for buffers
 * @kib: KiB that are wanted
 *
 * Context: any.
 * Return: whether they are no more than three quarters of what is free.
 */
bool softtap_settings_memory_allows(u64 kib)
{
	return kib <= memory_limit();
}

static int check_buffers(const struct softtap_settings *settings)
{
	u64 each = (u64)settings->subbuf_kb * settings->subbufs;
	u64 total = each * num_online_cpus();

	if (settings->subbuf_kb < SUBBUF_KB_MIN || settings->subbuf_kb > SUBBUF_KB_MAX ||
	    settings->subbuf_kb % (PAGE_SIZE / 1024)) {
		pr_err("subbuf_kb=%u: must be %u to %u and whole pages\n",
		       settings->subbuf_kb, SUBBUF_KB_MIN, SUBBUF_KB_MAX);
		return -EINVAL;
	}
	if (settings->subbufs < SUBBUFS_MIN || settings->subbufs > SUBBUFS_MAX) {
		pr_err("subbufs=%u: must be %u to %u\n",
		       settings->subbufs, SUBBUFS_MIN, SUBBUFS_MAX);
		return -EINVAL;
	}
	if (each > BUFFER_KB_MAX) {
		pr_err("subbuf_kb=%u subbufs=%u: %llu KiB a CPU, must be %u at most\n",
		       settings->subbuf_kb, settings->subbufs, each, BUFFER_KB_MAX);
		return -EINVAL;
	}
	if (!softtap_settings_memory_allows(total)) {
		pr_err("subbuf_kb=%u subbufs=%u: %llu KiB on %u CPUs, more than the %llu KiB that are 3/4 of what is free\n",
		       settings->subbuf_kb, settings->subbufs, total, num_online_cpus(),
		       memory_limit());
		return -ENOMEM;
	}
	return 0;
}

/**
 * softtap_settings_supported - refuse what does not exist yet
 * @settings: to check; buffer sizes are not looked at
 *
 * Logs one line when it refuses.
 *
 * Return: 0, -EOPNOTSUPP.
 */
int softtap_settings_supported(const struct softtap_settings *settings)
{
	if (!settings->guard || softtap_guard_supported())
		return 0;
	pr_err("guard=1 needs a kernel with CONFIG_NETFILTER_SKIP_EGRESS (5.16 or newer): use guard=0, and keep addresses and daemons off the ports\n");
	return -EOPNOTSUPP;
}

/**
 * softtap_settings_check - refuse what is absurd or does not exist yet
 * @settings: to check
 *
 * Logs one line when it refuses.
 *
 * Return: 0, -EINVAL, -ENOMEM (buffers beyond the memory), -EOPNOTSUPP (not implemented).
 */
int softtap_settings_check(const struct softtap_settings *settings)
{
	return softtap_settings_supported(settings) ?:
	       softtap_tstamp_check(settings->tstamp, settings->policy) ?:
	       check_buffers(settings);
}
