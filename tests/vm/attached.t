#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Seconds: 7
# Covers: kmod/port.[ch] kmod/tap_notifier.[ch] kmod/tap.[ch] kmod/compat/* scripts/vm*
# Covers: scripts/build-module tests/lib/guest.sh tests/lib/softtap.sh tests/lib/tap.sh
#
# While a device is a port it stays fit for it: promiscuous, with nothing that merges frames, without
# a VLAN device that would take its frames, in nobody else's hands. After that it is as it was, and
# as somebody wanted it meanwhile.
#
#	this machine: eth1  softtap  eth2
. "$(dirname "$0")/../lib/test.sh"

machines=('--kernel 6.1' '--kernel 6.12')

# What of a device merges frames: GRO, and two relatives of it; LRO is not there to turn on.
features() {
	ethtool -k "$1" | awk '
		{ state[$1] = $2 }
		END {
			print state["generic-receive-offload:"], state["rx-gro-list:"],
				state["rx-udp-gro-forwarding:"]
		}'
}

merging_stays_off() {
	ethtool -K eth1 gro on rx-gro-list on
	ethtool -K eth2 gro off
	is 'before: eth1' "$(features eth1)" 'on on off'
	is 'before: eth2' "$(features eth2)" 'off off off'
	load tap=eth1:eth2
	is 'attached: eth1' "$(features eth1)" 'off off off'
	is 'attached: eth2' "$(features eth2)" 'off off off'
	ethtool -K eth1 gro on || :
	is 'nobody can turn it on' "$(features eth1)" 'off off off'
	ethtool -K eth2 rx-udp-gro-forwarding on || :
	is 'nor a relative of it' "$(features eth2)" 'off off off'
	unload
	is 'after: eth1 as it was' "$(features eth1)" 'on on off'
	is 'after: eth2 as it was' "$(features eth2)" 'off off off'
}

is_promiscuous() {
	ip -d link show "$1" | grep -q 'promiscuity 1 '
}

is_not() {
	! "$@"
}

promiscuous() {
	load tap=eth1
	ok 'a port is promiscuous' is_promiscuous eth1
	ok 'other devices are not' is_not is_promiscuous eth2
	unload
	ok 'it no longer is, after that' is_not is_promiscuous eth1
}

# refuses NAME MESSAGE COMMAND…
refuses() {
	local name=$1 message=$2 said
	shift 2
	if said=$("$@" 2>&1); then
		fail "$name is refused"
	else
		like "$name is refused" "$said" "$message"
	fi
}

nobody_else() {
	load tap=eth1:eth2
	refuses 'a VLAN device' 'takes no VLAN device' ip link add eth1.5 link eth1 type vlan id 5
	refuses 'an 802.1ad device' 'takes no VLAN device' \
		ip link add eth2.5 link eth2 type vlan protocol 802.1ad id 5
	refuses 'a bridge' busy ip link set eth1 master br0
	refuses 'a macvlan' busy ip link add mv0 link eth2 type macvlan
	refuses 'a VRF' 'nothing can be put on it' ip link set eth1 master vrf0
	refuses 'a VXLAN' 'nothing can be put on it' \
		ip link add vx0 type vxlan id 5 dstport 4789 remote 192.0.2.2 dev eth1
	ok 'VLANs elsewhere are not' ip link add eth3.5 link eth3 type vlan id 5
	is 'the tap runs' "$(cat $sysfs/tap0/state)" running
	unload
	ok 'after that a VLAN device is welcome' ip link add eth1.5 link eth1 type vlan id 5
	ok 'and a bridge' ip link set eth2 master br0
}

guest() {
	modprobe -a dummy bridge macvlan 8021q vrf vxlan
	ip -batch - <<-'END'
		link add eth1 up type dummy
		link add eth2 up type dummy
		link add eth3 up type dummy
		link add br0 type bridge
		link add vrf0 type vrf table 10
	END
	merging_stays_off
	promiscuous
	nobody_else
}

run_test
