#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Seconds: 40
# Covers: userspace/reader/journal.[ch] userspace/store/storage.[ch] userspace/commands/capture.c
# Covers: userspace/reader/file_clock.[ch]
#
# What a supervisor does: the reader dies, and is started again with the same command line. It goes
# on in the very file, in which nothing is missing or twice: one section, one clock, one account to
# the end. A file that came to its end is overwritten, as by tcpdump; one that did not never is.
#
#	 namespace A             this machine             namespace B
#	+-----------+      +-----------------------+      +-----------+
#	| flood  a0 +------+ eth1   softtap   eth2 +------+ b0  flood |
#	+-----------+      +-----------+-----------+      +-----------+
#	                             ext4

# shellcheck source=tests/lib/test.sh
. "$(dirname "$0")/../lib/test.sh"
. "$tests/lib/captures.sh"
# shellcheck source=tests/lib/disk.sh
. "$tests/lib/disk.sh"
# shellcheck source=tests/tools/flood.sh
. "$tests/tools/flood.sh"

# With one processor the reader writes past the page cache, with two by it.
machines=('--kernel 6.1 --disk 1G' '--kernel 6.12 --smp 2 --disk 1G')
kills=$(count 8 200)
flood_rate=3000

die() {
	kill -KILL "$reader"
	wait "$reader" 2>/dev/null || :
}

# has_bytes FILE N
has_bytes() {
	[ "$(stat -c %s "$1")" -gt "$2" ]
}

# again FILE [OPTION…] - killed $kills times, at any time, then ended
again() {
	local i
	start_flood
	frames_pass tx_frames 20
	for ((i = 0; i < kills; i++)); do
		start_capture "$@"
		cat "${1##*/}.log" >>"$1.said"
		nap 0.$((RANDOM % 5))$((RANDOM % 10))
		die
	done
	start_capture "$@"
	stop_flood
	ok "$1: the last one ends well" stop_reader
	cat "${1##*/}.log" >>"$1.said"
	softtap stat -j >"$1.stat"
	save_counters >"$1.counters"
}

# One whose clock steps while nobody reads.
same_file() {
	load tap=eth1:eth2 subbuf_kb=128
	again disk/same
	laws_hold
	unload
	load tap=eth1:eth2 subbuf_kb=128
	again disk/whole --order buffer
	unload
}

steps() {
	load tap=eth1:eth2
	start_reader disk/steps
	within 30 has_bytes disk/steps 160
	die
	step-clock 3600.500000000
	start_reader disk/steps
	send A "$SOFTTAP_OUT/plain.a"
	ok 'steps: the last one ends well' stop_reader
	step-clock -3600.500000000
	is 'a step while nobody read is told of' \
		"$(grep -c 'the wall clock stepped forward by 3600.500000000 s' steps.log)" 1
	ok 'steps: whole, in order, on one clock' softtap verify disk/steps
}

# It dies over a file that was there, before it has written a packet.
died_early() {
	date >disk/early
	softtap capture -w disk/early --interval 60000 2>early.log </dev/null &
	reader=$!
	within 30 has_bytes disk/early 100
	die
	start_reader disk/early
	send A "$SOFTTAP_OUT/plain.a"
	ok 'early: the next one ends well' stop_reader
	ok 'early: whole' softtap verify disk/early
	like 'early: on the clock of today' "$(softtap verify disk/early | grep 'first packet')" "$(date +%Y)"
}

# Its end is its own: the next one overwrites it.
ended() {
	start_reader disk/ended
	send A "$SOFTTAP_OUT/plain.a"
	stop_reader
	start_reader disk/ended
	stop_reader
	ok 'a file that came to its end is overwritten' test "$(stat -c %s disk/ended)" -lt 20000
	is 'and nothing is said of it' "$(grep -c '^softtap: ' ended.log)" 0
}

