#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Seconds: 29
# Covers: kmod/recording.[ch] kmod/reader.[ch] userspace/store/storage.[ch]
# Covers: userspace/reader/journal.[ch]
#
# Trouble with the disk, policy wire: it takes a tenth of what comes; it fails; it is full. The wire
# does not notice, and each frame is accounted for: in a file, lost and told of, or left for the
# next reader. What the disk refused after the page cache had taken it, the reader says.
#
#	 namespace A             this machine             namespace B
#	+-----------+      +-----------------------+      +-----------+
#	| flood  a0 +------+ eth1   softtap   eth2 +------+ b0  flood |
#	+-----------+      +-----------+-----------+      +-----------+
#	                               | reader
#	                     ext4 on a mapped device
#
# With one processor the reader writes past the page cache, with two by it.

# shellcheck source=tests/lib/test.sh
. "$(dirname "$0")/../lib/test.sh"
. "$tests/lib/captures.sh"
# shellcheck source=tests/lib/disk.sh
. "$tests/lib/disk.sh"
# shellcheck source=tests/tools/flood.sh
. "$tests/tools/flood.sh"

machines=('--kernel 6.1 --disk 256M' '--kernel 6.12 --smp 2 --disk 256M')
timeout=$(count 400 1200)
frames=$(($(count 10000 200000) / patience))	# each way, that a slow disk gets to see at least
flood_rate=5000
sectors=$((256 * 2048))

# --- The device -----------------------------------------------------------------------------------

# What mkfs.ext4 puts at the start works in any case. A flaky disk takes nothing every other second.
table() {
	case $1 in
	good) echo "0 $sectors linear /dev/vda 0" ;;
	bad) printf '0 4096 linear /dev/vda 0\n4096 %s error\n' $((sectors - 4096)) ;;
	flaky) printf '0 4096 linear /dev/vda 0\n4096 %s flakey /dev/vda 4096 1 1 1 error_writes\n' \
		$((sectors - 4096)) ;;
	esac
}

# switch_to good|bad|flaky - from now on
switch_to() {
	table "$1" | dmsetup load trouble
	dmsetup suspend --nolockfs trouble
	dmsetup resume trouble
}

# Metadata is all at its start.
make_disk() {
	export DM_DISABLE_UDEV=1
	modprobe -a dm-mod dm-flakey
	table good | dmsetup create trouble
	disk_device=/dev/mapper/trouble
	new_disk -O ^has_journal,^resize_inode -N 64 -m 0
}

from_the_disk() {
	sync
	echo 3 >/proc/sys/vm/drop_caches
}

# --- Slow -----------------------------------------------------------------------------------------

# Sets $offered to what comes, bytes a second, when it is captured to where there is room.
look_what_comes() {
	local bytes start
	start_capture /tmp/fast
	start=${EPOCHREALTIME/[.,]/}
	bytes=$(add_up {a,b}/rx_bytes)
	frames_pass rx_frames $((frames / 4))
	offered=$((($(add_up {a,b}/rx_bytes) - bytes) * 1000000 / (${EPOCHREALTIME/[.,]/} - start)))
	stop_reader
	ok 'fast: the file holds what was captured' records_agree /tmp/fast
	rm /tmp/fast
}

# Sets $lost and $rx: of the copies wanted, how many are lost, and all.
most_is_lost() {
	lost=$(add_up {a,b}/lost_frames) rx=$(add_up {a,b}/{captured,lost}_frames)
	[ "$lost" -gt $((rx / 2)) ]
}

# Buffers and page cache hold much of what a slow machine has time for: as long as that takes.
until_most_is_lost() {
	frames_pass rx_frames "$frames"
	for _ in {1..20}; do
		! most_is_lost || return 0
		frames_pass rx_frames $((frames / 4))
	done
}

slow_disk() {
	local slow lost rx
	start_flood
	look_what_comes
	slow=$((offered / 10))
	diag "the disk takes $slow bytes a second"
	make_slow_group $slow
	softtap stat -j >before.json
	under=(slowly)
	start_capture disk/slow
	until_most_is_lost
	stop_flood
	# What was lost is lost: the rest need not take its time.
	make_slow_group max
	ok 'slow: the reader ends well' stop_reader
	under=()
	softtap stat -j >after.json
	flood_is_good
	laws_hold
	ok 'slow: most copies are lost' most_is_lost
	diag "slow: $lost of $rx copies are lost"
	is 'slow: no frame is dropped' "$(add_up {a,b}/{tx_dropped,refused_frames})" 0
	from_the_disk
	ok 'slow: the file holds what was captured, and tells what was lost' records_agree disk/slow
	ok 'slow: softtap verify agrees with the kernel' \
		softtap verify --before before.json --after after.json disk/slow
	rm disk/slow
}

