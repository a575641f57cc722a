#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Seconds: 4
# Covers: userspace/commands/verify.c userspace/pcapng/read.[ch] userspace/pcapng/write.[ch]
#
# softtap verify on captures that hold, and on such as break one rule each (lib/make-captures).
# Needs neither root nor the module.
set -euo pipefail

tests=$(cd "$(dirname "$0")/.." && pwd)
[ "${SOFTTAP_BUILT:-}" ] || "$tests/../scripts/build-userspace" >&2 </dev/null

. "$tests/lib/tap.sh"
. "$tests/lib/sysfs.sh"

softtap=$tests/../userspace/softtap
work=$(mktemp -d /tmp/softtap-unit.XXXXXX)
trap 'rm -rf "$work"' EXIT
export SOFTTAP_SYSFS=$work/softtap PYTHONPATH=$tests/lib PYTHONDONTWRITEBYTECODE=yes

# verify ARGUMENT… - leaves $status, $answer and $complaint; standard input is passed on, no more
# memory than $memory KiB allowed
verify() {
	status=0
	answer=$(cd "$work" && ulimit -v "${memory:-unlimited}" && timeout 20 "$softtap" verify "$@" 2>"$work/.complaint") || status=$?
	complaint=$(<"$work/.complaint")
}

query() {
	jq -c "$1" <<<"$answer"
}

# row PORT NAME
row() {
	awk -v port="$1" -v name="$2" '/^[^ ]/ { on = $1 == port } on && $1 == name' <<<"$answer" |
		xargs
}

# What is said of each file; nothing of good ones.
files() {
	cat <<-'EOF'
		whole
		no-packets
		listens-only
		gaps
		rest
		by-buffer
		by-buffer-order
		steps
		passed-over
		filler
		unknown-block
		unknown-option
		snapped
		odd-name
		long-name
		most eth1: statistics do not add up: 18446744073709551615 received, 18446744073709551615 dropped, 2 written
		late out of order: 2 of 5 packets, the first is packet 3
		by-buffer-late out of order: by 9000000 ns, the file tells of 8000000 at most
		by-buffer-long out of order: 2 of 4 packets, the first is packet 2
		no-statistics eth1: no statistics: the capture did not end, or its end is missing
		ends-with-step eth1: no statistics: the capture did not end, or its end is missing
		statistics-of-more eth1: packets: 1 in the file, 2 in its statistics
		statistics-of-less-lost eth1: frames missing: 3 in gaps, 2 in its statistics
		statistics-wrong-sum eth1: statistics do not add up: 3 received, 3 dropped, 1 written
		statistics-small-sum eth1: statistics do not add up: 2 received, 3 dropped, 1 written
		statistics-early eth1: a packet from after the end of the capture
		statistics-of-nobody byte 124: statistics of an interface that is not described
		statistics-without-counts byte 124: statistics without their counts
		packet-of-nobody byte 124: a packet of an interface that is not described
		packet-cut byte 124: a packet that says it is longer than it is
		packet-huge byte 124: a packet that says it is longer than it is
		packet-beyond byte 124: a packet that says it is longer than it is
		packet-short byte 124: a block too short for what is in it
		drops-short byte 124: an option of a wrong length
		option-huge byte 124: a block too short for what is in it
		option-beyond byte 124: a block too short for what is in it
		behind-options byte 124: something behind the end of the options
		end-with-value byte 124: something behind the end of the options
		third-interface byte 124: more interfaces than a tap has ports
		microseconds byte 44: times that are not in nanoseconds
		no-ethernet byte 44: an interface that is not Ethernet
		no-interface no interface is described
		interface-short byte 44: a block too short for what is in it
		second-section byte 356: a second section: softtap writes one a file
		section-short byte 0: a block too short for what is in it
		version-2 byte 0: pcapng of an unknown version
		other-order byte 0: written by a machine of the other byte order: check it there
		no-magic byte 0: not a pcapng file
		no-pcapng byte 0: not a pcapng file
		begins-with-packet byte 0: not a pcapng file
		empty byte 0: empty
		zeros-at-end byte 356: a block of an impossible length
		length-0 byte 124: a block of an impossible length
		length-8 byte 124: a block of an impossible length
		length-13 byte 124: a block of an impossible length
		length-huge torn: 252 bytes of a block at byte 124, the rest is missing
		lengths-differ byte 124: a block whose two lengths differ
	EOF
}

