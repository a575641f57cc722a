// SPDX-License-Identifier: GPL-2.0
/*
 * What a frame would meet at a port, if that were part of a tap: all that can change, add, delay,
 * reorder or swallow frames. Only looks.
 */
#include <errno.h>
#include <net/if.h>
#include <linux/if.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "host/bus.h"
#include "host/drivers.h"
#include "host/ethtool.h"
#include "host/features.h"
#include "host/findings.h"
#include "host/l3.h"
#include "host/link.h"
#include "host/managers.h"
#include "host/nic.h"
#include "host/qdisc.h"
#include "host/queues.h"
#include "host/sysctl.h"
#include "host/takers.h"
#include "lib/message.h"
#include "lib/paths.h"
#include "lib/sysfs.h"
#include "lib/util.h"

/* Return: a new finding at the end, or NULL when there is no memory */
static struct finding *add(struct findings *findings, const char *ifname, const char *topic,
			   enum finding_weight weight, const char *effect)
{
	struct finding *larger;
	struct finding *finding;

	larger = realloc(findings->list, (findings->n + 1) * sizeof(*larger));
	if (!larger)
		return NULL;
	findings->list = larger;
	finding = &larger[findings->n++];
	*finding = (struct finding){ .topic = topic, .weight = weight, .effect = effect };
	snprintf(finding->ifname, sizeof(finding->ifname), "%s", ifname);
	return finding;
}

__printf(2, 3)
static void found(struct finding *finding, const char *format, ...)
{
	va_list args;

	if (!finding)
		return;
	va_start(args, format);
	vsnprintf(finding->found, sizeof(finding->found), format, args);
	va_end(args);
}

__printf(3, 4)
static void remedy(struct finding *finding, bool up, const char *format, ...)
{
	va_list args;

	if (!finding)
		return;
	finding->up = up;
	va_start(args, format);
	vsnprintf(finding->remedy, sizeof(finding->remedy), format, args);
	va_end(args);
}

/* --- The link --------------------------------------------------------------------------------- */

static void look_at_place(struct findings *findings, const struct link *link)
{
	struct finding *finding;
	struct link other = { };

	if (link->master) {
		link_by_index(&other, link->master);
		finding = add(findings, link->ifname, "member", FINDING_FAULT,
			      "takes the port's frames: no tap can have them");
		found(finding, "a member of %s %s", other.kind, other.ifname);
		remedy(finding, false, "ip link set %s nomaster", link->ifname);
	}
	if (link_stacked_on(&other, link->ifindex)) {
		finding = add(findings, link->ifname, "stacked device", FINDING_FAULT,
			      "takes frames before a tap: no tap can have them");
		found(finding, "the %s device %s stands on it", other.kind, other.ifname);
		remedy(finding, false, "ip link delete %s", other.ifname);
	}
}

static void look_at_carrier(struct findings *findings, const struct link *link)
{
	char duplex[SYSFS_VALUE];
	struct finding *finding;

	if (link->flags & IFF_UP && !(link->flags & IFF_LOWER_UP)) {
		finding = add(findings, link->ifname, "carrier", FINDING_BUT, "carries nothing");
		found(finding, "no carrier");
	}
	if (!read_value(duplex, sizeof(duplex), "%s/%s/duplex", sysfs_net_root(), link->ifname) &&
	    !strcmp(duplex, "half")) {
		finding = add(findings, link->ifname, "duplex", FINDING_BUT,
			      "frames wait for the other direction, collide and are lost");
		found(finding, "half duplex");
		remedy(finding, false, "ethtool -s %s duplex full", link->ifname);
	}
}

/* --- What the card does ----------------------------------------------------------------------- */

static bool is(const struct pairs *values, const char *name, const char *value)
{
	const char *now = pairs_get(values, name);

	return now && !strcmp(now, value);
}

static void look_at_flow_control(struct findings *findings, const char *ifname,
				 const struct nic *nic)
{
	bool rx = is(&nic->pause, "rx", "on"), tx = is(&nic->pause, "tx", "on");
	struct finding *finding;

	if (!rx && !tx)
		return;
	finding = add(findings, ifname, "flow control", FINDING_FAULT,
		      "PAUSE frames end here, and the card sends some of its own");
	found(finding, "PAUSE is %s", rx && tx ? "obeyed and sent" : rx ? "obeyed" : "sent");
	remedy(finding, true, "ethtool -A %s autoneg off rx off tx off", ifname);
}

