#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Seconds: 55
# Covers: kmod/channel_flight.[ch] kmod/recording.[ch] userspace/commands/snapshot.c userspace/reader/flight.[ch]
#
# The flight recorder: snapshots while the buffers are overwritten, of which each is a good capture
# of what passed, without a hole; now, at a frame, at a signal. One that is ended early, or finds
# the disk full, leaves no file. How many frames were overwritten is known exactly.
#
#	 namespace A             this machine             namespace B
#	+-----------+      +-----------------------+      +-----------+
#	| flood  a0 +------+ eth1   softtap   eth2 +------+ b0  flood |
#	+-----------+      +-----------+-----------+      +-----------+
#	                               | snapshots
#	                       tmpfs, ext4 (slow, small)

# shellcheck source=tests/lib/test.sh
. "$(dirname "$0")/../lib/test.sh"
. "$tests/lib/captures.sh"
# shellcheck source=tests/lib/disk.sh
. "$tests/lib/disk.sh"
# shellcheck source=tests/tools/flood.sh
. "$tests/tools/flood.sh"

machines=('--kernel 6.1 --smp 2 --disk 64M' '--kernel 6.12 --smp 2 --disk 64M')
timeout=$(count 400 2000)
snapshots=$(count 8 200)
half=20000	# frames, of what the larger buffers hold
flood_rate=4000

policy() {
	echo "$1" >$sysfs/tap0/policy
}

# status_of COMMAND… - what it says is in said
status_of() {
	local status=0
	"$@" >said 2>&1 </dev/null || status=$?
	echo $status
}

# no_file NAME STATUS EXPECTED - one line was said, nothing is on the disk
no_file() {
	is "$1: exit status $3" "$2" "$3"
	is "$1: no file" "$(find disk -type f)" ''
	is "$1: one line of complaint" "$(grep -c '^softtap: ' said)" 1
}

# packets FILE - of both ports, "12 34"
packets() {
	softtap verify -j "$1" 2>/dev/null | grep -oE '"packets": ?[0-9]+' | tr -dc '0-9\n' | paste -sd' '
}

# both COUNTER - of both ports
both() {
	echo "$(counter "a/$1") $(counter "b/$1")"
}

# --- Now ------------------------------------------------------------------------------------------

under_traffic() {
	local n
	frames_pass overwritten_frames 1
	for ((n = 1; n <= snapshots; n++)); do
		softtap snapshot -w snapshot.$n 2>said || diag "$(cat said)"
		frames_pass overwritten_frames 200
	done
	ok 'one to a pipe' bash -c 'set -o pipefail; softtap snapshot -w - | cat >piped'
}

at_rest() {
	local captured_a captured_b overwritten_a overwritten_b
	softtap snapshot -w rest 2>/dev/null
	read -r captured_a captured_b <<<"$(both captured_frames)"
	read -r overwritten_a overwritten_b <<<"$(both overwritten_frames)"
	is "at rest, the snapshot is what was captured and not overwritten" "$(packets rest)" \
		"$((captured_a - overwritten_a)) $((captured_b - overwritten_b))"
	is 'nothing is lost' "$(both lost_frames)" '0 0'
}

# --- When something happens -------------------------------------------------------------------

waits() {
	within 30 grep -q '^waiting' said
}

# wait_with OPTION… - $snapshot waits
wait_with() {
	rm -f said
	softtap snapshot "$@" >said 2>&1 </dev/null &
	snapshot=$!
	waits
}

# Its exit status is in ended_with.
wait_for_end() {
	ended_with=0
	wait "$snapshot" 2>/dev/null || ended_with=$?
}

# Moments are in verify: the marker's, and those of the first and the last record.
at_a_frame() {
	wait_with -w at-frame --on 'ether proto 0x88b5' --before 0.2 --after 0.15
	is 'a reader beside it: busy' "$(status_of softtap capture -w beside)" 5
	frames_pass rx_frames 1500
	send_marker moment B
	wait_for_end
	is 'at a frame: ends well' "$ended_with" 0
}

at_a_signal() {
	wait_with -w at-signal --on-signal USR1 --before 0.2
	frames_pass rx_frames 100
	kill -USR1 "$snapshot"
	wait_for_end
	is 'at a signal: ends well' "$ended_with" 0
}

interrupted() {
	wait_with -w disk/none --on 'ether proto 0x88b5'
	kill -INT "$snapshot"
	wait_for_end
	no_file 'interrupted while it waits' "$ended_with" 1
}

# What there is until then is written.
tap_goes_early() {
	wait_with -w early --on-signal USR1 --after 60
	kill -USR1 "$snapshot"
	echo tap0 >$sysfs/remove
	wait_for_end
	is 'the tap goes before the time: ends well' "$ended_with" 0
	like 'the tap goes before the time: a warning' "$(cat said)" 'warning: tap0 went away before the time'
	is 'the tap goes before the time: what it had is written' "$(packets early)" "$(packets rest)"
}