# --- Bad ------------------------------------------------------------------------------------------

# reader_fails NAME PATTERN [PATTERN] - it ends by itself, and says so in one line; another may follow
reader_fails() {
	local status=0
	wait "$reader" || status=$?
	is "$1: exit status" $status 3
	is "$1: one line" "$(grep '^softtap: ' first.log | grep -vc "${3:-^$}")" 1
	like "$1: says so" "$(grep '^softtap: ' first.log | head -n 1)" "$2"
}

# next_reader NAME - goes on, elsewhere
next_reader() {
	start_capture second
	frames_pass captured_frames 500
	stop_flood
	ok "$1: the next reader ends well" stop_reader
	flood_is_good
	laws_hold
}

# said_packets FILE - what its reader says it wrote
said_packets() {
	awk '/ packets? captured$/ { print $1 }' "$1.log"
}

# account_of_both - what was captured since the last time is what both readers say they wrote
account_of_both() {
	local a b
	delta a a/captured_frames
	delta b b/captured_frames
	is "$1: both readers account for each captured frame" \
		$(($(said_packets first) + $(said_packets second))) $((a + b))
}

# What was captured and lost until now is no matter any more.
begin_account() {
	local name
	for name in {a,b}/{captured,lost}_frames; do
		agreed[$name]=$(counter "$name")
	done
}

first_writes() {
	start_flood
	start_capture disk/first --interval $((1000 * patience))
	frames_pass captured_frames 2000
	sync
}

# It is told at once what the disk does not take. Where the file is cut in the middle of a page that
# goes by the page cache, and may be refused, too.
bad_disk_direct() {
	local name="$1 disk"
	first_writes
	switch_to "$1"
	reader_fails "$name" 'cannot write to disk/first: Input/output error' \
		'the disk failed after accepting data'
	next_reader "$name"
	switch_to good
	from_the_disk
	ok "$name: each frame is in one of the files" records_agree disk/first second
	rm disk/first
}

# It is told when it is too late, and when the disk works again meanwhile.
bad_disk_cached() {
	local name="$1 disk"
	first_writes
	switch_to "$1"
	reader_fails "$name" 'disk/first: Input/output error: the disk failed after accepting data'
	next_reader "$name"
	account_of_both "$name"
	switch_to good
	rm disk/first
}

# Or not before the end.
bad_disk_at_the_end() {
	local flood_rate=1000	# a reader has the disk write every 4 MiB
	sysctl -qw vm.dirty_bytes=100000000 vm.dirty_background_bytes=90000000 vm.dirty_writeback_centisecs=0
	start_flood
	start_capture disk/first --sync 300	# not while it goes on
	frames_pass captured_frames 500
	switch_to bad
	frames_pass captured_frames 500
	kill -INT "$reader"
	reader_fails 'bad disk at the end' 'disk/first: Input/output error: the disk failed after accepting data'
	switch_to good
	start_capture disk/first
	frames_pass captured_frames 500
	stop_flood
	ok 'good disk at the end: the reader ends well' stop_reader
	rm disk/first
	little_cache
}

# --- Full -----------------------------------------------------------------------------------------

leave_space() {
	local free
	free=$(stat -f -c '%a * %S' disk)
	fallocate -l $((free - $1)) disk/fill
}

full_disk() {
	begin_account
	leave_space 2000000
	start_flood
	start_capture disk/first
	reader_fails 'full disk' 'cannot write to disk/first: No space left on device'
	next_reader 'full disk'
	from_the_disk
	like 'full disk: verify finds no torn tail' "$(softtap verify -j disk/first 2>/dev/null)" \
		'"torn_bytes": ?0[^0-9]'
	is 'full disk: the file has its statistics' \
		"$(softtap verify -j disk/first 2>/dev/null | jq -c '[.wrong, (.interfaces[] | .packets == .statistics.delivered)]')" \
		'[[],true,true]'
	ok 'full disk: each frame is in one of the files' records_agree disk/first second
}

guest() {
	make_disk
	little_cache
	veth_topology
	load tap=eth1:eth2 subbuf_kb=128 subbufs=4
	slow_disk
	if [ "$(nproc)" = 1 ]; then
		bad_disk_direct bad
		bad_disk_direct flaky
	else
		bad_disk_cached bad
		bad_disk_cached flaky
		bad_disk_at_the_end
	fi
	full_disk
}

run_test
