#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Seconds: 17
# Covers: kmod/capture.[ch] kmod/channel.[ch] kmod/recording.[ch] kmod/counters.[ch]
#
# More comes than a small buffer takes while the reader stands still: the wire does not notice, and
# the file tells how many frames are missing and where, to the frame. Without a reader there is no
# loss, as no copy is made.
#
#	 namespace A             this machine             namespace B
#	+-----------+      +-----------------------+      +-----------+
#	|        a0 +------+ eth1   softtap   eth2 +------+ b0        |
#	+-----------+ veth +-----------------------+ veth +-----------+
. "$(dirname "$0")/../lib/test.sh"
. "$tests/lib/captures.sh"

machines=('--kernel 6.1' '--kernel 6.12')

once() {
	local i
	for i in 1 2 3 4; do
		make-frames plain $i 60 1500 plain$i.a
		make-frames plain 1$i 60 1500 plain$i.b
	done
}

prepare() {
	ln -f "$SOFTTAP_SHARED"/plain* .
}

guest() {
	veth_topology
	start_watchers
	load tap=eth1:eth2 subbuf_kb=128 subbufs=2
	both_ways plain1
	is 'without a reader, frames of A are idle' "$(counter a/idle_frames)" 1000
	is 'without a reader, frames of B are idle' "$(counter b/idle_frames)" 1000
	is 'without a reader nothing is lost' "$(add_up {a,b}/lost_frames)" 0
	is 'without a reader nothing is captured' "$(add_up {a,b}/captured_frames)" 0
	start_reader capture.pcapng
	kill -STOP "$reader"
	both_ways plain2
	kill -CONT "$reader"
	both_ways plain3 500
	kill -STOP "$reader"
	both_ways plain4
	ok 'no sub-buffer is free' [ "$(value_of buffer_fill)" -gt 131072 ]
	is 'and a buffer was full' "$(value_of buffer_highest)" "$(value_of buffer_size)"
	kill -INT "$reader"
	kill -CONT "$reader"
	ok 'the reader ends well' wait "$reader"
	stop_watchers
	laws_hold
	is 'after the reader it is empty' "$(value_of buffer_fill)" 0
	save_counters >counters
	start_reader again.pcapng
	ok 'to the next reader it was never full' [ "$(value_of buffer_highest)" -lt 131072 ]
	stop_reader
	unload
}

value_of() {
	cat "$sysfs/tap0/$1"
}

lost_and_told() {
	local interface=$1 port=$2 dropped told
	read -r dropped told < <(frames dropped capture.pcapng | sed -n "$((interface + 1))p")
	ok "port $port lost some" test "$(saved counters "$port/lost_frames")" -gt 500
	is "port $port: the file's drops are lost_frames" "$dropped" \
		"$(saved counters "$port/lost_frames")"
	ok "port $port: what was lost behind the last record, too" test "$told" -lt "$dropped"
	is "port $port: its records are captured_frames" \
		"$(frames count "capture.pcapng+:$interface")" \
		"$(saved counters "$port/captured_frames")"
	ok "port $port: drops are told where frames are missing" \
		frames gaps "plain2.$port,plain3.$port,plain4.$port" "capture.pcapng:$interface"
	ok "the wire of port $port did not notice" \
		frames same "plain1.$port,plain2.$port,plain3.$port,plain4.$port" "$3.in"
}

verify() {
	lost_and_told 0 a b
	lost_and_told 1 b a
	file_is_valid capture.pcapng
}

run_test