static void look_at_rings(struct findings *findings, const char *ifname, const struct nic *nic)
{
	const char *rx = pairs_get(&nic->rings, "rx"), *most = pairs_get(&nic->rings, "rx-max");
	struct finding *finding;

	if (!rx || !most || atoi(rx) >= atoi(most))
		return;
	finding = add(findings, ifname, "rings", FINDING_BUT,
		      "bursts are lost that a larger ring has room for");
	found(finding, "room for %s received frames, of %s", rx, most);
	remedy(finding, true, "ethtool -G %s rx %s", ifname, most);
}

static void look_at_firmware(struct findings *findings, const char *ifname, const struct nic *nic)
{
	struct finding *finding;

	if (!is(&nic->flags, "fw-lldp-agent", "on") && !is(&nic->flags, "disable-fw-lldp", "off"))
		return;
	finding = add(findings, ifname, "firmware", FINDING_FAULT,
		      "LLDP frames end here, and the card sends some of its own");
	found(finding, "the card's firmware speaks LLDP");
	remedy(finding, true, "ethtool --set-priv-flags %s %s", ifname,
	       pairs_get(&nic->flags, "fw-lldp-agent") ? "fw-lldp-agent off" :
							 "disable-fw-lldp on");
}

static void look_at_delay(struct findings *findings, const char *ifname, const struct nic *nic)
{
	const char *usecs = pairs_get(&nic->coalescing, "rx-usecs");
	struct finding *finding;

	if (is(&nic->eee, "eee", "on")) {
		finding = add(findings, ifname, "EEE", FINDING_BUT,
			      "the link sleeps, and a frame waits until it is awake");
		found(finding, "Energy-Efficient Ethernet is on");
		remedy(finding, true, "ethtool --set-eee %s eee off", ifname);
	}
	if (usecs && atoi(usecs)) {
		finding = add(findings, ifname, "coalescing", FINDING_NOTE,
			      "a single frame waits that long");
		found(finding, "the card waits up to %s us before it tells of a frame", usecs);
		remedy(finding, false, "softtap up --latency low, or ethtool -C %s rx-usecs 0",
		       ifname);
	}
}

static void look_at_nic(struct findings *findings, const char *ifname)
{
	struct nic nic = { };

	nic_read(&nic, ifname);
	look_at_flow_control(findings, ifname, &nic);
	look_at_firmware(findings, ifname, &nic);
	look_at_rings(findings, ifname, &nic);
	look_at_delay(findings, ifname, &nic);
	nic_free(&nic);
}

static void look_at_waking(struct findings *findings, const char *ifname)
{
	struct pairs modes = { };
	struct finding *finding;
	char on[128] = "";
	size_t i;

	ethtool_read_wol(&modes, ifname);
	for (i = 0; i < modes.n; i++)
		if (!strcmp(modes.pairs[i].value, "on"))
			snprintf(on + strlen(on), sizeof(on) - strlen(on), "%s%s", *on ? ", " : "",
				 modes.pairs[i].name);
	pairs_free(&modes);
	if (!*on)
		return;
	finding = add(findings, ifname, "Wake-on-LAN", FINDING_NOTE,
		      "some cards keep the frames that wake a host");
	found(finding, "it is on for %s", on);
	remedy(finding, false, "ethtool -s %s wol d", ifname);
}

static void look_at_stamping(struct findings *findings, const char *ifname)
{
	struct pairs filters = { };
	struct finding *finding;
	bool all;
	int clock;

	ethtool_read_stamping(&clock, &filters, ifname);
	all = pairs_get(&filters, "all");
	finding = add(findings, ifname, "time", FINDING_NOTE,
		      "times of records are the kernel's, when it takes a frame");
	if (clock < 0)
		found(finding, "the card has no clock");
	else
		found(finding, "the card has a clock, /dev/ptp%d, and can stamp %s", clock,
		      all ? "all frames" : filters.n > 1 ? "frames of PTP only" : "none");
	if (clock >= 0 && all)
		remedy(finding, false, "softtap up --tstamp hw");
	pairs_free(&filters);
}

