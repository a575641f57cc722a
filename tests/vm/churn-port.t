#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Seconds: 17
# Covers: kmod/tap_notifier.[ch] kmod/port.[ch] kmod/tap.[ch] kmod/transmit.[ch]
#
# Ports go and come back under traffic both ways: deleted and made anew, moved to another namespace
# and back, renamed and named back, down and up. The tap waits for them and goes on. While both are
# there, not one number is missing; a reader, attached half of the time, notices nothing.
#
#	 namespace A             this machine             namespace B
#	+-----------+      +-----------------------+      +-----------+
#	| flood  a0 +------+ eth1   softtap   eth2 +------+ b0  flood |
#	+-----------+      +-----------+-----------+      +-----------+
#	                               |
#	                          namespace away
#
# Each way twice with each port and a reader, and twice without; 1,000 times on each kernel with
# --long.

# shellcheck source=tests/lib/test.sh
. "$(dirname "$0")/../lib/test.sh"
# shellcheck source=tests/tools/flood.sh
. "$tests/tools/flood.sh"

machines=('--kernel 6.1 --smp 2' '--kernel 6.12 --smp 2')
cycles=$(count 32 1000)	# on each kernel
timeout=$(count 300 3600)
# What is left of a machine that is full decides how long each command takes.
flood_rate=$(count 3000 10000)

complain() {
	echo "cycle $cycle, $way $ifname: $1" >>complaints
}

# state TAP PORT - what the tap's state and the port's are to be
state() {
	local tap port_state
	value tap state
	value port_state "$port/state"
	[ "$tap $port_state" = "$*" ] || complain "the tap is $tap, the port $port_state, not $*"
}

# A link is up when its state says so and the work of bringing it up is done, which is under RTNL,
# as is reading a port's name.
link_is_up() {
	local near far _
	read -r near <"/sys/class/net/$ifname/operstate" && [ "$near" = up ] &&
		read -r far <"/tmp/net-$host/class/net/${host,}0/operstate" && [ "$far" = up ] &&
		value _ "$port/ifname"
}

await_link() {
	local end=$((SECONDS + 60 * patience))
	until link_is_up; do
		[ $SECONDS -lt $end ] || complain 'the link does not come up'
		nap 0.01
	done
}

# links COMMAND… - of ip-link(8), by one process
links() {
	local commands
	printf -v commands 'link %s\n' "$@"
	ip -batch - <<<"$commands"
}

delete() {
	begin_gap
	ip link del "$ifname"
	state waiting missing
	links "add ${host,}0 up netns $host type veth peer name $ifname" "set $ifname up"
}

move() {
	begin_gap
	ip link set "$ifname" netns away
	state waiting missing
	ip -n away link set "$ifname" netns 1
	ip link set "$ifname" up
}

# The tap follows the name. A kernel that lets a link that is up be renamed does it unnoticed.
rename() {
	local name
	if ip link set "$ifname" name away 2>/dev/null; then
		value name "$port/ifname"
		[ "$name" = away ] || complain "the port is called $name"
		ip link set away name "$ifname"
		return
	fi
	begin_gap
	links "set $ifname down" "set $ifname name away"
	value name "$port/ifname"
	[ "$name" = away ] || complain "the port is called $name"
	state running down
	links "set away name $ifname" "set $ifname up"
}

down() {
	begin_gap
	ip link set "$ifname" down
	state running down
	ip link set "$ifname" up
}

ways=(delete move rename down)

# Each way with each port; then the same with, or without, a reader.
one_cycle() {
	local port=a host=A ifname=eth1 way=${ways[cycle / 2 % 4]} name
	[ $((cycle % 2)) = 0 ] || { port=b host=B ifname=eth2; }
	[ $((cycle % 16)) != 8 ] || start_capture capture
	$way
	await_link
	end_gap
	state running up
	value name "$port/ifname"
	[ "$name" = $ifname ] || complain "the port is called $name"
	frames_pass tx_frames 20
	[ $((cycle % 16)) != 15 ] || end_capture
}

end_capture() {
	stop_reader || complain "the reader says $(<capture.log)"
	reader=
	records_agree capture >records 2>&1 || complain "the file does not agree: $(<records)"
	rm capture
}

guest() {
	local cycle host way=the ifname=end
	veth_topology
	ip netns add away
	silence ip netns exec away
	for host in A B; do
		mkdir /tmp/net-$host
		nsenter --net=/run/netns/$host mount -t sysfs net-$host /tmp/net-$host
	done
	touch complaints
	load tap=eth1:eth2 subbuf_kb=128 subbufs=64
	start_flood
	frames_pass tx_frames 20
	for ((cycle = 0; cycle < cycles; cycle++)); do
		one_cycle
	done
	stop_flood
	[ -z "$reader" ] || end_capture
	is "$cycles cycles, none with a complaint" "$(head complaints)" ''
	flood_is_good
	laws_hold
	ok 'the module can be unloaded' unload
}

run_test
