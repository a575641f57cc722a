// SPDX-License-Identifier: GPL-2.0
/*
 * Which frames a card gives a time of its own clock (Documentation/networking/timestamping.rst,
 * section 3): a tap with tstamp hw needs one for each frame that arrives, and most cards can only
 * do that for PTP's.
 */
#include <errno.h>
#include <linux/net_tstamp.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/ethtool.h"
#include "host/stamping.h"
#include "lib/message.h"

/**
 * stamping_can - can a card give every frame that it receives a time
 * @why: gets the reason in words, after the card's name, when it cannot
 * @ifname: name of the port
 *
 * Return: whether it can
 */
bool stamping_can(char why[STAMPING_TEXT], const char *ifname)
{
	struct pairs filters = { };
	bool all;
	int clock;

	ethtool_read_stamping(&clock, &filters, ifname);
	all = pairs_get(&filters, "all");
	snprintf(why, STAMPING_TEXT, "%s", clock < 0 ? "has no clock" :
		 filters.n > 1 ? "stamps frames of PTP only" : "stamps no frames");
	pairs_free(&filters);
	return clock >= 0 && all;
}

/* Return: 0, or a negative errno without a complaint */
static int talk(unsigned long request, struct hwtstamp_config *config, const char *ifname)
{
	struct ifreq ifreq = { .ifr_data = (void *)config };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int err;

	if (fd < 0)
		return -errno;
	snprintf(ifreq.ifr_name, sizeof(ifreq.ifr_name), "%s", ifname);
	err = ioctl(fd, request, &ifreq) ? -errno : 0;
	close(fd);
	return err;
}

/* Return: 0, or a negative errno after a complaint */
static int write_config(const struct stamping *stamping, int rx, const char *ifname)
{
	struct hwtstamp_config config = { .tx_type = stamping->tx, .rx_filter = rx };
	int err = talk(SIOCSHWTSTAMP, &config, ifname);

	msg_verbose("hwstamp_ctl -i %s -t %d -r %d", ifname, stamping->tx, rx);
	if (err)
		msg_error("%s: its stamps cannot be set: %s", ifname, strerror(-err));
	return err;
}

/**
 * stamping_read - read which frames a card gives its time now
 * @stamping: is filled, but for what is wanted
 * @ifname: name of the port
 */
void stamping_read(struct stamping *stamping, const char *ifname)
{
	struct hwtstamp_config now = { .flags = 0 };

	stamping->known = !talk(SIOCGHWTSTAMP, &now, ifname);
	stamping->tx = now.tx_type;
	stamping->rx = now.rx_filter;
}

/**
 * stamping_set - have a card give all frames that it receives its time, if that is wanted
 * @stamping: what stamping_read() said, and what is wanted
 * @ifname: name of the port, which is up
 *
 * Return: 0, or a negative errno after a complaint
 */
int stamping_set(const struct stamping *stamping, const char *ifname)
{
	struct stamping now = { };

	if (!stamping->wanted)
		return 0;
	stamping_read(&now, ifname);
	if (now.known && now.rx == HWTSTAMP_FILTER_ALL)
		return 0;
	return write_config(stamping, HWTSTAMP_FILTER_ALL, ifname);
}

/**
 * stamping_restore - put it back as it was, if it was changed
 * @stamping: what stamping_read() said then
 * @ifname: name of the port
 *
 * Return: 0, or a negative errno after a complaint: then it can be tried again
 */
int stamping_restore(const struct stamping *stamping, const char *ifname)
{
	struct stamping now = { };

	if (!stamping->wanted || !stamping->known)
		return 0;
	stamping_read(&now, ifname);
	if (now.known && now.rx == stamping->rx && now.tx == stamping->tx)
		return 0;
	return write_config(stamping, stamping->rx, ifname);
}
