#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Seconds: 60
# Covers: userspace/commands/capture.c userspace/store/pipe.[ch] userspace/store/storage.[ch]
#
# Into a pipe: programs that read it live show each frame soon after it passed, and what it holds
# ends with a whole record, also when nobody reads and the writer is stopped or killed.
#
#	 namespace A             this machine             namespace B
#	+-----------+      +-----------------------+      +-----------+
#	|        a0 +------+ eth1   softtap   eth2 +------+ b0        |
#	+-----------+      +-----------+-----------+      +-----------+
#	                               | reader
#	                             pipe --> tcpdump, tshark, dumpcap, cat

# shellcheck source=tests/lib/test.sh
. "$(dirname "$0")/../lib/test.sh"
# shellcheck source=tests/tools/flood.sh
. "$tests/tools/flood.sh"
. "$tests/lib/captures.sh"

machines=('--kernel 6.1 --smp 2' '--kernel 6.12 --smp 2')
kills=$(count 4 200)
flood_rate=3000
slack=3000	# ms that an emulated machine may take to send a frame and to show it
live=3

prepare() {
	make-frames plain 1 200 1500 plain
}

# --- Live ---------------------------------------------------------------------------------------------

now_ms() {
	echo $((${EPOCHREALTIME/[.,]/} / 1000))
}

# shows LINES - the program has shown more
shows() {
	[ "$(wc -l <shown)" -gt "$1" ]
}

# How long until a frame is shown; -1 if it is not.
time_to_show() {
	local lines start
	lines=$(wc -l <shown)
	start=$(now_ms)
	send_marker "frame $1" A
	if within 30 shows "$lines"; then echo $(($(now_ms) - start)); else echo -1; fi
}

# live_in PROGRAM INTERVAL
live_in() {
	local i took
	"$1" -n -l -r - <pipe >shown 2>"$1.log" &
	start_reader - -U --interval "$2" >pipe
	within 120 shows 0
	for ((i = 0; i < live; i++)); do
		sleep 0.1
		took=$(time_to_show $i)
		ok "--interval $2: $1 shows a frame after $took ms" \
			[ $((took >= 0 && took <= $2 + slack)) = 1 ]
	done
	ok 'the reader ends well' stop_reader
	wait
}

test_live() {
	live_in tcpdump 100
	live_in tshark 2000
}

# What wireshark -k -i - has read the pipe.
test_dumpcap() {
	dumpcap -q -i - -w dumpcap.pcapng <pipe 2>dumpcap.log &
	start_reader - >pipe
	send A "$SOFTTAP_OUT/plain" 500
	ok 'dumpcap: the reader ends well' stop_reader
	wait
}

# --- Stuck --------------------------------------------------------------------------------------------

# stuck NAME [OPTION…] - a reader whose pipe nobody reads, which has to end at once
stuck() {
	local name=$1 hold before status=0 start
	exec {hold}<>pipe
	start_flood
	"${under[@]}" softtap capture -w pipe "${@:2}" </dev/null 2>stuck.log &
	reader=$!
	frames_pass lost_frames 1
	before=$(switches)
	nap 2
	ok "$name: does not look all the time ($(($(switches) - before)) times in 2 s)" \
		[ $(($(switches) - before)) -lt 300 ]
	start=$(now_ms)
	[ $# -gt 1 ] || kill -TERM "$reader"
	within 60 test ! -e "/proc/$reader/fd/0"
	wait "$reader" || status=$?
	ok "$name: ends in time ($(($(now_ms) - start)) ms)" [ $(($(now_ms) - start)) -lt $((6000 * patience)) ]
	is "$name: exit status" $status 3
	like "$name: says why" "$(<stuck.log)" 'softtap: pipe: the other end is not reading'
	stop_flood
	exec {hold}<&-
}

switches() {
	awk '/^voluntary_ctxt/ { print $2 }' "/proc/$reader/status"
}

# Slowly is not stuck: what it reads slowly is there to the end.
test_slow() {
	while [ "$(head -c 60000 | tee -a slow.pcapng | wc -c)" -gt 0 ]; do sleep 0.1; done <pipe &
	start_reader pipe
	send A "$SOFTTAP_OUT/plain" 2000
	ok 'a pipe that is read slowly: the reader ends well' stop_reader
	wait
}

# --- Killed -------------------------------------------------------------------------------------------

# The pipe has somebody to read it, who does not.
start_unread() {
	exec {hold}<>pipe
	start_capture pipe
}

# drain FILE - adds what is in the pipe, until the writer is gone
drain() {
	cat <pipe >>"$1" {hold}>&- &
	exec {hold}>&-
}

# It waits for the pipe: frames are lost. Every other one is killed while it is read.
kill_one() {
	start_unread
	if [ $((n % 2)) = 0 ]; then
		frames_pass lost_frames 1
	else
		drain kill.$n
		nap 0.$((RANDOM % 400 + 100))
	fi
	kill -KILL "$reader"
	[ $((n % 2)) = 1 ] || drain kill.$n
	wait "$reader" $! 2>/dev/null || :
}

test_killed() {
	local n files=()
	for ((n = 0; n < kills; n++)); do
		kill_one
		files+=("kill.$n")
	done
	test_stopped
	stop_flood
	laws_hold
	ok 'all that was captured is in the pipes, and no record is torn' all_whole "${files[@]}" stopped
}

# What it holds then ends with a whole block; the rest follows when the writer goes on.
test_stopped() {
	start_unread
	frames_pass lost_frames 1
	kill -STOP "$reader"
	within 10 grep -q '^State:.T' "/proc/$reader/status"
	dd bs=16M count=1 iflag=nonblock status=none <&"$hold" >stopped
	like 'stopped: what the pipe holds is whole' \
		"$(softtap verify -j stopped 2>/dev/null | jq -c '[.torn_bytes, (.interfaces[0].packets > 0)]')" \
		'^\[0,true\]$'
	drain stopped
	kill -CONT "$reader"
	ok 'stopped, and gone on: ends well' stop_reader
	wait $! || :
}

all_whole() {
	records_agree "$@" >said.records && grep -q ' torn 0 ' said.records
}

guest() {
	veth_topology
	mkfifo pipe
	load tap=eth1:eth2 subbuf_kb=128 subbufs=8
	test_live
	test_dumpcap
	test_slow
	unload
	load tap=eth1:eth2 subbuf_kb=128 subbufs=2
	stuck 'a signal'
	unload
	load tap=eth1:eth2 subbuf_kb=128 subbufs=2
	stuck 'a duration' -a duration:3
	unload
	# What a reader leaves behind must have room in the pipe of the next one.
	load tap=eth1:eth2 subbuf_kb=128 subbufs=2
	start_flood
	frames_pass tx_frames 20
	test_killed
	unload
}

verify() {
	ok 'dumpcap: all that was received is there' frames same plain dumpcap.pcapng
	ok 'slow: all that was received is there' frames same plain slow.pcapng
}

run_test
