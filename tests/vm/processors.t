#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Seconds: 25
# Covers: kmod/channel.[ch] kmod/settings.[ch]
#
# A processor that comes online gets a buffer if there is memory for one. If not, it comes online all
# the same, and what arrives there is counted as lost; nobody is killed for a tap.
. "$(dirname "$0")/../lib/test.sh"
. "$tests/lib/guest.sh"

machines=('--kernel 6.1 --smp 2 --mem 512' '--kernel 6.12 --smp 2 --mem 512')

processor() {
	echo "$2" >"/sys/devices/system/cpu/cpu$1/online"
}

prepare() {
	make-frames plain 1 60 200 frames.a
}

# The frames come by a veth, and are received where they are sent.
send_on() {
	in-netns -c "$1" A send-frames a0 "$SOFTTAP_OUT/frames.a"
}

# record_both FILE COUNTER - what both processors receive; $before is what was counted before the second
record_both() {
	start_reader "$1"
	send_on 0
	processor 1 1
	before=$(counter "a/$2")
	send_on 1
	stop_reader
}

lost() {
	counter a/lost_frames
}

said() {
	dmesg | grep -c 'no memory for a buffer of CPU 1' || :
}

verifies() {
	ok "$1 is whole and adds up" softtap verify "$1"
}

with_memory() {
	processor 1 0
	load tap=eth1:eth2 subbuf_kb=512 subbufs=8
	record_both plenty.pcapng lost_frames
	is 'nothing is lost on a processor that came later' "$(lost)" 0
	verifies plenty.pcapng
	laws_hold
	is 'its records are in the file' "$(records_of plenty.pcapng)" $((2 * frames + 1))
	unload
}

records_of() {
	capinfos -TMrc "$1" | cut -f 2
}

# More than half of what is free for the first, so that there is not enough for the second.
half_of_memory() {
	local free
	free=$(awk '/^MemAvailable/ { print int($2 / 1024) }' /proc/meminfo)
	echo $((free / 2))
}

# nothing_for_the_second POLICY COUNTER
nothing_for_the_second() {
	processor 1 0
	load tap=eth1:eth2 policy="$1" subbuf_kb=1024 subbufs="$(half_of_memory)"
	dmesg -C
	before=0
	case $1 in
	flight) processor 1 1 && send_on 1 ;;
	*) record_both "little-$1.pcapng" "$2" ;;
	esac
	is "$1: the processor is online" "$(cat /sys/devices/system/cpu/online)" 0-1
	is "$1: it is said once" "$(said)" 1
	is "$1: nobody was killed" "$(dmesg | grep -ci -e oom -e 'killed process' || :)" 0
	is "$1: what arrives there is counted" $(($(counter "a/$2") - before)) "$frames"
	laws_hold
	[ "$1" = flight ] || verifies "little-$1.pcapng"
	unload
}

# A processor that goes leaves its records, and goes on when it comes back.
goes_and_comes_back() {
	load tap=eth1:eth2 subbuf_kb=512 subbufs=8
	start_reader back.pcapng
	send_on 1
	processor 1 0
	send_on 0
	processor 1 1
	send_on 1
	stop_reader
	is 'nothing is lost when a processor goes and comes back' "$(lost)" 0
	is 'all records are in the file' "$(records_of back.pcapng)" $((3 * frames + 1))
	verifies back.pcapng
	laws_hold
	unload
}

# Meanwhile taps come and go.
while_taps_change() {
	local i switching
	(while [ ! -e enough ]; do processor 1 0 && processor 1 1; done) &
	switching=$!
	for ((i = 0; i < $(count 10 200); i++)); do
		load tap=eth1:eth2 subbuf_kb=128 subbufs=4
		unload
	done
	touch enough
	ok 'processors come and go while taps do' wait $switching
}

guest() {
	veth_topology
	frames=$(capinfos -TMrc "$SOFTTAP_OUT/frames.a" | cut -f 2)
	with_memory
	nothing_for_the_second wire lost_frames
	nothing_for_the_second record refused_frames
	nothing_for_the_second flight lost_frames
	goes_and_comes_back
	while_taps_change
	nothing_leaked
	log_is_clean
}

run_test
