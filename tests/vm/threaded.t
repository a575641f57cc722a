#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Seconds: 60
# Covers: kmod/forward.c kmod/channel.[ch] kmod/channel_flight.c
#
# What receives has real-time priorities, different ones for the two ports: on a real-time kernel one
# preempts the other in the middle of a record. The file is whole all the same, and the account adds up;
# a snapshot of the flight recorder, too.
#
#	 namespace A             this machine             namespace B
#	+-----------+      +-----------------------+      +-----------+
#	|        a0 +------+ eth1   softtap   eth2 +------+ b0        |
#	+-----------+      +-----------------------+      +-----------+
#	                      10               60          FIFO priority
#
# B's sender is woken by a timer, whatever is being recorded.
. "$(dirname "$0")/../lib/test.sh"
. "$tests/lib/guest.sh"

cards='--nic virtio-net-pci --nic virtio-net-pci --nic virtio-net-pci --nic virtio-net-pci'
# What is recorded lies in memory: half a gigabyte a hundred rounds.
memory="--mem $(count 1024 6144)"
machines=("--kernel 6.1 --smp 1 $memory $cards" "--kernel 6.12 --smp 2 $memory $cards")
rounds=$(count 3 400)
timeout=$(count 300 3600)

prepare() {
	make-frames plain 1 60 1500 frames.a
	make-frames plain 2 60 1500 frames.b
}

# Each has a thread that receives, which may wait until nothing else runs.
serve_by_threads() {
	local port
	for port in eth1 eth2; do
		echo 1 >/sys/class/net/$port/threaded
		within 10 pgrep -f "napi/$port-"
	done
	for port in $(pgrep -f napi/eth1-); do chrt -f -p 10 "$port"; done
	for port in $(pgrep -f napi/eth2-); do chrt -f -p 60 "$port"; done
}

# Both ways at once, one of them as fast as it goes.
frames_pass() {
	local round sender
	for ((round = 0; round < rounds; round++)); do
		send A "$SOFTTAP_OUT/frames.a" &
		sender=$!
		in-netns -c 0 B chrt -f 60 send-frames b0 "$SOFTTAP_OUT/frames.b" 2000
		wait $sender
	done
}

# What they count is in the file, and nothing else.
file_agrees() {
	ok "$1 is whole and adds up" softtap verify "$1"
	is "$1 holds what was captured" "$(capinfos -TMrc "$1" | cut -f 2)" \
		"$(add_up {a,b}/captured_frames)"
}

record() {
	load tap=eth1:eth2 subbuf_kb=256 subbufs=16
	start_reader "$1.pcapng" "${@:2}"
	frames_pass
	stop_reader
	laws_hold
	file_agrees "$1.pcapng"
	unload
}

flight() {
	load tap=eth1:eth2 subbuf_kb=128 subbufs=3 policy=flight
	frames_pass
	softtap snapshot -w snapshot.pcapng 2>/dev/null
	ok 'a snapshot is whole' softtap verify snapshot.pcapng
	is 'it holds what was captured and not overwritten' "$(capinfos -TMrc snapshot.pcapng | cut -f 2)" \
		$(($(add_up {a,b}/captured_frames) - $(add_up {a,b}/overwritten_frames)))
	laws_hold
	unload
}

guest() {
	card_topology
	serve_by_threads
	record whole
	record part ip
	flight
}

run_test
