#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Seconds: 54
# Covers: kmod/reader.[ch] kmod/tap_device.[ch] userspace/reader/journal.[ch]
# Covers: userspace/store/storage.[ch] userspace/tap/relay.[ch]
#
# Readers are killed under traffic both ways, under each policy. What their files hold together is
# what was captured, once each, and what was lost is told in them. With policy wire the link never
# notices; with record nothing passes that is in no file; with flight nothing is ever missing on the
# link, and a file is there whole or not at all.
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
# file: no record is in two files, and other programs have no complaint about any. Two of five write
# whole sub-buffers (--order buffer).
#
# 24 times under each policy, over both kernels; with --long 2,000 times in all.

# shellcheck source=tests/lib/test.sh
. "$(dirname "$0")/../lib/test.sh"
. "$tests/lib/captures.sh"
# shellcheck source=tests/lib/disk.sh
. "$tests/lib/disk.sh"
# shellcheck source=tests/tools/flood.sh
. "$tests/tools/flood.sh"

machines=('--kernel 6.1 --smp 2 --disk 4G' '--kernel 6.12 --smp 2 --disk 4G')
kills=$(count 12 $((334 / patience)))	# for each policy and kernel; two rounds of $when
timeout=$(count 400 10800)
# As much as a machine carries beside the readers, and buffers that this fills soon.
flood_rate=4000
buffers='subbuf_kb=128 subbufs=4'
disk_rate=2000000	# bytes a second
policies='wire record flight'

