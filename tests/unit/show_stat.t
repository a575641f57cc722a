#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Seconds: 3
# Covers: userspace/commands/show.c userspace/commands/stat.c userspace/commands/rates.[ch]
# Covers: userspace/tap/counters.[ch] userspace/lib/sysfs.[ch] userspace/lib/paths.[ch] userspace/lib/json.[ch]
#
# softtap show and stat on files that look like the module's. Needs neither root nor the module.
set -euo pipefail

tests=$(cd "$(dirname "$0")/.." && pwd)
[ "${SOFTTAP_BUILT:-}" ] || "$tests/../scripts/build-userspace" >&2 </dev/null

. "$tests/lib/tap.sh"
. "$tests/lib/sysfs.sh"

softtap=$tests/../userspace/softtap
work=$(mktemp -d /tmp/softtap-unit.XXXXXX)
trap 'rm -rf "$work"' EXIT
export SOFTTAP_SYSFS=$work/softtap SOFTTAP_SYS_NET=$work/net SOFTTAP_PROC=$work/proc

run() {
	status=0
	answer=$(timeout 20 "$softtap" "$@" 2>&1 </dev/null) || status=$?
}

query() {
	jq -c "$1" <<<"$answer"
}

test_no_module() {
	local command
	for command in show stat 'stat -w'; do
		# shellcheck disable=SC2086
		run $command
		is "$command, no module: exit status" "$status" 1
		is "$command, no module: says it" "$answer" \
			"softtap: the kernel module is not loaded, \`softtap up' loads it"
	done
}

test_usage() {
	local command
	for command in '' nonsense 'show -x' 'show tap0' 'stat -c 0' 'stat -c -1' 'stat -c 1x' 'stat -w0' \
		'stat -w 1x' 'stat -i' 'stat extra'; do
		# shellcheck disable=SC2086
		run $command
		is "softtap $command: exit status" "$status" 2
		[ ! "$command" ] ||
			like "softtap $command: one line says why" "$answer" $'^softtap: [^\n]*$'
	done
	for command in --help 'show --help' 'stat -h' 'up -h' 'down --help'; do
		# shellcheck disable=SC2086
		run $command
		is "softtap $command: exit status" "$status" 0
		like "softtap $command: tells the usage" "$answer" '^Usage: softtap'
	done
}

test_show() {
	make_tap tap0 eth1 eth2
	make_tap tap10 'odd"name'
	make_tap tap2 eth5 eth6
	echo missing >"$SOFTTAP_SYSFS/tap2/b/state"
	echo waiting >"$SOFTTAP_SYSFS/tap2/state"
	run show
	is 'show: exit status' "$status" 0
	is 'show: a tap' "$(grep -A 8 '^tap0' <<<"$answer")" 'tap0: running
  port a       eth1, up
  port b       eth2, up
  policy       wire
  snaplen      96
  guard        on
  link_follow  off
  bad_frames   pass:record
  tstamp       sw'
	is 'show: in the order of their numbers' "$(grep -o '^tap[0-9]*' <<<"$answer" | xargs)" \
		'tap0 tap2 tap10'
	run show -j
	is 'show -j: exit status' "$status" 0
	is 'show -j: version' "$(query .version)" '"0.1.0"'
	is 'show -j: a tap' "$(query '.taps[0]')" \
		'{"tap":"tap0","state":"running","a":{"ifname":"eth1","state":"up","degraded":null,"nic":{"pause":{},"eee":{},"rings":{},"coalescing":{},"private_flags":{}},"before_tap":[]},"b":{"ifname":"eth2","state":"up","degraded":null,"nic":{"pause":{},"eee":{},"rings":{},"coalescing":{},"private_flags":{}},"before_tap":[]},"policy":"wire","snaplen":96,"guard":1,"link_follow":0,"bad_frames":"pass:record","tstamp":"sw","cpus":{"rx":null,"reader":null,"post":null}}'
	is 'show -j: a port that is missing' "$(query '.taps[1] | [.state, .b.state]')" \
		'["waiting","missing"]'
	is 'show -j: listen-only, a name that needs quoting' \
		"$(query '.taps[2] | [.a.ifname, has("b")]')" '["odd\"name",false]'
	rm -r "$SOFTTAP_SYSFS"/tap*
	run show
	is 'show: no tap' "$answer" 'softtap module, version 0.1.0
no tap'
}

make_traffic() {
	make_tap tap0 eth1 eth2
	set_counters tap0/a rx_frames=18446744073709551615 captured_frames=18446744073709551000 \
		filtered_frames=600 lost_frames=10 idle_frames=4 refused_frames=1
	set_counters tap0/a bad_rx_frames=5
	set_counters tap0/b tx_frames=18446744073709551601 tx_dropped=10 rx_frames=50 bad_tx_frames=2
	set_counters tap0/a tx_frames=43
	mkdir -p "$SOFTTAP_SYS_NET/eth1/statistics" "$SOFTTAP_PROC/net"
	echo 7 >"$SOFTTAP_SYS_NET/eth1/statistics/rx_missed_errors"
	printf '%s\n' '00000001 0000000a 0' '00000001 ffffffff 0' >"$SOFTTAP_PROC/net/softnet_stat"
}

