#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Seconds: 120
# Covers: kmod/forward.[ch] kmod/transmit.[ch] kmod/port.[ch] scripts/vm*
#
# As transparent-veth, with real drivers: what leaves the tap is what came. Frames below 60 bytes
# virtio-net leaves as they are; e1000e pads them with zeros to 60 before they are on the wire.
#
#	 namespace A               this machine               namespace B
#	+-----------+        +-----------------------+        +-----------+
#	| eth0 = a0 +--------+ eth1   softtap   eth2 +--------+ b0 = eth3 |
#	+-----------+ cable  +-----------------------+  cable +-----------+
. "$(dirname "$0")/../lib/test.sh"
. "$tests/lib/captures.sh"

virtio="virtio-net-pci,rx_queue_size=1024"
machines=(
	"--kernel 6.1 --nic $virtio --nic $virtio --nic $virtio --nic $virtio"
	"--kernel 6.12 --nic $virtio --nic $virtio --nic $virtio --nic $virtio"
	"--kernel 6.1 --nic e1000e --nic e1000e --nic e1000e --nic e1000e"
	"--kernel 6.12 --nic e1000e --nic e1000e --nic e1000e --nic e1000e"
)
rate=1000	# frames a second that the emulator's cables carry in order

prepare() {
	make-frames odd 1 60 1500 odd.a
	make-frames odd 2 60 1500 odd.b
	make-frames lengths 3 60 1500 lengths.a
	make-frames lengths 4 60 1500 lengths.b
	make-frames short 5 14 1500 short.a
}

is_e1000e() {
	[[ $SOFTTAP_MACHINE == *e1000e* ]]
}

guest() {
	local port
	card_topology 1024
	# A card that the emulator makes of it (QEMU 7.2) adds no second VLAN tag, but
	# changes the one that is there.
	if is_e1000e; then
		ethtool -K eth1 rxvlan off txvlan off
		ethtool -K eth2 rxvlan off txvlan off
	fi
	start_watchers
	for port in eth1 eth2; do
		watch_port $port in
		watch_port $port out
	done
	load tap=eth1:eth2
	start_reader capture.pcapng
	both_ways odd $rate
	both_ways lengths $rate
	send A "$SOFTTAP_OUT/short.a" $rate
	stop_watchers
	ok 'the reader ends well' stop_reader
	laws_hold
	save_counters >counters
	unload
}

# The emulator's cables (QEMU 7.2) now and then let a frame overtake those that wait for the far
# end's card: order is what the port that sends is given, against what the other port received.
passed_between_cards() {
	local from=$1 in=$2 out=$3 to=$4 interface=$5
	ok "$from to $to: what left comes, byte for byte, each frame once" \
		frames shuffled "$from.out" "$to.in"
	ok "$from to $to: $out sends what $in received, in order" frames same "$in.in" "$out.out"
	ok "$from to $to: so it is in the capture" frames same "$in.in" "capture.pcapng:$interface"
}

verify() {
	if is_e1000e; then
		frames pad 60 a.out a.wire
		mv a.wire a.out
	fi
	passed_between_cards a eth1 eth2 b 0
	counters_agree a a b
	passed_between_cards b eth2 eth1 a 1
	counters_agree b b a
	file_is_valid capture.pcapng
}

run_test
