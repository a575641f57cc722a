#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Seconds: 38
# Covers: kmod/recording.[ch] kmod/forward.[ch] userspace/commands/show.c userspace/commands/stat.c
#
# Policy record before a disk that is too slow: nothing passes that is not in the file. TCP goes
# slower and comes to its end; when the reader is dead the wire is stopped, and said to be; the
# next one starts it again, and no frame is between the two files. Policies change under traffic,
# and each frame has one answer.
#
#	 namespace A             this machine             namespace B
#	+-----------+      +-----------------------+      +-----------+
#	|        a0 +------+ eth1   softtap   eth2 +------+ b0        |
#	+-----------+      +-----------+-----------+      +-----------+
#	                               | reader
#	                       ext4, 3 or 1 MB/s
#
# With one processor the reader writes past the page cache, with two by it.

# shellcheck source=tests/lib/test.sh
. "$(dirname "$0")/../lib/test.sh"
. "$tests/lib/captures.sh"
# shellcheck source=tests/lib/disk.sh
. "$tests/lib/disk.sh"
# shellcheck source=tests/tools/flood.sh
. "$tests/tools/flood.sh"

machines=('--kernel 6.1 --disk 1G' '--kernel 6.12 --disk 1G')
timeout=$(count 500 2000)
flood_rate=2000		# 3 MB/s for the disk
changes=$(count 5 200)	# of the policy
transfer_mb=$(count 4 8)

policy() {
	echo "$1" >$sysfs/tap0/policy
}

# --- TCP ------------------------------------------------------------------------------------------

# transfer NAME - from A to B
transfer() {
	ok "$1: the transfer comes to its end" timeout $((120 * patience)) ip netns exec A \
		iperf3 -c 192.0.2.2 -n "${transfer_mb}M" -J --logfile "$1.json"
}

seconds_of() {
	jq '.end.sum_received.seconds' "$1.json"
}

serve() {
	in_b iperf3 -s -I iperf.pid >/dev/null 2>&1 </dev/null &
	within 60 test -s iperf.pid
}

# tcp POLICY NAME - what arrives at B, in NAME.in and, on its way, in NAME.pcapng
tcp() {
	policy "$1"
	start_reader "disk/$2.pcapng"
	watch "$2.in" A b0 in ip netns exec B
	watch_begins
	give_addresses
	transfer "$2"
	take_addresses
	policy wire
	stop_watchers
	ok "$2: the reader ends well" stop_reader
	laws_hold
	cp "disk/$2.pcapng" .
}

tcp_slows_down() {
	local refused
	serve
	tcp wire wire
	refused=$(add_up {a,b}/refused_frames)
	is 'wire refuses nothing' "$refused" 0
	in_a ethtool -K a0 tx off tso off gso off >/dev/null
	tcp record whole
	in_a ethtool -K a0 tx on tso on gso on >/dev/null
	refused=$(add_up {a,b}/refused_frames)
	ok "record refuses frames ($refused)" [ "$refused" -gt 0 ]
	tcp record super
	ok 'super-frames too' [ "$(add_up {a,b}/refused_frames)" -gt "$refused" ]
	kill "$(tr -d '\0' <iperf.pid)"
}

# --- A dead reader -------------------------------------------------------------------------------

arrived_at_b() {
	in_b cat /sys/class/net/b0/statistics/rx_packets
}

# is_stopped IDLE - nobody records; so many frames were idle before
is_stopped() {
	local at
	is 'its state is stopped' "$(cat $sysfs/tap0/state)" stopped
	like 'show says so' "$(softtap show)" 'stopped'
	like 'the kernel log says so' "$(dmesg | tail -n 5)" 'THE WIRE IS STOPPED'
	nap 0.3
	at=$(arrived_at_b)
	frames_pass refused_frames 100
	is 'nothing arrives' "$(arrived_at_b)" "$at"
	is 'nothing is idle' "$(add_up {a,b}/idle_frames)" "$1"
}

