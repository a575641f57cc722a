#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Seconds: 20
# Covers: kmod/port_check.c kmod/port_offloads.[ch] kmod/tap_notifier.[ch]
#
# Devices that are put together of others can be ports as long as nothing below them merges frames;
# who merges is named, and left as it is. What begins to merge later is warned about. What looks like
# Ethernet and is none, or carries a switch's tags, is refused.
#
#	vlan5 - bond0 - eth1, eth2   team0 - eth3       this machine       cards, as in tests/nic
. "$(dirname "$0")/../lib/test.sh"
# shellcheck source=tests/lib/nic.sh
. "$tests/lib/nic.sh"

machines=('--kernel 6.1' '--kernel 6.12')

prepare() {
	build_nic
}

mark=0

mark_log() {
	echo "<3>mark $((++mark)) of the test" >/dev/kmsg
}

# What softtap has to complain since the mark.
complaints() {
	dmesg -t --level err,warn | sed "1,/mark $mark of the test/d" | grep softtap || :
}

# refused ERRNO MESSAGE NAME PORT - by one line in the log
refused() {
	local said
	mark_log
	if said=$(load "tap=$4" 2>&1); then
		fail "$3 is refused"
		unload
		return
	fi
	like "$3: the error" "$said" ": $1\$"
	like "$3: the log" "$(complaints)" "^[^"$'\n'"]*$2[^"$'\n'"]*\$"
}

accepted() {
	ok "$1 is taken" load "tap=$2"
}

merging() {
	ethtool -k "$1" | awk '
	/^(generic-receive-offload|rx-gro-hw|large-receive-offload):/ && $2 == "on" { print $1 }' | xargs
}

# no_longer PORT… - merges
no_longer() {
	local port
	for port; do
		ethtool -K "$port" gro off rx-gro-hw off lro off >/dev/null
	done
}

odd_cards() {
	if [ -e /sys/class/net/conduit0 ]; then
		refused 'Device or resource busy' 'conduit0 leads to a switch' 'a DSA conduit' conduit0
	else
		skip 'a DSA conduit' 'this kernel has no DSA'
	fi
	refused 'Invalid parameters' 'modem0 is not Ethernet' 'a modem' modem0
}

below_a_bond() {
	ip link add bond0 type bond mode active-backup
	ip link set eth1 master bond0
	ip link set eth2 master bond0
	no_longer eth2
	refused 'Operation not supported' \
		'bond0: eth1 below it merges frames: ethtool -K eth1 gro off rx-gro-hw off first' \
		'a bond' bond0
	is 'a bond: what is below it is as it was' "$(merging eth1)" 'generic-receive-offload: rx-gro-hw:'
	ethtool -K eth1 gro off rx-gro-hw off lro on
	refused 'Operation not supported' 'eth1 .*: ethtool -K eth1 lro off first' 'LRO below a bond' bond0
	no_longer eth1
	accepted 'a bond of which nothing merges' bond0
}

# warned NAME LOWER PORT
warned() {
	like "$1 is warned about" "$(complaints)" \
		"^[^"$'\n'"]*$3[^"$'\n'"]*: $2 below it merges frames[^"$'\n'"]*\$"
}

# Of bond0, which is a port.
later() {
	mark_log
	ethtool -K eth2 gro on
	warned 'what merges later' eth2 bond0
	no_longer eth2
	mark_log
	ip link set eth3 master bond0
	warned 'what comes later and merges' eth3 bond0
	is 'what comes later is as it was' "$(merging eth3)" 'generic-receive-offload: rx-gro-hw:'
	ip link set eth3 nomaster
	mark_log
	ethtool -K eth3 gro off
	ethtool -K eth3 gro on
	ethtool -K eth2 tso off
	is 'nothing else is' "$(complaints)" ''
	unload
}

further_below() {
	ip link add vlan5 link bond0 type vlan id 5
	no_longer bond0
	accepted 'a VLAN of a bond of which nothing merges' vlan5
	mark_log
	ethtool -K eth1 gro on
	warned 'two below' eth1 vlan5
	unload
	refused 'Operation not supported' 'vlan5: eth1 below it merges' 'two below' vlan5
	ip link del vlan5
}

below_a_team() {
	ip link add team0 type team
	ip link set eth3 down
	ip link set eth3 master team0
	refused 'Operation not supported' 'team0: eth3 below it merges' 'a team' team0
	no_longer eth3
	accepted 'a team of which nothing merges' team0
	unload
}

guest() {
	modprobe -a bonding team 8021q
	load_nic cards=6 queues=1 names=eth1,eth2,eth3,eth4,conduit0,modem0 poses=,,,,conduit,modem
	odd_cards
	below_a_bond
	later
	further_below
	below_a_team
}

run_test
