#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Seconds: 45
# Covers: kmod/recording.[ch] userspace/lib/clock.[ch] userspace/reader/file_clock.[ch]
# Covers: userspace/reader/restamp.[ch] userspace/reader/journal.[ch]
#
# The wall clock steps, by a fraction of a second and by decades, forwards and back. A file has one
# clock from its beginning to its end, that of the wall when it was begun, whatever the clock was
# when its frames came; all files are in order. Who captures is told of each step, and the file
# tells too. After a reader that was killed around steps no record is lost or doubled.
#
#	 namespace A             this machine             namespace B
#	+-----------+      +-----------------------+      +-----------+
#	|        a0 +------+ eth1   softtap   eth2 +------+ b0        |
#	+-----------+ veth +-----------+-----------+ veth +-----------+
#	  tcpdump                      | captures, snapshots
#	  (the wall clock)            ext4
#
# tcpdump stamps what leaves a0 with the wall clock as it is. What a file's times must differ from
# that by is the sum of the steps between the frame and the file's beginning.

# shellcheck source=tests/lib/test.sh
. "$(dirname "$0")/../lib/test.sh"
. "$tests/lib/captures.sh"
# shellcheck source=tests/lib/disk.sh
. "$tests/lib/disk.sh"
# shellcheck source=tests/tools/flood.sh
. "$tests/tools/flood.sh"

# One CPU, whose sub-buffers go to the disk as they are, and two, whose records are merged.
machines=('--kernel 6.1 --disk 512M' '--kernel 6.12 --smp 2 --disk 512M')
kills=$(count 4 100)
flood_rate=3000

prepare() {
	make-frames plain 1 1000 1500 plain.a
}

# --- Steps and marks ------------------------------------------------------------------------------

wall=0		# ns that the clock was stepped by in all
declare -A marked begun

