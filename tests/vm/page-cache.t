#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Seconds: 60
# Covers: userspace/store/storage.[ch] userspace/store/syncer.[ch] userspace/commands/capture.c
#
# What a capture leaves to the page cache: little, whatever the machine would allow; so that its end
# has little to wait for, and nothing else does. What of it a power cut leaves: all but the last
# seconds, under its name. And disks that cannot be written past the page cache after all.
#
#	 namespace A             this machine             namespace B
#	+-----------+      +-----------------------+      +-----------+
#	| flood  a0 +------+ eth1   softtap   eth2 +------+ b0  flood |
#	+-----------+      +-----------+-----------+      +-----------+
#	                               | reader
#	                             ext4
#
# With two processors records have to be merged, and go by the page cache.

# shellcheck source=tests/lib/test.sh
. "$(dirname "$0")/../lib/test.sh"
. "$tests/lib/captures.sh"
# shellcheck source=tests/lib/disk.sh
. "$tests/lib/disk.sh"
# shellcheck source=tests/tools/flood.sh
. "$tests/tools/flood.sh"

machines=('--kernel 6.1 --smp 2 --disk 192M --disk 192M' '--kernel 6.12 --smp 2 --disk 192M --disk 192M')
timeout=300
flood_rate=8000
most=$((10 << 20))	# two parts of 4 MiB, and a batch

# The machine would keep all of it for later.
much_cache() {
	sysctl -qw vm.dirty_bytes=500000000 vm.dirty_background_bytes=400000000 \
		vm.dirty_writeback_centisecs=0
}

# Of a file: bytes in the page cache.
in_cache() {
	fincore -b -n -r -o RES "$1"
}

# Of the machine: bytes that wait for a disk.
dirty() {
	awk '/^(Dirty|Writeback):/ { sum += $2 } END { print sum * 1024 }' /proc/meminfo
}

# The file has grown by BYTES
has_bytes() {
	[ "$(stat -c %s "$1")" -ge "$2" ]
}

test_paced() {
	local n most_cached=0 most_dirty=0
	start_capture disk/paced --sync 0
	for n in 8 16 24; do
		within 120 has_bytes disk/paced $((n << 20))
		[ "$(in_cache disk/paced)" -le "$most_cached" ] || most_cached=$(in_cache disk/paced)
		[ "$(dirty)" -le "$most_dirty" ] || most_dirty=$(dirty)
	done
	ok "little of it is in the page cache ($((most_cached >> 10)) KiB)" [ "$most_cached" -lt $most ]
	ok "little waits for the disk ($((most_dirty >> 10)) KiB)" [ "$most_dirty" -lt $most ]
	ok 'paced: the reader ends well' stop_reader
	ok 'paced: the file holds what was captured' records_agree disk/paced
	rm disk/paced
}

# What the disk has at this moment: nothing is written back or unmounted for it.
cut_power() {
	dd if=/dev/vda of=/dev/vdb bs=1M iflag=direct oflag=direct status=none
	mkdir -p after
	mount /dev/vdb after
}

packets_in() {
	softtap verify -j "$1" 2>/dev/null | jq '[.interfaces[].packets] | add'
}

test_power_cut() {
	local before start
	start=$(add_up {a,b}/captured_frames)
	start_capture disk/cut --sync 1
	frames_pass captured_frames 200
	before=$(($(add_up {a,b}/captured_frames) - start))
	nap 3
	cut_power
	ok 'after a power cut the file is there' test -s after/cut
	ok "and has what is older ($(packets_in after/cut) packets, $before before)" \
		[ "$(packets_in after/cut)" -ge "$before" ]
	umount after
	ok 'cut: the reader ends well' stop_reader
	ok 'cut: the file holds what was captured' records_agree disk/cut
	start_capture disk/end --sync 0
	frames_pass captured_frames 200
	nap 3
	cut_power
	ok 'with --sync 0 there is nothing' test ! -s after/end
	umount after
	ok 'end: the reader ends well' stop_reader
	cut_power
	ok 'and at the end there is all of it' cmp disk/end after/end
	umount after
	ok 'end: the file holds what was captured' records_agree disk/end
	rm disk/cut disk/end
}

# A journal's commit may take seconds, whoever has to wait for it.
test_slow_sync() {
	under=(strace -D -f -o calls -e trace=fdatasync -e inject=fdatasync:delay_enter=4s)
	start_capture disk/slow --sync 1
	under=()
	nap 5
	ok "while the disk syncs, the reader goes on ($(($(counter_of buffer_highest) >> 10)) KiB)" \
		[ "$(counter_of buffer_highest)" -lt 4000000 ]
	ok 'slow: the reader ends well' stop_reader
	ok 'slow: it has synced meanwhile' [ "$(grep -c fdatasync calls)" -ge 2 ]
	ok 'slow: the file holds what was captured' records_agree disk/slow
	rm disk/slow
}

counter_of() {
	cat "$sysfs/tap0/$1"
}

# Once past the page cache, then never again.
impossible() {
	under=(strace -D -o calls -e trace=pwritev -e "inject=pwritev:error=$1:when=2")
	start_capture "disk/$1" --order buffer --interval 3000
	under=()
	within 120 has_bytes "disk/$1" $((2 << 20))
	ok "$1: the reader ends well" stop_reader
	is "$1: it was tried twice" "$(grep -c pwritev calls)" 2
	is "$1: it is said once" "$(grep -c 'cannot be written past the page cache, and is not from now on' "$1.log")" 1
	ok "$1: the file holds what was captured" records_agree "disk/$1"
	rm "disk/$1"
}

guest() {
	new_disk -m 0
	mount -o remount,commit=300 disk
	much_cache
	veth_topology
	load tap=eth1:eth2 subbuf_kb=128 subbufs=64
	start_flood
	test_paced
	test_power_cut
	test_slow_sync
	impossible EOPNOTSUPP
	impossible EFAULT
	stop_flood
	log_is_clean
}

run_test
