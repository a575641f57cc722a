#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Seconds: 29
# Covers: userspace/commands/capture.c userspace/store/storage.[ch] userspace/tap/relay.[ch]
#
# A link that fills sub-buffers goes to a file past the page cache, out of the memory that the
# module has written; each frame is in it once, in order, what comes slowly afterwards too. With
# two processors recording, and where the file system has no direct writes, it goes by the cache.
#
#	 namespace A             this machine             namespace B
#	+-----------+      +-----------------------+      +-----------+
#	|        a0 +------+ eth1   softtap   eth2 +------+ b0        |
#	+-----------+      +-----------+-----------+      +-----------+
#	                               | reader
#	                            ext4, tmpfs

# shellcheck source=tests/lib/test.sh
. "$(dirname "$0")/../lib/test.sh"
. "$tests/lib/captures.sh"

machines=('--kernel 6.1 --disk 512M' '--kernel 6.12 --smp 2 --disk 512M')
times=8	# a thousand frames each

prepare() {
	make-frames plain 1 1000 1500 plain.a
	make-frames plain 2 1000 1500 plain.b
}

send_fast() {
	local i
	for ((i = 0; i < times; i++)); do
		send A "$SOFTTAP_OUT/plain.a"
	done
}

# capture_on DIRECTORY NAME - fast, then slowly; the file is looked at before it goes to the host
capture_on() {
	start_reader "$1/$2" --interval 1000
	send_fast
	within 30 all_written "$1/$2"
	cached "$1/$2" >"$2.cached"
	send A "$SOFTTAP_OUT/plain.a" 500
	ok "$2: the reader ends well" stop_reader
	laws_hold
	is "$2: nothing is lost" "$(counter a/lost_frames)" 0
	cp "$1/$2" .
}

all_written() {
	[ "$(stat -c %s "$1")" -gt $((times * 1000 * 1000)) ]
}

on_ext4() {
	mkfs.ext4 -qF /dev/vda
	mkdir -p disk
	mount /dev/vda disk
	capture_on disk "$1"
}

# Both hosts at once, each on its processor.
from_both() {
	local sender
	start_reader disk/both.pcapng
	(send_fast) &
	sender=$!
	send B "$SOFTTAP_OUT/plain.b" 1000
	wait $sender
	ok 'both: the reader ends well' stop_reader
	cp disk/both.pcapng .
}

guest() {
	veth_topology
	load tap=eth1:eth2 subbuf_kb=128 subbufs=128
	on_ext4 ext4.pcapng
	from_both
	mkdir ram
	capture_on ram tmpfs.pcapng
}

# sent N HOST - a list of the file of what a host sent, N times
sent() {
	yes "plain.$2" | head -n "$1" | paste -sd ,
}

verify() {
	local name
	for name in ext4 tmpfs; do
		ok "$name: each frame is there, once, in order" \
			frames same "$(sent $((times + 1)) a)" $name.pcapng
		file_is_valid $name.pcapng
	done
	ok 'both: each frame of A is there' frames same "$(sent $times a)" both.pcapng:0
	ok 'both: each frame of B is there' frames same plain.b both.pcapng:1
	file_is_valid both.pcapng
	ok "little of it is in the page cache ($(cat ext4.pcapng.cached) %)" \
		[ "$(cat ext4.pcapng.cached)" -lt 20 ]
}

run_test