row() {
	grep "^ *$1 " <<<"$answer" | head -n 1 | xargs
}

test_stat() {
	make_traffic
	run stat
	is 'stat: exit status' "$status" 0
	is 'stat: all 64 bits' "$(row rx_frames)" 'rx_frames 18446744073709551615 50'
	is 'stat: what the device lost' "$(row rx_missed_errors)" 'rx_missed_errors 7 0'
	is 'stat: what the machine lost' "$(tail -n 1 <<<"$answer")" \
		"dropped at a CPU's backlog, whole machine: 4294967305"
	is 'stat: forwarding adds up' "$(grep 'forwarding eth1' <<<"$answer" | xargs)" \
		'forwarding eth1 -> eth2: every frame accounted for'
	is 'stat: forwarding, some in flight' "$(grep 'forwarding eth2' <<<"$answer" | xargs)" \
		'forwarding eth2 -> eth1: 7 in flight'
	is 'stat: capture adds up' "$(grep 'capture eth1' <<<"$answer" | xargs)" \
		'capture eth1: every frame accounted for'
	is 'stat: capture, some in flight' "$(grep 'capture eth2' <<<"$answer" | xargs)" \
		'capture eth2: 50 in flight'
	echo 16777216 >"$SOFTTAP_SYSFS/tap0/buffer_size"
	echo 1048576 >"$SOFTTAP_SYSFS/tap0/buffer_fill"
	echo 8388608 >"$SOFTTAP_SYSFS/tap0/buffer_highest"
	run stat
	is 'stat: buffers' "$(grep 'buffer:' <<<"$answer" | xargs)" \
		'the fullest buffer: 1.0 of 16.0 MiB; at most 8.0 since a reader came'
	run stat -j
	is 'stat -j: buffers' "$(query '.taps[0].buffers')" \
		'{"size":16777216,"fill":1048576,"highest":8388608}'
	is 'stat -j: in flight' "$(query '.taps[0].in_flight')" \
		'{"forwarding_a":0,"forwarding_b":7,"capture_a":0,"capture_b":50}'
	is 'stat -j: counters' "$(query '.taps[0].b | [.rx_frames, .tx_dropped, .ifname, .netdev]')" \
		'[50,10,"eth2",null]'
	is 'stat -j: what the device lost' "$(query '.taps[0].a.netdev.rx_missed_errors')" 7
	is 'stat -j: all counters' "$(query '.taps[0].a | keys | length')" 21
	is 'stat -j: times of the software' "$(query '.taps[0].a.residence')" null
	is 'stat -j: softnet' "$(query .softnet_dropped)" 4294967305
}

test_stamped() {
	make_tap tap0 eth1 eth2
	echo hw >"$SOFTTAP_SYSFS/tap0/tstamp"
	echo 120 >"$SOFTTAP_SYSFS/tap0/a/clock_error"
	echo unknown >"$SOFTTAP_SYSFS/tap0/b/clock_error"
	echo 0 0 0 5 0 4294967297 0 0 0 0 0 0 0 0 0 0 0 >"$SOFTTAP_SYSFS/tap0/a/residence"
	echo 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 7 >"$SOFTTAP_SYSFS/tap0/b/residence"
	run show
	like 'tstamp hw: show' "$answer" \
		'tstamp +hw: eth1 within 120 ns, eth2 has no clock that is known'
	run show -j
	is 'tstamp hw: show -j' "$(query '.taps[0] | [.tstamp, .a.clock_error_ns, .b.clock_error_ns]')" \
		'["hw",120,null]'
	run stat
	is 'tstamp hw: stat' "$(grep -A 2 'from arrival' <<<"$answer" | xargs)" \
		'from arrival at the card to the tap, frames by ns below 2048 5 0 below 4096 0 0'
	is 'tstamp hw: the last row' "$(grep below <<<"$answer" | tail -n 1 | xargs)" 'below 16777216 0 7'
	run stat -j
	is 'tstamp hw: stat -j' "$(query '.taps[0].a.residence')" \
		'[{"below_ns":2048,"frames":5},{"below_ns":8192,"frames":4294967297}]'
	rm -r "$SOFTTAP_SYSFS"/tap*
}

