# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# For tests in the test machine: numbered frames both ways between hosts A and B (tests/tools/flood)
# and when none of them may be missing. What a cycle does a hundred times over makes no process
# that it can do without: on an emulated machine under load each takes a good part of a second.

# The rest of the library, which the test includes, sets and uses:
# shellcheck disable=SC2154 # sysfs tests under
# shellcheck disable=SC2034 # reader

# Frames a second, each way. An emulated machine, whose processors take turns, carries about 6,000
# beside a reader. The flood stands back for what else the test does; the rate that was carried is
# said at the end. With less, everything else goes faster.
flood_rate=10000
flood=

# On the host, too, the command judges files.
PATH=$PATH:$tests/../userspace

start_flood() {
	# A burst must find room on its way to the port: what is lost there is not the tap's.
	sysctl -qw net.core.netdev_max_backlog=100000
	touch gaps
	mkfifo idle
	exec {idle}<>idle
	rm idle
	nice -n 10 flood --rate "$flood_rate" "$@" A/a0 B/b0 </dev/null >flood.report &
	flood=$!
}

stop_flood() {
	kill -INT "$flood"
	wait "$flood" || :
	grep ^stream flood.report >flood.streams || :
}

# Waits so many seconds.
nap() {
	read -rt "$1" -u "$idle" || :
}

gap_start=

# Between them frames have no way, or may have none. Times are µs since 1970.
begin_gap() {
	gap_start=${EPOCHREALTIME/[.,]/}
}

end_gap() {
	[ -z "$gap_start" ] || echo "$gap_start ${EPOCHREALTIME/[.,]/}" >>gaps
	gap_start=
}

# Every missing number belongs to a gap. What is missing in a row begins at most a second (in which
# frames may have been on their way; nothing after them arrived) before the gap, and ends in it.
# Prints what does not.
missing_outside_gaps() {
	awk '
	FILENAME == "gaps" { start[++n] = $1; end[n] = $2; next }
	$1 == "missing" {
		for (i = 1; i <= n; i++)
			if ($5 >= start[i] - 1e6 && (!$7 || $7 >= start[i]) && $6 <= end[i])
				next
		print
	}' gaps flood.report
}

# What flood has to say after stop_flood, in tests.
flood_is_good() {
	local stream sent arrived doubled reordered corrupt dropped rate outside
	is 'flood went on to the end' "$(wc -l <flood.streams)" 2
	while read -r _ stream _ sent _ arrived _ _ _ doubled _ reordered _ corrupt _ dropped _ rate; do
		is "stream $stream: the receiver itself had room for all" "$dropped" 0
		is "stream $stream: $sent frames sent ($rate a second), $arrived arrived, none twice, late or changed" \
			"$doubled doubled, $reordered reordered, $corrupt corrupt" \
			'0 doubled, 0 reordered, 0 corrupt'
	done <flood.streams
	outside=$(missing_outside_gaps | head -n 20)
	is 'not one number is missing while there is a way' "$outside" ''
}

# value VARIABLE COUNTER - reads a/rx_frames, b/state, …
value() {
	read -r "$1" <"$sysfs/tap0/$2"
}

# frames_pass COUNTER N - waits until it has grown by N on both ports
frames_pass() {
	local a b a_end b_end end=$((SECONDS + 60 * patience))
	value a "a/$1"
	value b "b/$1"
	a_end=$((a + $2)) b_end=$((b + $2))
	until [ "$a" -ge $a_end ] && [ "$b" -ge $b_end ]; do
		if [ $SECONDS -ge $end ]; then
			diag "$1 does not grow by $2 in time: a $a of $a_end, b $b of $b_end"
			return 1
		fi
		nap 0.01
		value a "a/$1"
		value b "b/$1"
	done
}

# start_capture FILE [OPTION…] - returns when frames of both ports are recorded. It runs under
# $under, and what it says is in FILE.log, as with start_reader.
start_capture() {
	local file=$1
	shift
	"${under[@]}" softtap capture -w "$file" "$@" </dev/null 2>"${file##*/}.log" &
	reader=$!
	frames_pass captured_frames 1
}

declare -A agreed

# delta VARIABLE COUNTER - what it has grown by since it was agreed upon
delta() {
	local value
	value value "$2"
	printf -v "$1" %s $((value - ${agreed[$2]:-0}))
	agreed[$2]=$value
}

# records_agree [OPTION] FILE… - they hold what the counters say was captured, and tell of what was
# lost, since the last time; set agreed=() when there is another tap.
records_agree() {
	local captured_a captured_b lost_a lost_b
	delta captured_a a/captured_frames
	delta captured_b b/captured_frames
	delta lost_a a/lost_frames
	delta lost_b b/lost_frames
	records --captured "$captured_a,$captured_b" --lost "$lost_a,$lost_b" "$@"
}
