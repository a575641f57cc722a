#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Seconds: 30
# Covers: kmod/port_offloads.[ch] kmod/tap_notifier.[ch]
#
# Offloads that merge frames are off while a device is a port, and nobody can change that. When it is
# none any more they are as they were; and the driver of a device that is being taken away is asked for
# nothing.
#
#	eth1 – eth2   cards, as in tests/nic       this machine       veth1 – veth2, in namespace far
. "$(dirname "$0")/../lib/test.sh"
# shellcheck source=tests/lib/nic.sh
. "$tests/lib/nic.sh"

machines=('--kernel 6.1' '--kernel 6.12')
rounds=$(count 5 200)

prepare() {
	build_nic
}

# What of a device merges frames now: software, hardware, LRO.
merging() {
	ethtool -k "$1" | awk '
	{ state[$1] = $2 }
	END {
		print state["generic-receive-offload:"], state["rx-gro-hw:"],
			state["large-receive-offload:"]
	}'
}

# wanted DEVICE OFFLOAD… - as one would like to have them
wants() {
	local dev=$1
	shift
	ethtool -K "$dev" "$@" >/dev/null 2>&1 || :
}

nothing_merges() {
	is "$1: nothing merges" "$(merging "$2")" 'off off off'
}

comes_back() {
	wants eth1 gro on rx-gro-hw on
	load tap=eth1:eth2
	nothing_merges 'attached' eth1
	unload
	is 'released: as it was' "$(merging eth1)" 'on on off'
	wants eth1 gro on rx-gro-hw off lro on
	load tap=eth1:eth2
	nothing_merges 'attached, LRO' eth1
	unload
	is 'released, LRO: as it was' "$(merging eth1)" 'on off on'
}

# fixed DEVICE - how many of the three nobody can change
fixed() {
	ethtool -k "$1" |
		grep -cE '^(generic-receive-offload|rx-gro-hw|large-receive-offload): off \[fixed]' || :
}

# An administrator who changes his mind meanwhile is told that he cannot.
wanted_meanwhile() {
	wants eth1 gro on rx-gro-hw off lro off
	load tap=eth1:eth2
	is 'nobody can change it' "$(fixed eth1)" 3
	ok 'whoever wants GRO is told so' refused eth1 gro on
	ok 'and who wants it in hardware' refused eth1 rx-gro-hw on
	ok 'and LRO' refused eth1 lro on
	nothing_merges 'after all that' eth1
	wants eth1 gro off
	unload
	is 'released: what could not be changed is as it was' "$(merging eth1)" 'on off off'
	is 'it can be changed again' "$(fixed eth1)" 0
}

refused() {
	! ethtool -K "$@"
}

# What else is changed has the kernel look at all of them again.
other_changes() {
	load tap=eth1:eth2
	wants eth1 tso off
	nothing_merges 'something else is changed' eth1
	wants eth1 tso on
	ip link set eth1 down
	ip link set eth1 mtu 1400 up
	nothing_merges 'down and up' eth1
	unload
	is 'after all that: as it was' "$(merging eth1)" 'on off off'
}

# Its driver makes NAPI of GRO: a step that it does not expect ends the machine.
veth_too() {
	local round
	wants veth1 gro on
	for ((round = 0; round < rounds; round++)); do
		load tap=veth1
		nothing_merges "veth $round" veth1
		ip link set veth1 down
		ip link set veth1 up
		wants veth1 tso off
		wants veth1 gro on
		ip link set veth1 down
		wants veth1 tso on
		ip link set veth1 up
		nothing_merges "veth $round, later" veth1
		unload
		is "veth $round: as it was" "$(merging veth1)" 'on off off'
	done
}

moved() {
	ip netns add away
	wants eth1 gro on rx-gro-hw on lro off
	load tap=eth1:eth2
	ip link set eth1 netns away
	is 'moved away: as it was' "$(ip netns exec away ethtool -k eth1 |
		grep -cE '(generic-receive-offload|rx-gro-hw): on$')" 2
	ip -n away link set eth1 netns 1
	ip link set eth1 up
	nothing_merges 'and back' eth1
	unload
	is 'released: as it was before all' "$(merging eth1)" 'on on off'
}

is_promiscuous() {
	ip -d link show "$1" | grep -q 'promiscuity 1 '
}

# The card complains when it is asked while it is being taken away.
taken_away() {
	wants eth1 gro on rx-gro-hw on
	load tap=eth1:eth2
	echo testnic.0 >/sys/bus/platform/drivers/testnic/unbind
	is 'taken away: the tap waits' "$(<$sysfs/tap0/state)" waiting
	echo testnic.0 >/sys/bus/platform/drivers/testnic/bind
	is 'plugged in again: it goes on' "$(<$sysfs/tap0/state)" running
	ok 'it takes frames for all' within 10 is_promiscuous eth1
	unload
}

guest() {
	modprobe veth
	load_nic queues=1 names=eth1,eth2 ops_lock=1
	ip netns add far
	ip link add veth1 type veth peer name veth2 netns far
	ip -n far link set veth2 up
	printf 'link set %s up\n' eth1 eth2 veth1 | ip -batch -
	comes_back
	wanted_meanwhile
	other_changes
	veth_too
	moved
	taken_away
}

run_test