tap_goes() {
	policy flight
	wait_with -w none --on 'ether proto 0x88b5'
	echo tap0 >$sysfs/remove
	wait_for_end
	is 'the tap goes: exit status 4' "$ended_with" 4
	like 'the tap goes: one line' "$(grep '^softtap: ' said)" '^softtap: tap0 went away, nothing is written$'
	ok 'the tap goes: no file' [ ! -e none ]
}

# --- A reader that takes its time -----------------------------------------------------------------

# snapshot_to_fifo - as $snapshot, into a pipe that is full and not read
snapshot_to_fifo() {
	[ -p fifo ] || mkfifo fifo
	exec {hold}<>fifo
	softtap snapshot -w fifo >said 2>&1 </dev/null &
	snapshot=$!
	within 60 fifo_is_full
}

fifo_is_full() {
	[ "$(stat -c %t "/proc/$snapshot/fd/0" 2>/dev/null)" ] &&
		awk '/^voluntary/ { exit $2 < 5 }' "/proc/$snapshot/status" && sleep 0.2
}

# The buffers hold 16 MiB. It is overtaken by the recorder, and says so; what it has is in order.
not_read() {
	local hold before kib
	frames_pass overwritten_frames 100
	snapshot_to_fifo
	kib=$(awk '/^RssAnon/ { print $2 }' "/proc/$snapshot/status")
	ok "not read: it needs little memory ($kib KiB)" [ "$kib" -lt 10000 ]
	before=$(add_up {a,b}/overwritten_frames)
	while [ $(($(add_up {a,b}/overwritten_frames) - before)) -lt $half ]; do
		frames_pass overwritten_frames 1000
	done
	cat <fifo >late {hold}>&- &
	wait_for_end
	exec {hold}<&-
	wait $!
	is 'not read: exit status 6' "$ended_with" 6
	like 'not read: says why' "$(grep '^softtap: ' said)" \
		'^softtap: packets of [0-9.]+ seconds are missing: they were overwritten before they could be written$'
}

asked_to_end() {
	local hold
	snapshot_to_fifo
	kill -TERM "$snapshot"
	wait_for_end
	exec {hold}<&-
	is 'asked to end while it is not read: exit status 3' "$ended_with" 3
	like 'asked to end while it is not read: says why' "$(cat said)" \
		'^softtap: cannot write to fifo: the other end is not reading$'
}

# --- The disk -------------------------------------------------------------------------------------

killed_writing() {
	slowly softtap snapshot -w disk/none 2>/dev/null </dev/null &
	snapshot=$!
	within 60 writes_some "$snapshot"
	kill -KILL "$snapshot"
	wait_for_end
	is 'killed: it was still writing' "$ended_with" 137
	is 'killed while it writes: no file' "$(find disk -type f)" ''
}

# The file that a process writes has no name, and not nothing in it.
writes_some() {
	[ "$(find "/proc/$1/fd" -lname '*(deleted)' -exec stat -L -c %s {} + | sort -n | tail -n 1)" \
		-gt 100000 ]
}

# A link stays one, whatever becomes of the file.
through_a_link() {
	ln -s target disk/link
	is 'a link that leads nowhere: exit status 0' "$(status_of softtap snapshot -w disk/link)" 0
	ok 'a link that leads nowhere: the file is good' softtap verify disk/target
	is 'a link to a file: exit status 0' "$(status_of softtap snapshot -w disk/link)" 0
	ok 'a link to a file: the file is good' softtap verify disk/target
	is 'a link: too large: exit status 3' \
		"$(ulimit -f 100; status_of softtap snapshot -w disk/link 2>/dev/null)" 3
	is 'a link: it is still one' "$(readlink disk/link)" target
	rm disk/link disk/target
}

fill() {
	dd if=/dev/zero of=disk/fill bs=64k oflag=direct 2>/dev/null || :
	truncate -s -1M disk/fill
	sync
}

on_a_full_disk() {
	fill
	mv disk/fill disk/lost+found
	is 'full disk: exit status 3' "$(status_of softtap snapshot -w disk/none)" 3
	is 'full disk: no file' "$(find disk -maxdepth 1 -type f)" ''
	is 'full disk: one line' "$(cat said)" \
		'softtap: cannot write to disk/none: No space left on device'
	echo old >disk/old
	is 'full disk, a file is there: exit status 3' "$(status_of softtap snapshot -w disk/old)" 3
	is 'full disk: it is as it was' "$(cat disk/old)" old
}

# too_large FILE - more than the 100 KiB that are allowed
too_large() {
	is "$1: too large: exit status 3" \
		"$(ulimit -f 100; status_of softtap snapshot -w "$1" 2>/dev/null)" 3
	like "$1: too large: one line" "$(cat said)" '^softtap: cannot write to [^ ]*: File too large$'
	ok "$1: no file" [ ! -e "$1" ]
}