# In the middle of a write, on the slow disk: it waits there.
await_write() {
	local state end=$((SECONDS + 5))
	while [[ $1 == disk/* && $SECONDS -lt $end ]]; do
		read -r _ _ state _ <"/proc/$reader/stat"
		[ "$state" != D ] || break
		nap 0.005
	done
}

# At any time: reading, writing, waiting.
kill_reading() {
	start_capture "$1" "${order[@]}"
	nap 0.$((RANDOM % 400 + 100))
	await_write "$1"
}

# Before it has found its feet.
kill_starting() {
	"${under[@]}" softtap capture -w "$1" "${order[@]}" </dev/null 2>"$1.log" &
	reader=$!
	nap 0.0$((RANDOM % 90 + 10))
}

# While frames are lost or held back, as it does not read: the next one has to tell of the lost.
kill_stopped() {
	start_capture "$1" "${order[@]}"
	kill -STOP "$reader"
	frames_pass "$missed" 1
}

# When it has told of lost frames itself.
kill_behind() {
	kill_stopped "$1"
	kill -CONT "$reader"
	frames_pass captured_frames 100
	await_write "$1"
}

when=(reading starting reading stopped reading behind)

kill_one() {
	local kill=kill_${when[n % 6]} file=capture.$n
	under=() order=()
	[ $((n % 5 % 3)) != 0 ] || order=(--order buffer)
	if [ $((n % 4)) -lt 2 ]; then file=disk/$file under=(slowly); else under=(nice -n 19); fi
	$kill "$file"
	kill -KILL "$reader"
	wait "$reader" 2>/dev/null || :
	[ $((n % 100)) != 0 ] || mv capture.* "$left"
}

# Copying, writing, waiting for a frame that does not come.
kill_snapshot() {
	local wait=()
	[ $((n % 3)) != 0 ] || wait=(--on 'less 20')
	slowly softtap snapshot -w "disk/snapshot.$n" "${wait[@]}" </dev/null 2>/dev/null &
	reader=$!
	nap 0.$((RANDOM % 200 + 10))
	kill -KILL "$reader" 2>/dev/null || :
	wait "$reader" 2>/dev/null || :
}

missed=lost_frames	# what grows when nobody reads

# All of them, and one more that ends well.
kill_readers() {
	for ((n = 1; n <= kills; n++)); do
		kill_one
	done
	under=() order=()
	kill_stopped capture.$n
	# The flood would wait for what is held back.
	[ "$missed" = lost_frames ] || kill -CONT "$reader"
	stop_flood
}

policy_wire() {
	kill_readers
	flood_is_good
	last_reader_ends
}

# What passed is in a file; the senders' numbers have holes.
policy_record() {
	missed=refused_frames
	kill_readers
	is 'flood went on to the end' "$(wc -l <flood.streams)" 2
	is 'what arrived on the other side is what was captured' \
		"$(awk '{ print $6 }' flood.streams | paste -sd' ')" \
		"$(counter a/captured_frames) $(counter b/captured_frames)"
	is 'nothing was lost' "$(add_up {a,b}/lost_frames)" 0
	ok 'frames were held back' [ "$(counter a/refused_frames)" -gt 0 ]
	last_reader_ends
}

policy_flight() {
	for ((n = 1; n <= kills; n++)); do
		kill_snapshot
	done
	ok 'a snapshot is there' softtap snapshot -w "disk/snapshot.$n"
	stop_flood
	flood_is_good
	ok 'the oldest was overwritten' [ "$(counter a/overwritten_frames)" -gt 0 ]
	is 'there is nothing but snapshots' \
		"$(find disk -type f ! -name 'snapshot.[0-9]*' -o -name '*.*.*')" ''
}

last_reader_ends() {
	kill -CONT "$reader"
	ok 'the last reader ends well' stop_reader
	mv capture.* "$left"
}

# under_policy NAME - what its readers leave is judged on the host
under_policy() {
	local n left=$SOFTTAP_OUT/$1
	mkdir "$left"
	# shellcheck disable=SC2086
	load tap=eth1:eth2 $buffers policy="$1"
	start_flood
	[ "$1" = record ] || frames_pass tx_frames 20
	"policy_$1"
	laws_hold
	save_counters >"$left/counters"
	mv disk/*.* "$left"
	ok 'the module can be unloaded' unload
}

guest() {
	local policy
	new_disk -O ^has_journal
	make_slow_group $disk_rate
	# Whoever writes more than that waits in the middle of it.
	sysctl -qw vm.dirty_bytes=524288 vm.dirty_background_bytes=262144
	veth_topology
	for policy in $policies; do
		under_policy "$policy" | sed -u "s/ok - /&$policy: /"
	done
}

# --- On the host ----------------------------------------------------------------------------------

snapshots_are_good() {
	local file bad=()
	for file in snapshot.*; do
		softtap verify "$file" >/dev/null 2>&1 || bad+=("$file")
	done
	diag "$(find . -name 'snapshot.*' | wc -l) of $kills snapshots became whole"
	is 'each file is whole, in order, and adds up' "${bad[*]}" ''
}

# In the order of the readers. One that was killed early has left no file.
list_files() {
	local n
	for ((n = 1; n <= kills + 1; n++)); do
		[ ! -e capture.$n ] || echo capture.$n
	done
}

# on_both COUNTER
on_both() {
	echo "$(saved counters "a/$1"),$(saved counters "b/$1")"
}

# files_are_good MISSED
files_are_good() {
	local files missed
	mapfile -t files <<<"$(list_files)"
	missed=$(saved counters "a/$1")
	ok "there was too much at times: $1, $missed on one port" [ "$missed" -gt 0 ]
	ok 'every record is in the files once, and what was lost is told of' \
		records --captured "$(on_both captured_frames)" --lost "$(on_both lost_frames)" "${files[@]}"
	records "${files[@]}" >account || :
	sed 's/^/# /' account >&2
	like 'no file is torn, and no record declared as perhaps doubled' "$(tail -n 1 account)" \
		'^files [0-9]+ torn 0 declared 0$'
	diag "$(cat capture.*.log | grep -c 'cut behind') of them were mended"
	is 'capinfos reads each' "$(capinfos -c "${files[@]}" 2>&1 >/dev/null)" ''
	is 'tcpdump reads each' "$(each_by 'tcpdump -n -w /dev/null -r' "${files[@]}")" ''
	is 'tshark reads each' "$(each_by 'tshark -n -w /dev/null -r' "${files[@]: -$(count 4 100)}")" ''
}

# each_by COMMAND FILE… - what it complains of, file by file
each_by() {
	local words file
	read -ra words <<<"$1"
	shift
	for file; do
		"${words[@]}" "$file" 2>&1 >/dev/null | grep -v '^reading from file\|^Running as user' || :
	done
}

# judge POLICY
judge() {
	cd "$1"
	case $1 in
	wire) files_are_good lost_frames ;;
	record) files_are_good refused_frames ;;
	flight) snapshots_are_good ;;
	esac
}

# The files of thousands of readers take much room: they go when there is nothing to say of them.
verify() {
	local policy
	for policy in $policies; do
		(judge "$policy") | sed -u "s/ok - /&$policy: /" | tee judged
		grep -q '^not ok' judged || rm -r "$policy"
	done
}

run_test
