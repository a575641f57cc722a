#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Seconds: 20
# Covers: kmod/port_room.[ch] kmod/capture.c
#
# With policy record a super-frame that never has room would never pass. Buffers that are too small for
# what a port can hand up are refused, with what would do; what becomes so later, or comes in smaller
# segments than was reckoned with, is told.
. "$(dirname "$0")/../lib/test.sh"
. "$tests/lib/guest.sh"
# shellcheck source=tests/lib/nic.sh
. "$tests/lib/nic.sh"
. "$tests/lib/skbwatch.sh"

machines=('--kernel 6.1 --smp 2' '--kernel 6.12 --smp 2')

once() {
	mkdir supers
	make-supers eth1 supers 64000 32
}

prepare() {
	build_for_tests skbwatch
}

# What softtap has to say since it was asked last.
complaints() {
	dmesg -ct --level err,warn | grep -w softtap || :
}

# big_frames BYTES - as A's host may make
big_frames() {
	ip -n A link set a0 gso_max_size "$1" gro_max_size "$1"
}

refused() {
	! "$@"
}

write() {
	echo "$2" >"$sysfs/tap0/$1"
}

# Those of the default size always have room.
usual_frames() {
	ok 'the smallest buffers are enough for the usual sizes' \
		load tap=eth1:eth2 policy=record subbuf_kb=128 subbufs=2
	unload
	ok 'the default ones as well' load tap=eth1:eth2 policy=record
	unload
}

# Of a peer in another namespace.
made_too_small() {
	local words
	big_frames 300000
	complaints >/dev/null
	ok 'too small for BIG TCP: refused' refused load tap=eth1:eth2 policy=record subbuf_kb=128 subbufs=2
	words=$(complaints)
	like 'it is said what would do, in one line' "$words" \
		'^softtap: policy record: a frame of 300000 bytes, as eth1 [^'$'\n'']*: subbufs=[0-9]+ would do$'
	ok 'nothing stays' refused test -e $sysfs
	words=${words##*subbufs=}
	ok 'what would do, does' load tap=eth1:eth2 policy=record subbuf_kb=128 subbufs="${words% would*}"
	unload
	ok 'one less does not' refused load tap=eth1:eth2 policy=record subbuf_kb=128 \
		subbufs=$((${words% would*} - 1))
	ok 'other policies lose a copy' load tap=eth1:eth2 subbuf_kb=128 subbufs=2
}

# The tap of the one before.
set_too_small() {
	complaints >/dev/null
	ok 'the policy is refused later, too' refused write policy record
	is 'it is as it was' "$(<$sysfs/tap0/policy)" wire
	like 'and it is said why' "$(complaints)" 'policy record: a frame of 300000 bytes'
	write snaplen 64
	ok 'what is recorded of each can be less' write policy record
	ok 'but then not more again' refused write snaplen 0
	is 'the limit is as it was' "$(<$sysfs/tap0/snaplen)" 64
	unload
	ok 'so from the beginning' load tap=eth1:eth2 policy=record subbuf_kb=128 subbufs=2 snaplen=64
	unload
}

becomes_too_small() {
	big_frames 65536
	load tap=eth1:eth2 policy=record subbuf_kb=128 subbufs=2
	big_frames 300000
	complaints >/dev/null
	ip link set eth1 mtu 1400
	like 'what becomes too large is warned of' "$(complaints)" \
		'eth1: softtap: policy record: a frame of 300000 bytes.*: make the tap with subbufs=[0-9]+$'
	ip link set eth1 mtu 1500
	is 'once' "$(complaints)" ''
}

# Smaller segments than anybody reckons with.
comes_too_large() {
	local before
	watch_skbs
	start_reader big.pcapng
	complaints >/dev/null
	before=$(counter a/refused_frames)
	cat "$SOFTTAP_SHARED/supers/tcpv4-partial" >$skbwatch/inject
	like 'a frame that never has room is told' "$(complaints)" \
		'tap0: a frame of 2000 segments may be held back for ever [^'$'\n'']*subbufs=4[^0-9]'
	is 'and held back' $(($(counter a/refused_frames) - before)) 2000
	stop_reader
	laws_hold
	rmmod skbwatch
	unload
	load tap=eth1:eth2 policy=record subbuf_kb=128 subbufs=4 2>/dev/null
	watch_skbs
	start_reader small.pcapng
	before=$(counter a/refused_frames)
	cat "$SOFTTAP_SHARED/supers/tcpv4-partial" >$skbwatch/inject
	is 'what would do, does' $(($(counter a/refused_frames) - before)) 0
	stop_reader
	rmmod skbwatch
	unload
}

guest() {
	veth_topology
	usual_frames
	made_too_small
	set_too_small
	becomes_too_small
	big_frames 65536
	comes_too_large
}

run_test