# Names are bytes: what a terminal would obey, and what is no UTF-8, is not printed.
test_odd_names() {
	make_tap tap0 $'e\e[31mh\377'
	run show
	is 'an odd name: show' "$(grep -c 'port a       e?.31mh?, up' <<<"$answer")" 1
	run stat
	is 'no line is too long for a terminal' "$({ run stat; echo "$answer"; run show; echo "$answer"
		run stat -w 0.1 -c 1; echo "$answer"; } | awk 'length > 80')" ''
	like 'an odd name: stat' "$answer" 'capture e\?\[31mh\?: '
	run show -j
	is 'an odd name: JSON' "$(query '.taps[0].a.ifname')" '"e?[31mh?"'
	run stat -j
	is 'an odd name: stat -j' "$(query '.taps[0].a.ifname')" '"e?[31mh?"'
	is 'JSON has its schema' "$(query .schema)" 1
	run up $'e\e[31mh'
	is 'an odd name: in a message' "$(grep -c 'e?\[31mh' <<<"$answer")" 1
	rm -r "$SOFTTAP_SYSFS"/tap*
}

# As a shell has it.
test_post() {
	make_tap tap0 eth1 eth2
	run post sh -c 'exit 9'
	is 'post: the exit status is the command'"'"'s' "$status" 9
	run post nosuchcommand
	is 'post: no such command' "$status" 127
	run post /etc/passwd
	is 'post: no command' "$status" 126
	rm -r "$SOFTTAP_SYSFS"/tap*
}

test_one_tap() {
	make_tap tap1 eth3
	run stat -i tap1
	like 'stat -i: that tap' "$answer" '^tap1: running, policy wire'
	is 'stat -i: only that' "$(grep -c '^tap' <<<"$answer")" 1
	is 'stat, listen-only: no forwarding' "$(grep -c forwarding <<<"$answer")" 0
	run stat -i tap9
	is 'stat -i, no such tap: exit status' "$status" 1
	is 'stat -i, no such tap: says it' "$answer" "softtap: no tap \`tap9', see softtap show"
	rm -r "$SOFTTAP_SYSFS/tap1"
}

test_watch() {
	make_tap tap0 eth1 eth2
	(
		sleep 0.5
		set_counters tap0/a rx_frames=1000 rx_bytes=64000 lost_frames=100
		set_counters tap0/b tx_dropped=10
	) &
	run stat --watch 1 -c 1 -j
	wait
	is 'stat -w: exit status' "$status" 0
	is 'stat -w: a line for each direction' "$(wc -l <<<"$answer")" 2
	is 'stat -w: a rate, of a second or little more' "$(query 'select(.port == "a") |
		.frames_per_second | . > 500 and . <= 1000')" true
	is 'stat -w: bits, lost and dropped of 10 frames' "$(query 'select(.port == "a") |
		[.bits_per_second, .lost_per_second, .dropped_per_second * 10] |
		map(. * 10 | round)' | tr -d '[]' | {
			IFS=, read -r bits lost dropped
			frames=$(query 'select(.port == "a") | .frames_per_second')
			awk -v f="$frames" -v b="$bits" -v l="$lost" -v d="$dropped" \
				'BEGIN { printf "%.0f %.1f %.1f", b / f, l / f, d / f }'
		})" '5120 1.0 1.0'
	run stat -w0.05 -c 3
	is 'stat -w: a heading and two lines each time' "$(wc -l <<<"$answer")" 7
	like 'stat -w: directions' "$answer" 'eth1 -> eth2 .*eth2 -> eth1 '
}

test_watch_ends() {
	local pid
	timeout --preserve-status 20 "$softtap" stat -w 0.1 >"$work/rates" </dev/null &
	pid=$!
	ok 'stat -w: shows while it runs' within 10 grep 'eth1 -> eth2' "$work/rates"
	kill "$pid"
	status=0
	wait "$pid" || status=$?
	is 'stat -w, told to end: exit status' "$status" 0
	(
		sleep 1
		mv "$SOFTTAP_SYSFS/tap0" "$work/tap0"
	) &
	run stat -w 0.1 -i tap0
	wait
	is 'stat -w, the tap goes: exit status' "$status" 4
	run stat -w
	is 'stat -w, no tap: says it' "$answer" 'softtap: there is no tap'
	mv "$work/tap0" "$SOFTTAP_SYSFS/tap0"
}

test_full_disk() {
	local command
	for command in show 'show -j' stat 'stat -j' 'stat -w 0.1' 'stat -w 0.1 -j' --help; do
		status=0
		# shellcheck disable=SC2086
		answer=$(timeout 10 "$softtap" $command 2>&1 >/dev/full </dev/null) || status=$?
		is "$command to a full disk: exit status" "$status" 3
		is "$command to a full disk: says it" "$answer" \
			'softtap: cannot write the output: No space left on device'
	done
}

main() {
	local test
	for test in test_no_module test_usage test_show test_stat test_stamped test_odd_names test_one_tap test_watch \
		test_watch_ends test_full_disk; do
		rm -rf "${SOFTTAP_SYSFS:?}"/tap*
		case $test in test_watch_ends | test_full_disk) make_tap tap0 eth1 eth2 ;; esac
		$test || fail "$test ended early"
	done
}

main | number