test_files() {
	local name said seen=()
	while read -r name said; do
		verify "$name" </dev/null
		is "$name: exit status" "$status" "$([ ! "$said" ] && echo 0 || echo 1)"
		is "$name: what is wrong" "$(head -n 1 <<<"$complaint")" "${said:+softtap: $name: $said}"
		seen+=("$name")
	done < <(files)
	is 'every file was looked at' "$(printf '%s\n' "${seen[@]}" | sort | paste -sd ' ')" \
		"$(cd "$work" && printf '%s\n' ./* | sed 's,./,,' | sort | paste -sd ' ')"
}

test_other_files() {
	verify no-pcapng </dev/null
	is 'of what is no capture it says just that' "$answer" ''
}

test_account() {
	verify gaps </dev/null
	is 'text: all of a port' "$(sed -n '/^eth2/,/^[^ ]/p' <<<"$answer" | sed '$d')" 'eth2
  packets       3
  bytes         180
  first packet  2001-09-09T01:46:40.100000000Z
  last packet   2001-09-09T01:46:43.100000000Z
  gaps          2
  missing       7 in gaps, 0 after the last packet, 7 in all'
	is 'text: beyond 32 bits' "$(row eth1 missing)" \
		'missing 8589934592 in gaps, 0 after the last packet, 8589934592 in all'
	is 'text: the end' "$(tail -n 3 <<<"$answer" | xargs)" \
		'out of order 0 torn tail 0 bytes whole, in order, and it adds up'
	verify rest </dev/null
	is 'text: lost after the last packet' "$(row eth1 missing)" \
		'missing 1 in gaps, 4 after the last packet, 5 in all'
	is 'text: no packet was there' "$(row eth2 missing)" \
		'missing 0 in gaps, 6 after the last packet, 6 in all'
	verify most </dev/null
	is 'a sum stays at the most' "$(row eth1 missing)" \
		'missing 18446744073709551615 in gaps, 0 after the last packet, 18446744073709551615 in all'
	verify odd-name </dev/null
	is 'a name is no control sequence' "$(head -n 1 <<<"$answer")" 'e???[1m'
	verify long-name </dev/null
	is 'a long name is cut' "$(head -n 1 <<<"$answer" | tr -d '\n' | wc -c)" 63
	verify late </dev/null
	is 'text: out of order' "$(grep '^out' <<<"$answer" | xargs)" 'out of order 2'
	verify by-buffer </dev/null
	is 'text: the order that the file tells of' "$(tail -n 4 <<<"$answer" | xargs)" \
		'out of order 2 disorder 9000000 ns at most, 100000000 ns allowed torn tail 0 bytes whole, in the order that it tells of, and it adds up'
	verify -j by-buffer </dev/null
	is 'json: the order that the file tells of' \
		"$(query '[.out_of_order, .disorder_ns, .disorder_allowed_ns]')" '[2,9000000,100000000]'
	verify late </dev/null
	like 'nothing good is said of a bad file' "$(tail -n 1 <<<"$answer")" '^torn tail'
}

test_gaps() {
	verify -v gaps </dev/null
	is 'each gap' "$(head -n 3 <<<"$answer")" \
'eth2: 3 missing, after 2001-09-09T01:46:40.100000000Z, before 2001-09-09T01:46:40.100000001Z
eth1: 8589934592 missing, after the start, before 2001-09-09T01:46:40.100000002Z
eth2: 4 missing, after 2001-09-09T01:46:40.100000001Z, before 2001-09-09T01:46:43.100000000Z'
	verify -jv gaps </dev/null
	is 'each gap, JSON: one object a line' "$(wc -l <<<"$answer")" 4
	is 'each gap, JSON' "$(query 'select(has("missing"))' | sed -n 2p)" \
		'{"interface":"eth1","missing":8589934592,"after":null,"before":"2001-09-09T01:46:40.100000002Z"}'
}

