#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Seconds: 30
# Covers: kmod/capture.[ch] kmod/tap_debugfs.[ch] userspace/commands/capture.c userspace/reader/merge.[ch]
# Covers: userspace/reader/session.[ch] userspace/tap/relay.[ch] userspace/pcapng/write.[ch] scripts/vm* tests/lib/guest.sh
# Covers: tests/lib/softtap.sh
#
# The file that `softtap capture` writes, with frames coming in on several processors: complete,
# in the order of time, and read by tshark, capinfos and tcpdump without a complaint; also while
# tcpdump watches a port; also what `cat header cpu0` makes.
#
#	 namespace A             this machine             namespace B
#	+-----------+      +-----------------------+      +-----------+
#	| 2 ×    a0 +------+ eth1   softtap   eth2 +------+ b0   2 ×  |
#	+-----------+ veth +-----------------------+ veth +-----------+
#	senders, each on a processor: on veth, frames arrive on the one they were sent on
. "$(dirname "$0")/../lib/test.sh"
. "$tests/lib/captures.sh"

machines=('--kernel 6.1' '--kernel 6.12 --smp 2' '--kernel 6.1 --smp 4')
debugfs=/sys/kernel/debug/softtap/tap0

once() {
	local seed
	for seed in 1 2 3 4; do
		make-frames plain $seed 60 1500 plain.$seed
	done
}

prepare() {
	ln -s "$SOFTTAP_SHARED"/* .
}

# all_send CPU… - the four senders, each on its processor
all_send() {
	local seed host=(A A B B) senders=()
	for seed in 1 2 3 4; do
		in-netns -c "$1" "${host[seed - 1]}" \
			send-frames "${host[seed - 1],,}0" "$SOFTTAP_OUT/plain.$seed" &
		senders+=($!)
		shift
	done
	wait "${senders[@]}"
}

by_cat() {
	local before
	cat $debugfs/header $debugfs/cpu0 >cat.pcapng </dev/null &
	reader=$!
	sum before a/{captured,filtered}_frames
	within 60 marker_recorded "$before"
	all_send 0 0 0 0
	in-netns -c 0 A send-frames --marker 'softtap test marker: end of A' a0
	within 60 marker_seen end A cat.pcapng
	kill "$reader"
	wait "$reader" || :
}

guest() {
	local last
	last=$(($(nproc) - 1))
	veth_topology
	start_watchers
	load tap=eth1:eth2
	start_reader capture.pcapng
	all_send 0 $last $((last / 2)) $last
	watch_port eth1 in
	all_send $last 0 $last $((last / 2))
	stop_watchers
	ok 'the reader ends well' stop_reader
	save_counters >counters
	by_cat
	laws_hold
	unload
}

all_arrived() {
	ok "$1 to $2: each sender's frames arrive, once, in order" frames flows "$1.out" "$2.in"
	ok "$1 to $2: the capture has them" frames flows "$1.out" "capture.pcapng:$3"
	counters_agree "$1" "$1" "$2"
}

verify() {
	all_arrived a b 0
	all_arrived b a 1
	ok 'tcpdump on the port saw what came' frames flows plain.1,plain.2 eth1.in
	file_is_valid capture.pcapng
	is 'it names both ports' "$(frames interfaces capture.pcapng)" $'eth1\neth2'
	is 'its statistics tell of no drops' "$(frames dropped capture.pcapng)" $'0 0\n0 0'
	like 'the reader tells what it wrote' "$(cat capture.pcapng.log)" \
		"$(frames count capture.pcapng+) packets captured"
	file_is_valid cat.pcapng
	ok 'cat header cpu0: from A' frames flows plain.1,plain.2 cat.pcapng:0
	ok 'cat header cpu0: from B' frames flows plain.3,plain.4 cat.pcapng:1
}

run_test
