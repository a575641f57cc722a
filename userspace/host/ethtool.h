/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SOFTTAP_ETHTOOL_H
#define SOFTTAP_ETHTOOL_H

#include <linux/types.h>

#include "lib/pairs.h"

#define ETHTOOL_TEXT	32	/* bytes, names that a driver tells */

struct ethtool_topic;

extern const struct ethtool_topic ethtool_channels;
extern const struct ethtool_topic ethtool_pause;
extern const struct ethtool_topic ethtool_eee;
extern const struct ethtool_topic ethtool_rings;
extern const struct ethtool_topic ethtool_coalescing;

int ethtool_read(struct pairs *values, const struct ethtool_topic *topic, const char *ifname);
int ethtool_write(const struct pairs *values, const struct ethtool_topic *topic,
		  const char *ifname);

int ethtool_read_flags(struct pairs *flags, const char *ifname);
int ethtool_read_wol(struct pairs *modes, const char *ifname);
int ethtool_read_stamping(int *clock, struct pairs *filters, const char *ifname);
int ethtool_write_flags(const struct pairs *flags, const char *ifname);
int ethtool_read_features(struct pairs *features, const char *ifname);
int ethtool_write_features(const struct pairs *features, const char *ifname);

int ethtool_read_driver(char driver[ETHTOOL_TEXT], char firmware[ETHTOOL_TEXT],
			const char *ifname);
int ethtool_sum_counters(__u64 *sum, const char *word, const char *ifname);

#endif /* SOFTTAP_ETHTOOL_H */
