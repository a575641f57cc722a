#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Seconds: 16
# Covers: kmod/forward.[ch] kmod/transmit.[ch] kmod/frame.[ch] userspace/commands/up.c
#
# Ports of different MTUs: what is longer than the far one can send is dropped there, once, counted
# and recorded; all else passes, up to an MTU with two VLAN tags. Super-frames are judged by what
# they are cut into.
#
#	 namespace A             this machine             namespace B
#	+-----------+      +-----------------------+      +-----------+
#	|   a0 9000 +------+ eth1 9000   eth2 1500 +------+ b0 9000   |
#	+-----------+      +-----------------------+      +-----------+

# shellcheck source=tests/lib/test.sh
. "$(dirname "$0")/../lib/test.sh"
. "$tests/lib/captures.sh"

machines=('--kernel 6.1' '--kernel 6.12')

# What fits; 1,522 bytes is an MTU of 1,500 with an Ethernet header and two tags. What does not.
once() {
	make-frames plain 1 60 1508 short.a
	make-frames plain 2 1523 9000 long.a
}

prepare() {
	ln -s "$SOFTTAP_SHARED"/* .
}

# A stream whose frames would be long: super-frames, and what is sent again for them.
stream_of_long_frames() {
	local before sender
	give_addresses
	in_b socat -u tcp-listen:1000,reuseaddr,fork open:received,creat &
	within 30 port_is_open
	read_counter before b/tx_dropped
	in-netns A socat -u open:/dev/zero tcp:192.0.2.2:1000,linger=0 &
	sender=$!
	ok 'frames of a stream that are too long are dropped, those sent again too' \
		within 30 dropped_are $((before + 5))
	kill $sender
	wait $sender || :
	is 'none of them came' "$(stat -c %s received 2>/dev/null || echo 0)" 0
	in_a ip link set a0 mtu 1500
	head -c 200000 /dev/zero | in_a timeout 30 socat -u - tcp:192.0.2.2:1000
	ok 'in frames that fit the stream passes' within 30 all_received
	take_addresses
}

# dropped_are COUNT - or more
dropped_are() {
	local dropped
	read_counter dropped b/tx_dropped
	[ "$dropped" -ge "$1" ]
}

all_received() {
	[ "$(stat -c %s received)" = 200000 ]
}

port_is_open() {
	in_b ss -ltn | grep -q :1000
}

guest() {
	local dropped
	veth_topology
	in_a ip link set a0 mtu 9000
	ip link set eth1 mtu 9000
	in_b ip link set b0 mtu 9000
	start_watchers
	softtap up eth1 eth2 2>up.log
	like 'up warns' "$(<up.log)" 'eth1 has an MTU of 9000, eth2 of 1500'
	within 30 grep -q 1 /sys/class/net/eth2/carrier
	start_reader capture.pcapng
	dropped=$(counter b/tx_dropped)
	send A "$SOFTTAP_OUT/short.a"
	is 'what fits is not dropped' "$(counter b/tx_dropped)" "$dropped"
	send A "$SOFTTAP_OUT/long.a"
	is 'what does not fit is dropped, once' "$(counter b/tx_dropped)" $((dropped + 1000))
	laws_hold
	stop_watchers
	ok 'the reader ends well' stop_reader
	stream_of_long_frames
	laws_hold
	softtap down
}

verify() {
	ok 'what fits came to B, byte for byte' frames same short.a b.in
	ok 'all is recorded' frames same short.a,long.a capture.pcapng:0
}

run_test
