#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Seconds: 30
# Covers: kmod/transmit.c kmod/capture.[ch] kmod/capture_filter.c tests/skbwatch/*
#
# Capturing reads a frame and changes nothing in it: each skb is summed up before and after, whatever
# is in it, and a super-frame leaves with a reader as it does without one.
. "$(dirname "$0")/../lib/test.sh"
. "$tests/lib/guest.sh"
# shellcheck source=tests/lib/nic.sh
. "$tests/lib/nic.sh"
. "$tests/lib/skbwatch.sh"

machines=('--kernel 6.1' '--kernel 6.12')

once() {
	mkdir supers
	make-supers eth1 supers
}

prepare() {
	build_for_tests skbwatch
	make-frames odd 1 60 1500 odd.a
}

# inject PATTERN - those with unreadable payload only if it says so
inject() {
	local each
	for each in "$SOFTTAP_SHARED"/supers/$1; do
		[[ $1 == *.unreadable || $each != *.unreadable ]] || continue
		cat "$each" >$skbwatch/inject || fail "cannot inject ${each##*/}"
	done
}

# kind SUM… - of each kind that was seen, with each of these sums
were_there() {
	local kind sum missing=
	for kind in tcpv4 tcpv6 udp-l4 udp udp-tunnel gre plain; do
		for sum; do
			grep -q "^$kind $sum [1-9]" kinds || missing+=" $kind-$sum"
		done
	done
	is "$part: all kinds were there" "$missing" ''
}

# Each kind with each sum: to a port that only listens, as the stack sends some of them under protest.
listening() {
	load tap=eth1
	part='all kinds'
	watch_skbs
	start_reader listening.pcapng "$@"
	inject '*'
	stop_reader
	skbs_unchanged "$part"
	were_there none unnecessary complete partial
	softtap verify listening.pcapng >verified || fail "verify: $(<verified)"
	unload
}

# What hosts send, and frames of all sorts; with all that a reader can set.
real_traffic() {
	load tap=eth1:eth2
	part="real frames $*"
	watch_skbs
	start_reader real.pcapng "$@"
	send A "$SOFTTAP_OUT/odd.a"
	give_addresses
	for kind in udp-segments sctp stream; do
		in_b exchange-data $kind server 192.0.2.2 >server.said &
		server=$!
		within 30 grep -q ready server.said
		ok "$part: $kind" in_a exchange-data $kind client 192.0.2.2
		wait $server
	done
	take_addresses
	stop_reader
	skbs_unchanged "$part"
	like "$part: with sums to be finished" "$(cat kinds)" 'tcpv4 partial'
	unload
}

# Payload that no processor can read is left out of the record, which says how long the frame was, also
# of each segment; and where the other port cannot send it, as a veth, it is dropped, and counted.
unreadable() {
	load tap=eth1:eth2
	watch_skbs
	start_reader unreadable.pcapng
	inject 'plain-tcp-*.unreadable'
	inject 'tcpv4-none.unreadable'
	stop_reader
	is 'unreadable: nothing was lost' "$(counter a/lost_frames)" 0
	is 'unreadable: none can be sent' "$(counter b/tx_dropped)" 8
	# No device delivers tunnels and the like so; what cannot be cut into segments is lost, and counted.
	start_reader all.pcapng
	inject '*.unreadable'
	stop_reader
	ok 'unreadable, of all kinds: the file is whole' softtap verify all.pcapng
	skbs_unchanged unreadable
	ok 'unreadable: the file is whole' softtap verify unreadable.pcapng
	is 'unreadable: the readable part is recorded, and the length' \
		"$(tshark -n -r unreadable.pcapng -T fields -e frame.cap_len -e frame.len 'tcp.port == 1000' \
			2>/dev/null | sort | uniq -c | tr -s ' \t' ' ')" "$unreadable_lengths"
	laws_hold
	unload
}

# How often, how much is recorded, of how many bytes: plain frames, the first segment, then others.
unreadable_lengths=' 5 200 1054
 2 54 1054
 1 54 126'

# what_leaves FILE - of what comes in at eth1, as it is seen at the far end, in text
what_leaves() {
	watch "$1" A b0 in in-netns B
	watch_begins
	inject 'tcp*-unnecessary'
	inject 'udp-l4*-unnecessary'
	inject 'tcp*-partial'
	inject 'udp-l4*-partial'
	# Not over IPv6: the stack gives each a random identification.
	inject 'ufo-partial'
	inject 'vxlan-partial'
	inject 'gre-partial'
	send_marker end A
	within 30 marker_seen end A "$1"
	kill -INT "${watchers[@]}"
	wait "${watchers[@]}"
	watchers=() watched=()
	tcpdump -r "$1" -t -n -xx 2>/dev/null >"$1.text"
}

with_and_without() {
	load tap=eth1:eth2
	watch_skbs
	what_leaves without
	start_reader reader.pcapng
	what_leaves with
	stop_reader
	ok 'what leaves is the same with and without a reader' cmp without.text with.text
	ok 'there were super-frames' test "$(wc -c <with)" -gt 30000
	rmmod skbwatch
	unload
}

# Policy record holds a super-frame back when what is recorded of it has no room, which is less than
# all of it. Who reads sleeps meanwhile; each of the frames is three segments, of which each takes
# 144 bytes: two sub-buffers have room for 1,820.
start_of_supers() {
	local i
	load tap=eth1:eth2 policy=record subbuf_kb=128 subbufs=2 snaplen=100
	watch_skbs
	start_reader starts.pcapng
	kill -STOP "$reader"
	for ((i = 0; i < 600; i++)); do
		cat "$SOFTTAP_SHARED/supers/udp-l4-partial" >$skbwatch/inject
	done
	ok 'frames are held back at last' test "$(counter a/refused_frames)" -gt 0
	ok 'but not while there is room for what is recorded of them' \
		test "$(counter a/captured_frames)" -ge 1812
	kill -CONT "$reader"
	stop_reader
	rmmod skbwatch
	unload
}

guest() {
	veth_topology
	modprobe -q sctp || :
	listening
	listening -s 100 'tcp port 1000 or ip6'
	with_and_without
	[[ $(uname -r) == 6.1.* ]] || unreadable
	start_of_supers
	real_traffic
	real_traffic -s 200 'ip or vlan'
	log_is_clean
}

run_test