test_steps() {
	verify steps </dev/null
	is 'steps of the wall clock, together' "$(grep '^clock' <<<"$answer")" \
		'clock steps     2, forward by 3599.599999999 s in all'
	verify -v steps </dev/null
	is 'each step' "$(head -n 2 <<<"$answer")" \
'2001-09-09T01:46:40.100000005Z: the wall clock stepped forward by 3600.300000000 s
2001-09-09T01:46:40.100000008Z: the wall clock stepped back by 0.700000001 s'
	verify -jv steps </dev/null
	is 'steps as JSON: each' "$(head -n 2 <<<"$answer" | tail -n 1)" \
		'{"clock_stepped_ns":-700000001,"at":"2001-09-09T01:46:40.100000008Z"}'
	is 'steps as JSON: together' "$(tail -n 1 <<<"$answer" | jq -c '[.clock_steps, .clock_stepped_ns]')" \
		'[2,3599599999999]'
	verify whole </dev/null
	is 'without steps there is no word of them' "$(grep -c clock <<<"$answer")" 0
}

test_json() {
	verify -j rest </dev/null
	is 'JSON: exit status' "$status" 0
	is 'JSON: a port' "$(query '.interfaces[0]')" \
		'{"name":"eth1","packets":2,"bytes":120,"broken":0,"first":"2001-09-09T01:46:40.100000000Z","last":"2001-09-09T01:46:40.100000001Z","gaps":1,"missing":1,"statistics":{"end":"2001-09-09T01:46:40.100001000Z","received":7,"dropped":5,"delivered":2,"dropped_after_last":4}}'
	is 'JSON: a port without packets' "$(query '.interfaces[1] | [.first, .last]')" '[null,null]'
	is 'JSON: nothing wrong' "$(query '[.out_of_order, .torn_bytes, .wrong]')" '[0,0,[]]'
	verify -j no-statistics </dev/null
	is 'JSON of a bad file: exit status' "$status" 1
	is 'JSON: no statistics' "$(query '[.interfaces[].statistics]')" '[null,null]'
	is 'JSON: what is wrong' "$(query '.wrong | length')" 2
}

# Offsets of the blocks of a file, and its length.
boundaries() {
	python3 -c 'import sys, captures
data = open(sys.argv[1], "rb").read()
print(*(at for _, _, at in captures.blocks(data)), len(data))' "$1"
}