/* Headers of the bus take a seventh of the smallest frames, and a descriptor comes with each. */
static bool is_slower(const struct bus *bus, long speed)
{
	return bus->mbits && speed > 0 && bus->mbits / 7 * 6 < (unsigned long)speed;
}

static void look_at_bus(struct findings *findings, const char *ifname)
{
	char speed[SYSFS_VALUE] = "";
	struct finding *finding;
	struct bus bus;

	bus_read(&bus, ifname);
	read_value(speed, sizeof(speed), "%s/%s/speed", sysfs_net_root(), ifname);
	if (is_slower(&bus, atol(speed))) {
		finding = add(findings, ifname, "bus", FINDING_BUT,
			      "frames are lost in the card when the link is busy");
		found(finding, "PCI Express with %u lane%s carries %u Mb/s, the link %s",
		      bus.lanes, bus.lanes == 1 ? "" : "s", bus.mbits, speed);
	}
	if (bus.sleeps) {
		finding = add(findings, ifname, "power saving", FINDING_NOTE,
			      "a frame may wait until the card is awake, some 10 us");
		found(finding, "the kernel lets the card sleep (ASPM or runtime power management)");
		remedy(finding, false,
		       "echo on > /sys/class/net/%s/device/power/control, and boot with pcie_aspm=off",
		       ifname);
	}
}

static void look_at_virtual_functions(struct findings *findings, const char *ifname)
{
	char number[SYSFS_VALUE];
	struct finding *finding;

	if (read_value(number, sizeof(number), "%s/%s/device/sriov_numvfs", sysfs_net_root(),
		       ifname) || !atoi(number))
		return;
	finding = add(findings, ifname, "SR-IOV", FINDING_FAULT,
		      "a switch in the card sends frames to its virtual functions, and theirs here");
	found(finding, "%s virtual functions", number);
	remedy(finding, false, "echo 0 > /sys/class/net/%s/device/sriov_numvfs", ifname);
}

static void look_at_queues(struct findings *findings, const char *ifname)
{
	struct pairs channels = { };
	struct finding *finding;
	const char *n;

	ethtool_read(&channels, &ethtool_channels, ifname);
	n = pairs_get(&channels, "combined");
	if (!n || !atoi(n))
		n = pairs_get(&channels, "rx");
	if (n && atoi(n) > 1) {
		finding = add(findings, ifname, "queues", FINDING_BUT,
			      "frames keep their order within a queue only");
		found(finding, "%s receive queues", n);
		remedy(finding, false, "softtap up --queues 1, or ethtool -L %s combined 1",
		       ifname);
	}
	pairs_free(&channels);
	if (!queues_are_steered(ifname))
		return;
	finding = add(findings, ifname, "steering", FINDING_FAULT, "frames are reordered");
	found(finding, "XPS or RPS chooses queues or processors");
	remedy(finding, true, "echo 0 > /sys/class/net/%s/queues/*/{xps,rps}_cpus", ifname);
}

/* --- What the kernel does --------------------------------------------------------------------- */

/* Those with the same effect are one finding, which ends in one command. */
static void add_offload(struct findings *findings, const char *ifname, const char *name)
{
	const char *effect = features_effect(name);
	struct finding *finding;
	size_t i, used;

	for (i = 0; i < findings->n; i++) {
		finding = &findings->list[i];
		if (finding->effect != effect || strcmp(finding->ifname, ifname))
			continue;
		used = strlen(finding->found);
		snprintf(finding->found + used, FINDING_TEXT - used, ", %s", name);
		used = strlen(finding->remedy);
		snprintf(finding->remedy + used, FINDING_TEXT - used, " %s off", name);
		return;
	}
	finding = add(findings, ifname, "offload", FINDING_FAULT, effect);
	found(finding, "on: %s", name);
	remedy(finding, true, "ethtool -K %s %s off", ifname, name);
}

