#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Seconds: 31
# Covers: kmod/tap.[ch] kmod/tap_sysfs.[ch] kmod/tap_device.[ch] userspace/host/state.[ch]
# Covers: userspace/lib/pairs.[ch]
#
# Several taps, made with the module, at run time or by softtap up, know nothing of each other; one of them only
# listens.
#
#	 namespace A             this machine             namespace B
#	+-----------+      +-----------------------+      +-----------+
#	|        a0 +------+ eth1    tap0     eth2 +------+ b0        |
#	|        a1 +------+ eth3    tap1     eth4 +------+ b1        |
#	|        a2 +------+ eth5    tap2 (listens)|      |           |
#	+-----------+ veth +-----------------------+ veth +-----------+
. "$(dirname "$0")/../lib/test.sh"
. "$tests/lib/captures.sh"

machines=('--kernel 6.1' '--kernel 6.12')

prepare() {
	local i
	for i in 0 1 2; do
		make-frames plain 1$i 60 1500 plain.a$i
		make-frames plain 2$i 60 1500 plain.b$i
	done
}

more_cables() {
	ip link add a1 netns A type veth peer name eth3
	ip link add b1 netns B type veth peer name eth4
	ip link add a2 netns A type veth peer name eth5
	in_a ip link set a1 up
	in_a ip link set a2 up
	in_b ip link set b1 up
	ip link set eth3 up
	ip link set eth4 up
	ip link set eth5 up
}

readers=()

# read_tap N FILE - returns when frames of its port a are recorded
read_tap() {
	softtap capture -i "tap$1" -w "$2" </dev/null 2>"$2.log" &
	readers+=($!)
	within 60 is_read "$1"
}

is_read() {
	send_marker begin A "a$1"
	[ "$(counter "tap$1/a/captured_frames")" -gt 0 ]
}

all_send() {
	local cable senders=()
	for cable in A0 A1 A2 B0 B1; do
		send_on $cable "$@" &
		senders+=($!)
	done
	wait "${senders[@]}"
}

# send_on A1 [PER_SECOND] - the file plain.a1 out of a1
send_on() {
	local name=${1,,}
	ip netns exec "${1%?}" send-frames "$name" "$SOFTTAP_OUT/plain.$name" "${@:2}"
}

made_together() {
	load tap=eth1:eth2,eth3:eth4,eth5 subbuf_kb=128 subbufs=32
	is 'two taps run, one listens' "$(cat $sysfs/tap{0,1,2}/state | paste -sd' ')" \
		'running running listening'
	is 'ports are where they should be' "$(cat $sysfs/tap?/?/ifname | paste -sd' ')" \
		'eth1 eth2 eth3 eth4 eth5'
	ok 'one that listens has no port b' test ! -e $sysfs/tap2/b
	for i in 0 1 2; do
		read_tap $i tap$i.pcapng
	done
	all_send
	kill -INT "${readers[@]}"
	ok 'readers end well' wait "${readers[@]}"
	is 'what is only listened to is not forwarded' "$(counter tap2/a/tx_frames)" 0
	laws_hold tap0
	laws_hold tap1
	laws_hold tap2
}

stop_watcher() {
	send_marker end A a1
	within 60 marker_seen end A b1.in
	kill -INT "${watchers[@]}"
	wait "${watchers[@]}"
}

# tap1 is read while tap0 goes and comes.
at_run_time() {
	local sender
	readers=()
	read_tap 1 stays.pcapng
	send_on A1 $((500 / patience)) &
	sender=$!
	echo tap0 >$sysfs/remove
	ok 'tap0 is gone' test ! -e $sysfs/tap0 -a ! -e /dev/softtap/tap0
	echo eth2:eth1 >$sysfs/add
	is 'its name is used again' "$(cat $sysfs/tap0/a/ifname)" eth2
	is 'it runs' "$(cat $sysfs/tap0/state)" running
	send_on A0
	is 'it counts' "$(counter tap0/b/rx_frames)" 1000
	wait $sender
	kill -INT "${readers[@]}"
	ok 'the reader of tap1 did not notice' wait "${readers[@]}"
	laws_hold tap0
	laws_hold tap1
	stop_watcher
	unload
	ok 'all is gone' test ! -e $sysfs -a ! -e /dev/softtap
}

# send_until FILE HOST N - the file over and over, until FILE is there; how often is in rounds.HOST.N
send_until() {
	local rounds=0
	until [ -e "$1" ]; do
		send_on "$2$3" $((400 / patience))
		rounds=$((rounds + 1))
	done
	echo $rounds >"rounds.$2.$3"
}

# passes N COMMAND… - tap N's frames, both ways, while a command deals with another tap; in passes.N
passes() {
	local n=$1 senders=() host
	shift
	readers=()
	read_tap "$n" "passes.$n"
	for host in A B; do
		send_until "enough.$n" "$host" "$n" &
		senders+=($!)
	done
	within 10 is_passing "$n"
	ok "$*: works" "$@"
	touch "enough.$n"
	wait "${senders[@]}"
	kill -INT "${readers[@]}"
	wait "${readers[@]}"
	is "$*: no frame of tap$n was dropped" \
		"$(add_up "tap$n"/{a,b}/{tx_dropped,lost_frames,refused_frames})" 0
	laws_hold "tap$n"
}

is_passing() {
	[ "$(counter "tap$1/b/rx_frames")" -gt 10 ]
}

by_command() {
	softtap up eth1 eth2
	passes 0 softtap up eth3 eth4
	is 'both run' "$(cat $sysfs/tap{0,1}/state | paste -sd' ')" 'running running'
	passes 1 softtap down tap0
	ok 'the other one is gone' test ! -e $sysfs/tap0
	softtap down
	ok 'both are gone' test ! -e $sysfs
}

# sent HOST N - the files that went out, one behind the other
sent() {
	local each files=
	for ((each = 0; each < $(<"rounds.$1.$2"); each++)); do
		files+=,plain.${1,,}$2
	done
	echo "${files#,}"
}

guest() {
	local i
	veth_topology
	more_cables
	watch b1.in A b1 in ip netns exec B
	watch_begins
	made_together
	at_run_time
	by_command
}

verify() {
	local i
	for i in 0 1; do
		ok "tap$i has its frames, from A" frames same plain.a$i tap$i.pcapng:0
		ok "tap$i has its frames, from B" frames same plain.b$i tap$i.pcapng:1
	done
	ok 'tap2 has its frames' frames same plain.a2 tap2.pcapng
	is 'its file names one port' "$(frames interfaces tap2.pcapng)" eth5
	ok 'what leaves tap1 is what came to it, nothing else' frames same plain.a1,plain.a1 b1.in
	ok 'tap1 lost nothing while tap0 was gone' frames same plain.a1 stays.pcapng
	for i in 0 1; do
		ok "tap$i: all frames from A while another came or went" \
			frames same "$(sent A $i)" passes.$i:0
		ok "tap$i: all frames from B while another came or went" \
			frames same "$(sent B $i)" passes.$i:1
	done
	for i in tap0 tap1 tap2 stays; do
		file_is_valid $i.pcapng
	done
}

run_test
