#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Readers are killed under traffic both ways. The wire never notices, and the next one goes on:
# what their files hold together is what was captured, once each; what was lost is told in them.
#
#	 namespace A             this machine             namespace B
#	+-----------+      +-----------------------+      +-----------+
#	| flood  a0 +------+ eth1   softtap   eth2 +------+ b0  flood |
#	+-----------+      +-----------+-----------+      +-----------+
#	                               |
#	                   capture.1 capture.2 capture.3 ...
#
# Half of the readers write to a disk that takes long, the others have to wait for their turn, so
# that many die writing. The next one finds out how far such a reader came, and mends the end of its
# file: no record is in two files, and other programs have no complaint about any.
#
# 50 times over both kernels; 500 on each with --long.

# shellcheck source=tests/lib/test.sh
. "$(dirname "$0")/../lib/test.sh"
# shellcheck source=tests/tools/flood.sh
. "$tests/tools/flood.sh"

machines=('--kernel 6.1 --smp 2 --disk 4G' '--kernel 6.12 --smp 2 --disk 4G')
kills=$(count 25 500)	# on each kernel
timeout=$(count 600 3600)

# At any time: reading, writing, waiting.
kill_reading() {
	start_capture "$1"
	nap 0.$((RANDOM % 400 + 100))
}

# Before it has found its feet.
kill_starting() {
	"${under[@]}" softtap capture -w "$1" </dev/null 2>"$1.log" &
	reader=$!
	nap 0.0$((RANDOM % 90 + 10))
}

# While frames are lost, as it does not read: the next one has to tell of them.
kill_stopped() {
	start_capture "$1"
	kill -STOP "$reader"
	frames_pass lost_frames 1
}

# When it has told of lost frames itself.
kill_behind() {
	kill_stopped "$1"
	kill -CONT "$reader"
	frames_pass captured_frames 100
}

when=(reading starting reading stopped reading behind)

kill_one() {
	local kill=kill_${when[n % 6]} file=capture.$n
	under=()
	if [ $((n % 4)) -lt 2 ]; then file=/mnt/$file; else under=(nice -n 19); fi
	$kill "$file"
	kill -KILL "$reader"
	wait "$reader" 2>/dev/null || :
	[ $((n % 100)) != 0 ] || mv capture.* /mnt
}

guest() {
	local n files
	mkfs.ext4 -q /dev/vda
	mount -o sync /dev/vda /mnt
	veth_topology
	load tap=eth1:eth2 subbuf_kb=128 subbufs=8
	start_flood
	frames_pass tx_frames 20
	for ((n = 1; n <= kills; n++)); do
		kill_one
	done
	under=()
	kill_stopped capture.$n
	stop_flood
	kill -CONT "$reader"
	ok 'the last reader, behind which frames were lost, ends well' stop_reader
	mv capture.* /mnt
	flood_is_good
	laws_hold
	files_are_good
	ok 'the module can be unloaded' unload
}

# In the order of the readers. One that was killed early has left no file.
list_files() {
	local n
	for ((n = 1; n <= kills + 1; n++)); do
		[ ! -e /mnt/capture.$n ] || echo /mnt/capture.$n
	done
}

files_are_good() {
	local files lost
	mapfile -t files <<<"$(list_files)"
	value lost a/lost_frames
	ok "frames were lost, $lost on one port" [ "$lost" -gt 0 ]
	ok 'every record is in the files once, and what was lost is told of' \
		records_agree "${files[@]}"
	records "${files[@]}" >account || :
	sed 's/^/# /' account >&2
	like 'no file is torn, and no record declared as perhaps doubled' "$(tail -n 1 account)" \
		'^files [0-9]+ torn 0 declared 0$'
	is 'capinfos reads each' "$(capinfos -c "${files[@]}" 2>&1 >/dev/null)" ''
	is 'tcpdump reads each' "$(each_by tcpdump -n -w /dev/null -r "${files[@]}")" ''
	is 'tshark reads each' "$(each_by tshark -n -w /dev/null -r "${files[@]: -$(count 4 100)}")" ''
}

# each_by COMMAND… FILE… - what it complains of, file by file
each_by() {
	local words=() file
	until [ "${1%/*}" = /mnt ]; do
		words+=("$1")
		shift
	done
	for file; do
		"${words[@]}" "$file" 2>&1 >/dev/null | grep -v '^reading from file\|^Running as user' || :
	done
}

run_test