# refuses NAME FILE TEXT [OPTION…] - as an output that cannot be written, and FILE stays
refuses() {
	local status=0 sum
	sum=$(md5sum <"$2")
	timeout 20 softtap capture -w "$2" "${@:4}" 2>said </dev/null || status=$?
	is "$1: exit status" $status 3
	like "$1: the reason" "$(tail -n 1 said)" "$3"
	is "$1: one line" "$(grep -c . said)" 1
	is "$1: the file is as before" "$(md5sum <"$2")" "$sum"
}

never_lost() {
	start_reader disk/kept
	send A "$SOFTTAP_OUT/plain.a"
	within 30 has_bytes disk/kept 100000
	die
	refuses 'another order' disk/kept 'kept: .* not come to its end, and it has another order' --order buffer
	echo policy flight >"$sysfs/tap0/policy" 2>/dev/null || echo flight >"$sysfs/tap0/policy"
	softtap snapshot -w disk/kept 2>said </dev/null && fail 'a snapshot overwrites it'
	like 'nor does a snapshot' "$(<said)" 'kept: a capture that did not come to its end'
	echo wire >"$sysfs/tap0/policy"
	ln -s kept disk/link
	start_reader disk/link --no-clobber
	stop_reader
	like 'by another name, too, it is gone on in' "$(<link.log)" 'link: going on behind its last packet'
	ok 'kept: whole' softtap verify disk/kept
	refuses '--no-clobber' disk/kept 'kept: File exists' --no-clobber
	# Somebody else's words at its end.
	start_reader disk/kept
	send A "$SOFTTAP_OUT/plain.a"
	within 30 has_bytes disk/kept 600000
	die
	echo 'something else' >>disk/kept
	refuses 'changed' disk/kept 'kept: .*, and something else is behind its last packet'
	start_reader disk/other
	stop_reader
	ok 'other: whole' softtap verify disk/other
}

# What is there keeps its mode, and standard output is what it is, by each of its names.
modes() {
	echo before >old
	chmod 644 old
	start_reader old
	stop_reader
	is 'a file that was there keeps its mode' "$(stat -c %a old)" 644
	is 'a new one is for its owner alone' "$(stat -c %a disk/other)" 600
	echo before >appended
	chmod 640 appended
	timeout 60 softtap capture -w /proc/self/fd/1 -a duration:1 >>appended 2>said </dev/null
	is '/proc/self/fd/1, which is /dev/stdout, goes on where others have ended it' "$(head -c 7 appended)" before
	is 'and keeps its mode' "$(stat -c %a appended)" 640
	script -qec 'timeout 20 softtap capture -w /proc/self/fd/1; echo status $?' /dev/null >said </dev/null
	like 'a terminal is refused by that name, too' "$(<said)" 'will not write a capture to a terminal.*status 3'
}

prepare() {
	make-frames plain 1 500 1500 plain.a
}

guest() {
	new_disk
	veth_topology
	same_file
	steps
	ended
	died_early
	never_lost
	modes
	unload
	mv disk/{same,whole,steps}* "$SOFTTAP_OUT"
}

# file_is_one FILE - as if its reader had never died
file_is_one() {
	ok "$1: whole, and adds up to what the tap counted" softtap verify --after "$1.stat" "$1"
	ok "$1: every record once, and what was lost is told of" \
		records --captured "$(saved "$1.counters" a/captured_frames),$(saved "$1.counters" b/captured_frames)" \
		--lost "$(saved "$1.counters" a/lost_frames),$(saved "$1.counters" b/lost_frames)" "$1"
	is "$1: one section" "$(capinfos -M "$1" | sed -n 's/^Number of interfaces in file: *//p')" 2
	is "$1: it was gone on in" "$(grep -c 'going on behind its last packet' "$1.said")" "$kills"
	is "$1: the statistics are of all of it" \
		"$(softtap verify -j "$1" | jq -c '[.interfaces[] | .statistics.delivered == .packets]')" \
		'[true,true]'
}

verify() {
	file_is_one same
	file_is_one whole
	file_is_valid same
}

run_test
