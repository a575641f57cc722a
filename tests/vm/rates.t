#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Seconds: 31
# Covers: kmod/capture.[ch] kmod/channel.[ch] userspace/commands/stat.c userspace/store/storage.[ch]
#
# The frame sizes of RFC 2544 (section 9.1; here without FCS) and IMIX, both ways, a second each
# and a minute with --long, captured with the default buffers to a disk that keeps up: nothing is
# lost, and the file says so. How fast, and what a slow disk costs, tests/bench/loss measures.
#
#	 namespace A             this machine             namespace B
#	+-----------+      +-----------------------+      +-----------+
#	|        a0 +------+ eth1   softtap   eth2 +------+ b0        |
#	+-----------+ veth +-----------+-----------+ veth +-----------+
#	                               | reader
#	                              ext4

# shellcheck source=tests/lib/test.sh
. "$(dirname "$0")/../lib/test.sh"
# shellcheck source=tests/lib/disk.sh
. "$tests/lib/disk.sh"
# shellcheck source=tests/tools/flood.sh
. "$tests/tools/flood.sh"

machines=('--kernel 6.1 --disk 4G' '--kernel 6.12 --disk 4G')
timeout=$(count 300 1800)
flood_rate=$(count 4000 10000)
sizes='60 124 252 508 1020 1276 1514 imix'
file=disk/capture.pcapng

# flood_with SIZE - its own mixture is IMIX
flood_with() {
	local size=(--size "$1")
	[ "$1" != imix ] || size=()
	flood --rate "$flood_rate" --seconds "$(count 1 60)" "${size[@]}" A/a0 B/b0 >flood.report
}

# Frames of both streams, and their rates.
sent() {
	awk '$1 == "stream" { sum += $4 } END { print sum }' flood.report
}

rates() {
	awk '$1 == "stream" { print $NF }' flood.report | paste -sd' '
}

# carries SIZE
carries() {
	local before
	softtap stat -j >before
	start_reader $file
	before=$(add_up {a,b}/captured_frames)
	ok "$1: all that was sent arrived, once, in order" flood_with "$1"
	ok "$1: the reader ends well" stop_reader
	softtap stat -j >after
	is "$1: all was captured, at $(rates) a second" \
		$(($(add_up {a,b}/captured_frames) - before)) "$(sent)"
	is "$1: nothing was lost" "$(add_up {a,b}/lost_frames)" 0
	ok "$1: the file tells the same" \
		softtap verify --fail-on-loss --before before --after after $file
}

guest() {
	local size
	veth_topology
	sysctl -qw net.core.netdev_max_backlog=100000
	load tap=eth1:eth2
	new_disk
	for size in $sizes; do
		carries "$size"
	done
	laws_hold
	unload
}

run_test