# step SECONDS - with nine decimals
step() {
	local ns=${1/./}
	step-clock "$1"
	wall=$((wall + ${ns%%[0-9]*}10#${ns#-}))
}

# back_to SUM - as of $wall, in one step
back_to() {
	local ns=$(($1 - wall)) sign=
	[ $ns -ge 0 ] || sign=- ns=$((-ns))
	step "$sign$((ns / 1000000000)).$(printf %09d $((ns % 1000000000)))"
}

# mark NAME - frames that pass now
mark() {
	local i
	marked[$1]=$wall
	for ((i = 0; i < 5; i++)); do
		send_marker "$1" A
	done
}

# has_marks FILE NAME… - and where that must differ from what tcpdump has
has_marks() {
	local name
	for name in "${@:2}"; do
		echo "$1 $name $((begun[$1] - marked[$name]))" >>expected
	done
}

# begin FILE [OPTION…] - a capture of that name on the disk
begin() {
	begun[$1]=$wall
	start_reader "disk/$1" "${@:2}"
}

end() {
	ok "$1: the reader ends well" stop_reader
	is "$1: nothing is lost" "$(add_up {a,b}/lost_frames)" 0
}

# told FILE N TEXT - N steps were told of, the last one so
told() {
	ok "$1: step $2 is told of" within 30 has_told "$@"
}

has_told() {
	[ "$(grep -c 'the wall clock' "$1.log")" = "$2" ] && grep 'the wall clock' "$1.log" |
		tail -n 1 | grep -q "the wall clock stepped $3"
}

# saw_marks NAME - tcpdump has all of them
saw_marks() {
	[ "$(tail -c 65536 a.out | grep -aoF "marker: $1 of A" | wc -l)" = 5 ]
}

# --- In the machine -------------------------------------------------------------------------------

# 1970, as on a machine without a battery, until it is told the time; the buffers begin there.
flight() {
	step -$((EPOCHSECONDS - 5000)).000000000
	load tap=eth1:eth2 subbuf_kb=128 subbufs=4 policy=flight
	mark early
	back_to 0
	step 31536000.300000000
	mark late
	begun[flight]=$wall
	ok 'a snapshot' softtap snapshot -w disk/flight --before 6000
	has_marks flight early late
	at_a_frame
	unload
}

# What it waits for is a frame, whatever the clock says.
at_a_frame() {
	softtap snapshot -w disk/at-frame --on 'ether[35:4] = 0x61776169' --after 1 2>at-frame.log </dev/null &
	within 30 grep -q '^waiting' at-frame.log
	step -86400.700000000
	mark awaited	# the name begins so
	begun[at-frame]=$wall
	wait $!
	has_marks at-frame early late awaited
}

# One file, one clock.
across_steps() {
	load tap=eth1:eth2 subbuf_kb=128
	begin one
	mark before
	step 3600.300000000
	told one 1 'forward by 3600.300000000 s'
	mark after
	step -7200.600000000
	told one 2 'back by 7200.600000000 s'
	mark again
	step 0.000400000
	end one
	is 'one: a step below a millisecond is none' "$(grep -c 'the wall clock' one.log)" 2
	has_marks one before after again
	begin two
	mark second
	end two
	has_marks two second
}

to_a_pipe() {
	local copy
	mkfifo disk/pipe
	cat disk/pipe >pipe &
	copy=$!
	begin pipe --interval 60000
	mark piped
	step -1800.000000001
	told pipe 1 'back by 1800.000000001 s'
	mark 'piped too'
	end pipe
	wait $copy
	rm disk/pipe
	has_marks pipe piped 'piped too'
}

send_fast() {
	local i
	for ((i = 0; i < 2; i++)); do
		send A "$SOFTTAP_OUT/plain.a"
	done
}

# dies NAME - behind its back a mark, which the next reader finds
dies() {
	start_reader disk/dead
	kill -STOP "$reader"
	mark "$1"
	kill -KILL "$reader"
	wait "$reader" 2>/dev/null || :
}

# left_over NAME SECONDS [OPTION…] - what a reader has left: in a file of another time, sub-buffers as
# a whole among them
left_over() {
	dies "$1 left"
	back_to 0
	step "$2"
	begin "$1" "${@:3}"
	mark "$1 begins"
	send_fast
	mark "$1 ends"
	end "$1"
	cached "disk/$1" >"$1.cached"
	has_marks "$1" "$1 left" "$1 begins" "$1 ends"
}

# The clock of a machine that was started without one: no offset at all to the time since then.
without_a_clock() {
	local offset
	offset=$(awk '/^ clock 1:/ { on = 1 } on && $1 == ".offset:" { print $2; exit }' /proc/timer_list)
	back_to $((wall - offset))
	left_over unset 0.700000000
}

# In the middle of a write, on the slow disk.
await_write() {
	local state end=$((SECONDS + 5))
	while [ $SECONDS -lt $end ]; do
		read -r _ _ state _ <"/proc/$reader/stat"
		[ "$state" != D ] || break
		nap 0.005
	done
}

# Each is killed writing, and the clock steps while it reads and before the next one comes.
killed() {
	local n order
	start_flood
	under=(slowly)
	for ((n = 1; n <= kills; n++)); do
		order=()
		[ $((n % 2)) = 0 ] || order=(--order buffer)
		start_capture disk/killed.$n "${order[@]}"
		step $((n * 100)).300000000
		frames_pass captured_frames 300
		await_write
		kill -KILL "$reader"
		wait "$reader" 2>/dev/null || :
		step -$((n * 90)).100000000
	done
	under=()
	start_capture disk/killed.$n
	stop_flood
	flood_is_good
	ok 'the last reader ends well' stop_reader
	laws_hold
	save_counters >counters
	softtap verify disk/killed.$n >last 2>&1 || :
	echo $EPOCHSECONDS >now
}

guest() {
	new_disk -O ^has_journal
	rmdir disk/lost+found
	make_slow_group 1500000
	veth_topology
	watch a.out A a0 out in-netns A
	watch_begins
	flight
	back_to 0
	across_steps
	to_a_pipe
	# Sub-buffers fill within the interval, on however slow a machine.
	left_over left 7.250000000 --interval $((100 * slowness))
	without_a_clock
	left_over by-buffer -3600.000000003 --order buffer
	within 60 saw_marks 'by-buffer ends'
	kill -INT "${watchers[@]}"
	wait "${watchers[@]}"
	unload
	sysctl -qw vm.dirty_bytes=524288 vm.dirty_background_bytes=262144
	load tap=eth1:eth2 subbuf_kb=128 subbufs=8
	killed
	unload
	mv disk/* .
}

# --- On the host ----------------------------------------------------------------------------------

# A record is a little later than what tcpdump saw, whose times are whole microseconds.
times_are_right() {
	local file name ns delay
	while read -r file name; do
		ns=${name##* } name=${name% *}
		delay=$(frames delay "marker: $name of A" a.out "$file") || delay=none
		ok "$file: $name: $ns ns from the wall clock of then, to the ms ($((${delay/none/0} - ns)) ns)" \
			[ "$delay" != none -a $((${delay/none/0} - ns)) -ge 0 -a \
			$((${delay/none/0} - ns)) -lt $((1000000 * slowness)) ]
	done <expected
}

steps_are_noted() {
	is 'one: verify tells of each step' "$(softtap verify -v one | grep -o 'the wall clock.*')" \
		'the wall clock stepped forward by 3600.300000000 s
the wall clock stepped back by 7200.600000000 s'
	is 'one: and of both' "$(softtap verify one | grep '^clock steps')" \
		'clock steps     2, back by 3600.300000000 s in all'
	is 'one: as JSON' "$(softtap verify -j one | jq -c '[.clock_steps, .clock_stepped_ns]')" \
		'[2,-3600300000000]'
	is 'two: none' "$(softtap verify two | grep '^clock steps' || :)" ''
}

killed_are_good() {
	local files last
	mapfile -t files < <(seq -f 'killed.%g' $((kills + 1)))
	ok 'killed: every record is in the files once, and what was lost is told of' \
		records --captured "$(saved counters a/captured_frames),$(saved counters b/captured_frames)" \
		--lost "$(saved counters a/lost_frames),$(saved counters b/lost_frames)" "${files[@]}"
	records "${files[@]}" >account || :
	sed 's/^/# /' account >&2
	diag "$(cat killed.*.log | grep -c 'cut behind') of them were mended"
	like 'killed: no file is torn, and no record declared as perhaps doubled' \
		"$(tail -n 1 account)" '^files [0-9]+ torn 0 declared 0$'
	last=$(date -d "$(sed -n 's/^  last packet *//p' last | head -n 1)" +%s)
	ok "killed: the last packet is of just now ($(($(<now) - last)) s ago)" \
		[ $(($(<now) - last)) -ge 0 -a $(($(<now) - last)) -le $((15 * patience)) ]
}

verify() {
	local file
	times_are_right
	steps_are_noted
	for file in flight at-frame one two pipe left unset by-buffer; do
		ok "$file: softtap verify finds it good" softtap verify $file
	done
	for file in flight one left; do
		file_is_valid $file
	done
	if [[ $SOFTTAP_MACHINE != *smp* ]]; then
		ok "left: little of it is in the page cache ($(cat left.cached) %)" \
			[ "$(cat left.cached)" -lt 30 ]
	fi
	killed_are_good
}

run_test