# Cut at every byte: what is torn is counted from the last whole block on.
test_torn() {
	local size length whole=0 cuts=0 wrong=0 ends
	ends=$(boundaries "$work/gaps")
	size=${ends##* }
	for ((length = 1; length < size; length++)); do
		[[ " $ends " != *" $length "* ]] || whole=$length
		verify - < <(head -c $length "$work/gaps")
		cuts=$((cuts + 1))
		if [ $whole != $length ]; then
			[ "$status $complaint" = "1 softtap: -: torn: $((length - whole)) bytes of a block at byte $whole, the rest is missing" ]
		else
			[ "$status" = 1 ] && [[ $complaint == *'no statistics'* || $complaint == *'no interface'* ]]
		fi || {
			wrong=$((wrong + 1))
			diag "cut after $length bytes: $status $complaint"
		}
	done
	is 'a file cut at any byte: exit status, where, how much' "$wrong" 0
	ok 'it was cut often' [ $cuts -gt 500 ]
	head -c $((size - 1)) "$work/gaps" >"$work/torn"
	verify -j torn </dev/null
	is 'torn: what was whole counts' "$(query '[.torn_bytes > 0, .interfaces[1].packets]')" '[true,3]'
	rm "$work/torn"
}

test_loss() {
	local name expected
	for name in whole:0 gaps:6 rest:6 late:1 statistics-of-less-lost:1; do
		expected=${name#*:}
		verify --fail-on-loss "${name%:*}" </dev/null
		is "--fail-on-loss, ${name%:*}: exit status" "$status" "$expected"
	done
}

# whole, with a block of 200 MiB before its first packet
huge() {
	head -c 124 "$work/whole"
	printf '\xad\x0b\x00\x00\x0c\x00\x80\x0c'
	head -c 209715200 /dev/zero
	printf '\x0c\x00\x80\x0c'
	tail -c +125 "$work/whole"
}

test_stream() {
	verify - < <(dd if="$work/gaps" bs=7 status=none)
	is 'a pipe that gives a few bytes at a time' "$status $complaint" '0 '
	memory=32768 verify -j - < <(huge)
	is 'a large file in little memory' "$status $complaint $(query '[.interfaces[].packets]')" '0  [2,2]'
}

counters_now() {
	"$softtap" stat -j >"$work/$1" </dev/null
}

test_counters() {
	make_tap tap0 eth1 eth2
	make_tap tap1 eth3
	set_counters tap0/a captured_frames=100 lost_frames=50
	set_counters tap0/b captured_frames=1000
	counters_now .before
	set_counters tap0/a captured_frames=102 lost_frames=55
	set_counters tap0/b lost_frames=6
	counters_now .after
	verify --before .before --after .after rest </dev/null
	is 'counters that hold: exit status' "$status $complaint" '0 '
	verify --after .after rest </dev/null
	is 'counters that were not 0 before: exit status' "$status" 1
	is 'counters: what is wrong' "$complaint" 'softtap: rest: eth1: captured_frames grew by 102, the file tells of 2
softtap: rest: eth1: lost_frames grew by 55, the file tells of 5
softtap: rest: eth2: captured_frames grew by 1000, the file tells of 0'
	verify --after .after -i tap1 rest </dev/null
	is 'a tap with less ports: exit status' "$status $complaint" \
		"1 softtap: .after: not what \`softtap stat -j' tells of tap1"
	set_counters tap0/a captured_frames=110 lost_frames=50
	set_counters tap0/b lost_frames=0
	counters_now .after
	verify --before .before --after .after passed-over </dev/null
	is 'counters: packets passed over are captured ones' "$status $complaint" '0 '
	printf '[]' >"$work/.odd"
	for said in .odd .missing whole; do
		verify --before "$said" --after .after rest </dev/null
		is "counters that are none, $said: exit status" "$status $complaint" \
			"1 softtap: $said: not what \`softtap stat -j' tells of tap0"
	done
}

test_errors() {
	local arguments
	for arguments in '' 'whole gaps' '-x whole' '--before whole whole' '-i tap0 whole' '--after'; do
		# shellcheck disable=SC2086
		verify $arguments </dev/null
		is "verify $arguments: exit status" "$status" 2
		like "verify $arguments: one line says why" "$complaint" $'^softtap: [^\n]*$'
	done
	verify missing </dev/null
	is 'no such file' "$status $complaint" '1 softtap: missing: No such file or directory'
	verify . </dev/null
	is 'a directory' "$status $complaint" '1 softtap: .: byte 0: cannot be read on: Is a directory'
	for arguments in whole '-j whole' '-v gaps' '-jv gaps'; do
		status=0
		# shellcheck disable=SC2086
		(cd "$work" && timeout 20 "$softtap" verify $arguments) </dev/null >/dev/full \
			2>/dev/null || status=$?
		is "verify $arguments to a full disk: exit status" "$status" 3
	done
}

main() {
	local test
	"$tests/lib/make-captures" "$work"
	for test in test_files test_other_files test_account test_gaps test_steps test_json test_torn \
		test_loss test_stream test_counters test_errors; do
		$test || fail "$test ended early"
	done
}

main | number
