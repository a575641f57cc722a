#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Seconds: 38
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

cards() {
	printf -- ' --nic %s' "$1" "$1" "$1" "$1"
}

machines=("--kernel 6.1$(cards virtio-net-pci)" "--kernel 6.12$(cards virtio-net-pci)"
	"--kernel 6.1$(cards e1000e)" "--kernel 6.12$(cards e1000e)")

once() {
	make-frames odd 1 60 1500 odd.a
	make-frames odd 2 60 1500 odd.b
	make-frames lengths 3 60 1500 lengths.a
	make-frames lengths 4 60 1500 lengths.b
	make-frames short 5 14 1500 short.a
}

prepare() {
	cp "$SOFTTAP_SHARED"/* .
}

is_e1000e() {
	[[ $SOFTTAP_MACHINE == *e1000e* ]]
}

guest() {
	# A card that the emulator makes of it (QEMU 7.2) adds no second VLAN tag, but
	# changes the one that is there. Later the card would take its link down for it.
	if is_e1000e; then
		ethtool -K eth1 rxvlan off txvlan off
		ethtool -K eth2 rxvlan off txvlan off
	fi
	card_topology
	start_watchers
	load tap=eth1:eth2
	start_reader capture.pcapng
	both_ways odd
	both_ways lengths
	send A "$SOFTTAP_OUT/short.a"
	stop_watchers
	ok 'the reader ends well' stop_reader
	laws_hold
	save_counters >counters
	unload
}

verify() {
	ok 'A sent what it was to send' frames same odd.a,lengths.a,short.a a.out
	ok 'B sent what it was to send' frames same odd.b,lengths.b b.out
	if is_e1000e; then
		frames pad 60 a.out a.wire
		mv a.wire a.out
	fi
	passed_unchanged a b a b capture.pcapng
	passed_unchanged b a b a capture.pcapng
	file_is_valid capture.pcapng
}

run_test