# --- Other policies -------------------------------------------------------------------------------

no_flight() {
	policy wire
	is 'policy wire: no snapshot' "$(status_of softtap snapshot -w none)" 1
	is 'policy wire: one line' "$(cat said)" 'softtap: tap0 has policy wire: only flight keeps what passed'
	ok 'policy wire: no file' [ ! -e none ]
}

has_packets() {
	[ "$(packets "$1")" = "$2" ]
}

# What a reader took is in its file. It dies, and leaves some; flight overwrites that and more; what
# is left is the next reader's.
left_over() {
	start_flood
	start_capture taken
	frames_pass captured_frames 300
	stop_flood
	ok 'the reader takes all' within 30 has_packets taken "$(both captured_frames)"
	kill -STOP "$reader"
	start_flood
	frames_pass captured_frames 200
	kill -KILL "$reader"
	wait "$reader" 2>/dev/null || :
	policy flight
	frames_pass overwritten_frames 1000
	policy wire
	stop_flood
	softtap capture -w left -a duration:0.1 2>/dev/null </dev/null
	is 'captured = in the file of a dead reader + overwritten + left for the next one' \
		"$(both captured_frames)" "$(printf '%s\n' "$(packets taken)" "$(both overwritten_frames)" \
			"$(packets left)" | awk '{ a += $1; b += $2 } END { print a, b }')"
	laws_hold
}

guest() {
	new_disk -O ^has_journal
	make_slow_group 1000000
	little_cache
	veth_topology
	load tap=eth1:eth2 subbuf_kb=128 subbufs=4 policy=flight
	start_flood
	under_traffic
	stop_flood
	at_rest
	flood_is_good
	laws_hold
	tap_goes_early
	unload
	load tap=eth1:eth2 subbuf_kb=128 subbufs=64 policy=flight
	start_flood
	at_a_frame
	at_a_signal
	not_read
	asked_to_end
	interrupted
	killed_writing
	stop_flood
	flood_is_good
	laws_hold
	through_a_link
	on_a_full_disk
	too_large none
	too_large "$SOFTTAP_OUT/none"	# there every file has a name
	no_flight
	tap_goes
	unload
	load tap=eth1:eth2 subbuf_kb=128 subbufs=8
	left_over
}

# --- On the host ----------------------------------------------------------------------------------

# times FILE [EXPRESSION] - ns of each record
times() {
	tcpdump -r "$1" -n -tt --time-stamp-precision nano "${@:2}" 2>/dev/null |
		awk '$1 ~ /^[0-9]+\./ { sub(/\./, "", $1); print $1 }'
}

# The moment is when the frame was seen to match; its record's time is a little later.
around_the_frame() {
	local moment first last
	moment=$(times at-frame 'ether proto 0x88b5')
	like 'at a frame: it is there, once' "$moment" '^[0-9]+$'
	first=$(times at-frame | head -n 1)
	last=$(times at-frame | tail -n 1)
	ok "at a frame: from 0.2 s before ($((moment - first)) ns)" \
		[ $((moment - first)) -le 210000000 -a $((moment - first)) -gt 150000000 ]
	ok "at a frame: to 0.15 s after ($((last - moment)) ns)" \
		[ $((last - moment)) -le 150000000 -a $((last - moment)) -gt 100000000 ]
}

verify() {
	local n file good=0
	for file in $(seq -f 'snapshot.%g' "$snapshots") piped at-signal; do
		ok "$file: softtap verify finds it good" softtap verify "$file"
	done
	for ((n = 1; n <= snapshots; n++)); do
		if records --whole --lost 0,0 snapshot.$n >account; then
			good=$((good + 1))
		else
			diag "$(cat account)"
		fi
	done
	is "no record torn, doubled or late in $snapshots snapshots, and no number missing" \
		$good "$snapshots"
	ok 'nor in the one to a pipe' records --whole --lost 0,0 piped
	for ((n = 1; n <= snapshots; n += snapshots / 4)); do
		file_is_valid snapshot.$n
	done
	around_the_frame
	file_is_valid at-frame
	ok "not read: what comes behind the gap is there ($(packets late))" \
		[ "$(packets late | awk '{ print int(($1 + $2) / 2) }')" -gt 6000 ]
	is 'not read: it is in order, and tells' "$(softtap verify -j late | jq -c '[.out_of_order, .wrong]')" '[0,[]]'
	like 'not read: and says what is missing' "$(tshark -r late -Y frame -n 2>&1 >/dev/null; capinfos late)$(strings late | grep 'are missing')" 'overwritten before'
	like 'at a signal: something is in it' "$(packets at-signal)" '^[1-9][0-9]* [1-9][0-9]*$'
	ok 'of what a dead reader left nothing is torn, doubled or late' records left
}

run_test
