#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Seconds: 11
# Covers: kmod/tap_device.[ch] kmod/reader.[ch] kmod/recording.[ch] kmod/capture_filter.[ch] uapi/*
#
# A reader changes its filter and snaplen 4,000 times while it records: the wire does not
# notice, and every frame is accounted for. What is no filter is refused with the errno that fits,
# and the one before stays in force. What a reader waited for is none of the next one's business.
#
#	 namespace A             this machine             namespace B
#	+-----------+      +-----------------------+      +-----------+
#	| flood  a0 +------+ eth1   softtap   eth2 +------+ b0  flood |
#	+-----------+ veth +-----------------------+ veth +-----------+

# shellcheck source=tests/lib/test.sh
. "$(dirname "$0")/../lib/test.sh"
# shellcheck source=tests/tools/flood.sh
. "$tests/tools/flood.sh"

machines=('--kernel 6.1 --smp 2' '--kernel 6.12 --smp 2')
flood_rate=4000

# Each change waits for a grace period: short ones, as there are thousands.
changes() {
	echo 1 >/sys/kernel/rcu_expedited
	start_flood
	frames_pass tx_frames 20
	ok '4,000 changes under traffic' timeout 200 reader-calls change 4000
	like 'there were records meanwhile' "$(tail -n 1 "/proc/self/fd/$said")" '^[1-9][0-9]*$'
	for port in a b; do
		ok "port $port: some frames were recorded, some left out, none lost" \
			test "$(counter $port/captured_frames)" -gt 100 -a \
			"$(counter $port/filtered_frames)" -gt 100 -a \
			"$(counter $port/lost_frames)" -eq 0
	done
	stop_flood
	echo 0 >/sys/kernel/rcu_expedited
	flood_is_good
	laws_hold
}

# What a reader is told of each that is none, and that not a frame is recorded then.
refusals() {
	local name error
	reader-calls refused in-netns A send-frames --marker none a0 >refusals
	while IFS=: read -r name error; do
		case $name in
		one\ read\ too\ many | a\ search*) is "$name" "$error" ' E2BIG, 0 recorded, 1 not' ;;
		*memory\ there | *kernel | *call) is "$name" "$error" ' EFAULT, 0 recorded, 1 not' ;;
		*) is "$name" "$error" ' EINVAL, 0 recorded, 1 not' ;;
		esac
	done <refusals
	is 'there were all of them' "$(wc -l <refusals)" 19
	laws_hold
}

# What is accepted at most passes.
dearest() {
	is 'the dearest filter that is accepted' \
		"$(reader-calls dear 409 in-netns A send-frames --marker none a0)" 1
}

# The moment goes with who waited for it.
waits() {
	reader-calls wait in-netns A send-frames --marker none a0 >waits
	is 'a reader waits for a frame' "$(grep ^any waits)" \
		'any frame: poll says no, no time; poll says so, a time'
	is 'the next one is not told of it' "$(grep ^none waits)" \
		'none: poll says no, no time; poll says no, no time'
	laws_hold
}

guest() {
	local port
	veth_topology
	load tap=eth1:eth2
	refusals
	dearest
	waits
	changes
}

run_test