# as_it_passed FILE… - what arrived is in them, and nothing else
as_it_passed() {
	local arrived
	arrived=$(awk '{ print $6 }' flood.streams | paste -sd,)
	ok "what arrived, $arrived frames, is in the files, and nothing lost between" \
		records --captured "$arrived" --lost 0,0 "$@"
}

# The first frame of the flood finds a stopped wire.
reader_dies() {
	local idle_before
	idle_before=$(add_up {a,b}/idle_frames)
	policy record
	begin_gap
	start_flood
	start_capture disk/first
	frames_pass refused_frames 200
	kill -KILL "$reader"
	wait "$reader" 2>/dev/null || :
	is_stopped "$idle_before"
	start_capture disk/second
	like 'the kernel log says that it is no longer' "$(dmesg | tail -n 5)" 'no longer stopped'
	is 'nor is its state' "$(cat $sysfs/tap0/state)" running
	frames_pass captured_frames 1000
	stop_flood
	end_gap
	ok 'the second reader ends well' stop_reader
	flood_is_good
	laws_hold
	as_it_passed disk/first disk/second
	is 'the kernel log tells of held back frames in our words only' \
		"$(dmesg | grep 'callbacks suppressed')" ''
}

# --- Changes -------------------------------------------------------------------------------------

# Each frame that came had one answer.
changes_while_read() {
	local n
	softtap stat -j >before.json
	begin_gap
	start_flood
	start_capture disk/changes
	for ((n = 0; n < changes; n++)); do
		policy record
		frames_pass refused_frames 1
		policy wire
		frames_pass lost_frames 1
	done
	is 'flight while somebody reads is refused' "$(policy flight 2>&1 | grep -o 'busy')" busy
	is 'and the policy stays' "$(cat $sysfs/tap0/policy)" wire
	stop_flood
	end_gap
	ok 'the reader ends well' stop_reader
	softtap stat -j >after.json
	flood_is_good
	laws_hold
	ok 'the file holds what was captured, and tells what was lost' records_agree disk/changes
	ok 'softtap verify agrees with the kernel' \
		softtap verify --before before.json --after after.json disk/changes
}

# The next reader finds what flight has left: what is not there was overwritten.
changes_while_nobody_reads() {
	local n captured gone
	captured=$(add_up {a,b}/captured_frames)
	begin_gap
	start_flood
	for ((n = 0; n < changes; n++)); do
		policy record
		nap 0.03
		policy flight
		nap 0.1
		[ $((n + 1)) -lt "$changes" ] || frames_pass overwritten_frames 1
		policy wire
		nap 0.03
	done
	stop_flood
	end_gap
	flood_is_good
	laws_hold
	gone=$(add_up {a,b}/overwritten_frames)
	ok "flight overwrote frames ($gone)" [ "$gone" -gt 0 ]
	softtap capture -w left -a duration:0.1 2>left.log
	is 'the next reader finds the others' "$(softtap verify -j left | jq '[.interfaces[].packets] | add')" \
		$(($(add_up {a,b}/captured_frames) - captured - gone))
}

guest() {
	new_disk
	make_slow_group $((3000000 / slowness))
	little_cache
	veth_topology
	load tap=eth1:eth2 subbuf_kb=128 subbufs=4
	under=(slowly)
	tcp_slows_down
	make_slow_group $((1000000 / slowness))
	reader_dies
	unload
	load tap=eth1:eth2 subbuf_kb=128 subbufs=4
	agreed=()
	changes_while_read
	changes_while_nobody_reads
}

verify() {
	ok 'frame by frame, what arrived is in the file' frames same whole.in whole.pcapng:0
	ok 'super-frames: what arrived is in the file' frames stream super.in super.pcapng:0 1500
	local name
	for name in whole super; do
		is "$name: nothing was lost" "$(frames dropped $name.pcapng | tr '\n' ' ')" '0 0 0 0 '
		file_is_valid $name.pcapng
		ok "$name: slower than with wire ($(seconds_of $name) s, not $(seconds_of wire))" \
			jq -en "$(seconds_of $name) > $(seconds_of wire)"
	done
}

run_test
