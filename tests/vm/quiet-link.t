#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Seconds: 7
# Covers: kmod/reader.[ch] kmod/channel.[ch] userspace/commands/capture.c userspace/reader/merge.[ch]
#
# On a link where little happens, each frame is in the file soon after it passed, and the file holds
# no padding: twice the bytes of the frames and 64 KiB at most, whatever the number of processors.
#
#	 namespace A             this machine             namespace B
#	+-----------+      +-----------------------+      +-----------+
#	|        a0 +------+ eth1   softtap   eth2 +------+ b0        |
#	+-----------+ veth +-----------------------+ veth +-----------+
. "$(dirname "$0")/../lib/test.sh"
. "$tests/lib/captures.sh"

machines=('--kernel 6.1 --smp 2')

# holds FILE BEFORE - it grew, by a record
holds() {
	[ "$(stat -c %s "$1")" -ge $(($2 + 60)) ]
}

guest() {
	local i size
	veth_topology
	load tap=eth1:eth2
	start_reader capture.pcapng
	for i in 1 2 3 4 5; do
		pause 0.5	# more than the reader's interval
		size=$(stat -c %s capture.pcapng)
		send_marker "frame $i" A
		ok "frame $i is in the file while the reader runs" within 5 holds capture.pcapng "$size"
	done
	ok 'the reader ends well' stop_reader
	laws_hold
	unload
}

verify() {
	local size bytes
	size=$(stat -c %s capture.pcapng)
	bytes=$(frames bytes capture.pcapng+)
	ok "$size bytes of file for $bytes bytes of frames" test "$size" -le $((2 * bytes + 65536))
	ok 'nor is there any filler' test "$size" -le $((4 * bytes + 1024))
	file_is_valid capture.pcapng
}

run_test