static void look_at_features(struct findings *findings, const char *ifname)
{
	struct pairs features = { };
	struct pairs unwanted = { };
	struct finding *finding;
	size_t i;

	if (features_read(&features, ifname))
		return;
	features_collect(&unwanted, &features);
	for (i = 0; i < unwanted.n; i++)
		add_offload(findings, ifname, unwanted.pairs[i].name);
	if (!strncmp(pairs_get(&features, "rx-all") ?: "", "on", 2) &&
	    strncmp(pairs_get(&features, "rx-fcs") ?: "", "on", 2)) {
		finding = add(findings, ifname, "broken frames", FINDING_FAULT,
			      "broken frames are sent on as good ones");
		found(finding, "rx-all is on without rx-fcs");
		remedy(finding, false, "ethtool -K %s rx-all off", ifname);
	}
	pairs_free(&unwanted);
	pairs_free(&features);
}

static void look_at_takers(struct findings *findings, const char *ifname)
{
	struct taker takers[MAX_TAKERS];
	size_t i, n = takers_read(takers, ifname);

	for (i = 0; i < n; i++) {
		struct finding *finding = add(findings, ifname, "before the tap", FINDING_FAULT,
					      "may keep or change frames before a tap sees them");

		found(finding, "%s", takers[i].what);
	}
}

static void look_at_qdisc(struct findings *findings, const struct link *link)
{
	struct finding *finding;
	bool own = link->qdisc_handle && strcmp(link->qdisc, "noqueue") &&
		   strcmp(link->qdisc, "pfifo") && strcmp(link->qdisc, "bfifo");

	if (!own && !qdisc_may_reorder(link))
		return;
	finding = add(findings, link->ifname, "qdisc", FINDING_FAULT,
		      "frames may be reordered or dropped");
	found(finding, "the root qdisc is %s%s", link->qdisc, own ? ", set by somebody" : "");
	remedy(finding, !own, "tc qdisc replace dev %s root pfifo", link->ifname);
}

/*
 * Groups that somebody has joined; 224.0.0.1 is joined by the kernel, and not reported (RFC 2236).
 * A line of /proc/net/igmp is a device, those that begin with a tab are its groups.
 */
static size_t count_groups(const char *ifname)
{
	char path[PATH_MAX], line[256], name[IF_NAMESIZE] = "";
	size_t n = 0;
	FILE *file;

	snprintf(path, sizeof(path), "%s/net/igmp", proc_root());
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file)) {
		if (*line != '\t')
			sscanf(line, "%*d %15[^ :]", name);
		else if (!strcmp(name, ifname) && !strstr(line, "010000E0"))
			n++;
	}
	if (file)
		fclose(file);
	return n;
}

static void look_at_groups(struct findings *findings, const char *ifname)
{
	size_t n = count_groups(ifname);
	struct finding *finding;

	if (!n)
		return;
	finding = add(findings, ifname, "groups", FINDING_FAULT,
		      "the host tells routers which groups it has joined (IGMP)");
	found(finding, "%zu multicast group%s joined", n, n == 1 ? " is" : "s are");
	remedy(finding, true, "end who has joined them: ip maddress show dev %s", ifname);
}

static void look_at_host(struct findings *findings, const struct link *link)
{
	const struct manager *manager = manager_of(link);
	struct finding *finding;
	struct l3 l3;

	if (sysctls_ipv6_is_on(link->ifname)) {
		finding = add(findings, link->ifname, "IPv6", FINDING_FAULT,
			      "the host joins groups, asks for routers and answers");
		found(finding, "IPv6 is on");
		remedy(finding, true, "sysctl net.ipv6.conf.%s.disable_ipv6=1", link->ifname);
	}
	if (!l3_read(&l3, link->ifindex)) {
		if (l3.tables[L3_ADDRESSES].n) {
			finding = add(findings, link->ifname, "addresses", FINDING_FAULT,
				      "the host answers ARP, and whoever asks for it");
			found(finding, "%zu IP address%s", l3.tables[L3_ADDRESSES].n,
			      l3.tables[L3_ADDRESSES].n == 1 ? "" : "es");
			remedy(finding, true, "ip address flush dev %s", link->ifname);
		}
		l3_free(&l3);
	}
	if (manager) {
		finding = add(findings, link->ifname, "manager", FINDING_BUT,
			      "may give the port addresses again; softtap's guard blocks what it sends");
		found(finding, "managed by %s", manager->name);
		if (finding)
			snprintf(finding->remedy, sizeof(finding->remedy), manager->remedy,
				 link->ifname);
	}
}

