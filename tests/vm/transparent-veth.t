#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Seconds: 14
# Covers: kmod/forward.[ch] kmod/transmit.[ch] kmod/compat/* tests/lib/guest.sh tests/lib/tap.sh
#
# What leaves the tap is what came, byte for byte, each frame once, in order: frames of every
# length and of every odd kind, both ways at once, between veth pairs.
#
#	 namespace A             this machine             namespace B
#	+-----------+      +-----------------------+      +-----------+
#	|        a0 +------+ eth1   softtap   eth2 +------+ b0        |
#	+-----------+ veth +-----------------------+ veth +-----------+
. "$(dirname "$0")/../lib/test.sh"
. "$tests/lib/captures.sh"

machines=('--kernel 6.1' '--kernel 6.12')

once() {
	make-frames odd 1 14 1500 odd.a
	make-frames odd 2 14 1500 odd.b
	make-frames broken 7 14 1500 broken.a
	make-frames broken 8 14 1500 broken.b
	make-frames lengths 3 14 1500 lengths.a
	make-frames lengths 4 14 1500 lengths.b
	make-frames jumbo 5 14 9000 jumbo.a
	make-frames jumbo 6 14 9000 jumbo.b
}

prepare() {
	ln -s "$SOFTTAP_SHARED"/* .
}

guest() {
	veth_topology
	start_watchers
	load tap=eth1:eth2
	start_reader capture.pcapng
	both_ways odd
	both_ways broken
	both_ways lengths
	set_mtu 9000
	both_ways jumbo
	stop_watchers
	ok 'the reader ends well' stop_reader
	laws_hold
	save_counters >counters
	unload
}

verify() {
	ok 'A sent what it was to send' frames same odd.a,broken.a,lengths.a,jumbo.a a.out
	ok 'B sent what it was to send' frames same odd.b,broken.b,lengths.b,jumbo.b b.out
	passed_unchanged a b a b capture.pcapng
	passed_unchanged b a b a capture.pcapng
	file_is_valid capture.pcapng
}

run_test