static void look_at_driver(struct findings *findings, const char *ifname)
{
	const struct driver_fact *fact = NULL;
	struct utsname kernel = { };
	char driver[ETHTOOL_TEXT], firmware[ETHTOOL_TEXT];
	struct finding *finding;

	if (ethtool_read_driver(driver, firmware, ifname))
		return;
	uname(&kernel);
	finding = add(findings, ifname, "driver", FINDING_NOTE,
		      driver_next_fact(NULL, driver) ? "what is known of it follows" :
		      "nothing is known of what it does to frames");
	found(finding, "%s of Linux %s%s%s", driver, kernel.release,
	      *firmware ? ", firmware " : "", firmware);
	while ((fact = driver_next_fact(fact, driver))) {
		finding = add(findings, ifname, "driver", FINDING_NOTE, fact->fact);
		found(finding, "%s, drivers/net/%s", driver, fact->source);
	}
}

/**
 * findings_of_port - look for all that a frame would meet at a port
 * @findings: gets what is found
 * @ifname: name of the port
 *
 * Return: 0, or a negative errno after a complaint
 */
int findings_of_port(struct findings *findings, const char *ifname)
{
	struct link link;
	int err;

	err = link_by_name(&link, ifname);
	if (err) {
		msg_error("%s: %s", ifname,
			  err == -ENODEV ? "there is no such port" : strerror(-err));
		return err;
	}
	look_at_place(findings, &link);
	look_at_carrier(findings, &link);
	look_at_nic(findings, link.ifname);
	look_at_bus(findings, link.ifname);
	look_at_waking(findings, link.ifname);
	look_at_stamping(findings, link.ifname);
	look_at_virtual_functions(findings, link.ifname);
	look_at_queues(findings, link.ifname);
	look_at_features(findings, link.ifname);
	look_at_takers(findings, link.ifname);
	look_at_qdisc(findings, &link);
	look_at_host(findings, &link);
	look_at_groups(findings, link.ifname);
	look_at_driver(findings, link.ifname);
	return 0;
}

static void look_at_nodes(struct findings *findings, const char *a, const char *b)
{
	struct finding *finding;
	struct bus one, other;

	bus_read(&one, a);
	bus_read(&other, b);
	if (one.node < 0 || other.node < 0 || one.node == other.node)
		return;
	finding = add(findings, a, "memory", FINDING_NOTE,
		      "frames cross from one processor's memory to the other's, which costs time");
	found(finding, "near memory node %d, %s near %d", one.node, b, other.node);
}

/**
 * findings_of_pair - look for what of two ports does not go together
 * @findings: gets what is found, after what it has
 * @a: name of a port
 * @b: name of the other
 *
 * Return: 0
 */
int findings_of_pair(struct findings *findings, const char *a, const char *b)
{
	static const struct {
		const char *file;
		const char *topic;
		const char *effect;
	} values[] = {
		{ "mtu", "MTU", "longer frames are dropped on their way to the smaller one" },
		{ "speed", "speed", "frames are lost on their way to the slower one" },
	};
	char one[SYSFS_VALUE], other[SYSFS_VALUE];
	struct finding *finding;
	size_t i;

	look_at_nodes(findings, a, b);
	for (i = 0; i < ARRAY_SIZE(values); i++) {
		if (read_value(one, sizeof(one), "%s/%s/%s", sysfs_net_root(), a, values[i].file) ||
		    read_value(other, sizeof(other), "%s/%s/%s", sysfs_net_root(), b,
			       values[i].file) || !strcmp(one, other) ||
		    atoi(one) <= 0 || atoi(other) <= 0)		/* not known without a carrier */
			continue;
		finding = add(findings, a, values[i].topic, FINDING_BUT, values[i].effect);
		found(finding, "%s here, %s of %s", one, other, b);
		if (!strcmp(values[i].file, "mtu"))
			remedy(finding, false, "ip link set %s mtu %d",
			       atoi(one) < atoi(other) ? a : b,
			       atoi(one) < atoi(other) ? atoi(other) : atoi(one));
	}
	return 0;
}

/**
 * findings_free - free what was found
 * @findings: can be used again
 */
void findings_free(struct findings *findings)
{
	free(findings->list);
	*findings = (struct findings){ };
}
