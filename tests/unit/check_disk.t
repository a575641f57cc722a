#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Seconds: 14
# Covers: userspace/commands/check.c userspace/store/disk.[ch] userspace/store/storage.[ch]
# Covers: userspace/lib/numbers.[ch]
#
# softtap check --disk: what it measures, what it makes of that, and that it leaves nothing behind.
# Needs neither root nor the module; file systems are mounted in a namespace of our own.
set -euo pipefail

tests=$(cd "$(dirname "$0")/.." && pwd)
[ "${SOFTTAP_BUILT:-}" ] || "$tests/../scripts/build-userspace" >&2 </dev/null

. "$tests/lib/tap.sh"
. "$tests/lib/sysfs.sh"

work=$(mktemp -d /var/tmp/softtap-unit.XXXXXX)	# on a disk
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
mkdir "$work/disk" "$work/mount"
cp "$tests/../userspace/softtap" "$work"	# for those who may not look here
softtap=$work/softtap
export SOFTTAP_SYSFS=$work/sysfs SOFTTAP_SYS_NET=$work/net SOFTTAP_SYS_MODULE=$work/module
export SOFTTAP_RUN=$work/run

run() {
	status=0
	answer=$("$@" 2>&1 </dev/null) || status=$?
}

check() {
	run timeout 120 "$softtap" check "$@"
}

# A second of writing, as JSON.
measure() {
	check --disk "${1:-$work/disk}" --seconds 1 -j
}

query() {
	jq -c "$1" <<<"$answer"
}

# true_that NAME FILTER - that is what the filter says of the answer
true_that() {
	is "$1" "$(query "$needs $2")" true
}

# What a tap at a speed brings, from the standards: a frame has 20 bytes of preamble and gap on the
# wire; its record has no FCS, is padded to 32 bits, and has 44 bytes around it.
# shellcheck disable=SC2016
needs='
	def wire: . + 20;
	def record: ((. - 4) / 4 | ceil) * 4 + 44;
	def parts: if . == "IMIX" then [[64, 7], [594, 4], [1518, 1]] else [[tonumber, 1]] end;
	def need($bits): parts | (map(.[1] * (.[0] | record)) | add) as $records |
		(map(.[1] * (.[0] | wire)) | add) as $wire | $bits * $records / ($wire * 8) | floor;'

fails() {
	is "$1: exit status" "$status" "$2"
	is "$1: one line" "$(wc -l <<<"$answer")" 1
	like "$1: says so" "$answer" "^softtap: .*$3"
}

test_usage() {
	local arguments
	for arguments in '' '--disk' '--disk=' '--disk . extra' '--disk . --seconds 0' \
		'--disk . --seconds -1' '--disk . --seconds 1x' '--disk . --seconds 601' '-x'; do
		# shellcheck disable=SC2086
		check $arguments
		fails "check $arguments" 2 .
	done
	check nic8 nic9
	fails 'check A B' 1 'nic8: there is no such port'
	check nic8
	fails 'check A' 2 'give the names of two ports'
	check --disk . nic8 nic9
	fails 'check --disk DIR A B' 2 'goes without ports'
}

as_nobody() {
	if [ "$(id -u)" = 0 ]; then
		setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
	else
		"$@"
	fi
}

test_no_place() {
	check --disk "$work/nothing"
	fails 'no such directory' 1 'nothing: cannot measure: No such file or directory'
	touch "$work/file"
	check --disk "$work/file"
	fails 'a file' 1 'file: cannot measure: Not a directory'
	chmod 555 "$work/disk"
	run as_nobody "$softtap" check --disk "$work/disk"
	chmod 755 "$work/disk"
	fails 'no permission' 1 'disk: cannot measure: Permission denied'
}

# on_tmpfs OPTIONS COMMAND… - with a tmpfs at $work/mount
on_tmpfs() {
	local options=$1
	shift
	# shellcheck disable=SC2016
	timeout 120 unshare -rm sh -c 'mount -t tmpfs -o "$1" tmpfs "$2" && mount -o "remount,$1" "$2" &&
		shift 2 && "$@"' sh "$options" "$work/mount" "$@"
}

test_tmpfs() {
	run on_tmpfs ro "$softtap" check --disk "$work/mount"
	fails 'read-only' 1 'cannot measure: Read-only file system'
	run on_tmpfs size=159m "$softtap" check --disk "$work/mount"
	fails 'too little space' 1 'too little space to measure, 159 MiB are free and 160 are needed'
	run on_tmpfs size=400m "$softtap" check --disk "$work/mount" --seconds 2 -j
	is 'little space: exit status' "$status" 0
	true_that 'little space: a tenth of it is taken' '.cached.bytes / 1048576 | . > 36 and . <= 40'
	run on_tmpfs size=400m sh -c "'$softtap' check --disk '$work/mount' --seconds 1 >/dev/null
		ls -A '$work/mount'; df --output=used '$work/mount' | tail -n 1"
	is 'little space: nothing is left' "$(xargs <<<"$answer")" 0
}

way_adds_up() {
	true_that "$1: bytes a second" ".$1 |
		(.bytes * 1000000 / .microseconds | floor) == .bytes_per_second"
	true_that "$1: whole batches, eight or more" ".$1.bytes | . >= 16777216 and . % 2097152 == 0"
	true_that "$1: the longest write is within the time" ".$1 |
		.longest_write_microseconds > 0 and .longest_write_microseconds < .microseconds"
	true_that "$1: no more than a tenth of the space" ".$1.bytes <= $2 / 10"
}

test_figures() {
	local free
	free=$(($(stat -f -c '%a * %S' "$work/disk") + (1 << 30)))	# others free some, too
	measure
	is 'a disk: exit status' "$status" 0
	like 'a disk: nothing but JSON' "$answer" '^\{'
	is 'a disk: nothing is left' "$(ls -A "$work/disk")" ''
	way_adds_up cached "$free"
	[ "$(query .direct)" = null ] || {
		way_adds_up direct "$free"
		true_that 'direct: half the time, or all the space' \
			".direct | .microseconds >= 500000 or .bytes * 20 > $free"
	}
	true_that 'the slower way decides' \
		'.bytes_per_second == ([.direct, .cached | values | .bytes_per_second] | min)'
	true_that 'the longest write of both decides' '.longest_write_microseconds ==
		([.direct, .cached | values | .longest_write_microseconds] | max)'
}

test_links() {
	is 'links' "$(query '.links | map(.bits_per_second / 1000000)')" \
		'[100,1000,2500,5000,10000,25000,40000,100000]'
	is 'frames' "$(query '.links[7].needs | map(.frames)' | tr -d '"')" \
		'[64,128,256,512,1024,1280,1518,IMIX]'
	is '64 bytes: 2 x 1488095 frames a second of 104 bytes' \
		"$(query '.links[1].needs[0].bytes_per_second')" 309523809
	# shellcheck disable=SC2016
	true_that 'what links need' '[.links[] | (.bits_per_second * 2) as $bits | .needs[] |
		.bytes_per_second == (.frames | need($bits))] | all'
	# shellcheck disable=SC2016
	true_that 'how much of it the disk takes' '.bytes_per_second as $rate | [.links[].needs[] |
		.percent == ($rate * 100 / .bytes_per_second | floor)] | all'
	buffers_reach 31 524288
	is 'buffers: the default' "$(query '.buffers')" \
		'{"loaded":false,"subbuf_kb":512,"subbufs":32}'
}

# buffers_reach SUBBUFS BYTES - those that are free while one is written
buffers_reach() {
	# shellcheck disable=SC2016
	true_that "buffers: the reach of $1 sub-buffers of $2 bytes" '[.links[] |
		(.bits_per_second * 2) as $bits | .reach_microseconds ==
		('"$1 * $2"' * 1000000 / ("64" | need($bits)) | floor)] | all'
	# shellcheck disable=SC2016
	true_that 'buffers: compared with the longest write' '.longest_write_microseconds as $longest |
		[.links[] | .bridges_longest_write == (.reach_microseconds >= $longest)] | all'
}

# Cells of the table, and what they have to be, one and a bit more or less for what the rate above
# the table is rounded by.
test_text() {
	local rate
	check --disk "$work/disk" --seconds 1
	is 'text: exit status' "$status" 0
	rate=$(grep -o 'do [0-9.]* MB/s' <<<"$answer" | tr -dc 0-9.)
	# shellcheck disable=SC2016
	is 'text: the table is of that rate' "$(awk -v rate="$rate" '
		function fits(cell, percent) {
			if (cell == "yes") return percent > 99
			if (cell == "no") return percent < 2
			return cell + 0 <= percent + 1 && cell + 1 >= percent - 1 && cell + 0 < 100
		}
		$2 == "Mb/s" || $2 == "Gb/s" {
			bits = 2 * $1 * ($2 == "Mb/s" ? 1e6 : 1e9)
			good += fits($3, 100 * rate * 1e6 / (bits / 672 * 104))
			good += fits($9, 100 * rate * 1e6 / (bits / 12304 * 1560))
			good += fits($10, 100 * rate * 1e6 / (bits / 36656 * 4832))
		}
		END { print good }' <<<"$answer")" 24
	is 'text: lines of a table' "$(grep -c '^[0-9.]* [MG]b/s .* ms' <<<"$answer")" 8
	like 'text: both ways' "$answer" 'past the page cache .*by the page cache .* MB/s, longest'
}

test_module() {
	mkdir -p "$SOFTTAP_SYSFS" "$SOFTTAP_SYS_MODULE/parameters"
	echo 128 >"$SOFTTAP_SYS_MODULE/parameters/subbuf_kb"
	echo 5 >"$SOFTTAP_SYS_MODULE/parameters/subbufs"
	measure
	is 'buffers: those of the module' "$(query '.buffers')" \
		'{"loaded":true,"subbuf_kb":128,"subbufs":5}'
	buffers_reach 4 131072
}

# speed_of PORT MEGABITS
speed_of() {
	mkdir -p "$SOFTTAP_SYS_NET/$1"
	echo "$2" >"$SOFTTAP_SYS_NET/$1/speed"
}

# Taps around the speed that the disk takes.
make_taps() {
	local i speed
	speed=$(query '.bytes_per_second / 500000 | floor')
	for ((i = 0; i < 60; i++)); do
		make_tap "tap$i" "a$i" "b$i"
		speed_of "a$i" $((speed + 1))
		speed_of "b$i" $((speed * 3 / 10))
		speed=$((speed * 23 / 24))
	done
}

test_taps() {
	make_taps
	measure
	is 'taps: all of them' "$(query '.taps | length')" 60
	# shellcheck disable=SC2016
	true_that 'taps: covered from' '.bytes_per_second as $rate | [.taps[] | . as $tap |
		$tap.covered_from == ([64, 128, 256, 512, 1024, 1280, 1518 |
			select((tostring | need($tap.bits_per_second)) <= $rate)] | first)] | all'
	rm -r "$SOFTTAP_SYSFS"/tap*
}

test_tap_speeds() {
	make_tap tap0 eth1 eth2
	make_tap tap1 eth3
	make_tap tap2 eth1 eth4
	make_tap tap3 eth5 eth5
	make_tap tap4 eth6 eth1
	speed_of eth1 1
	speed_of eth2 2
	speed_of eth3 10
	speed_of eth4 -1
	speed_of eth5 100000000
	check --disk "$work/disk" --seconds 1
	is 'taps: each in a line' "$(grep '^tap' <<<"$answer")" \
		'tap0: eth1 and eth2, 3 Mb/s together: covered from frames of 64 bytes on
tap1: eth3, 10 Mb/s together: covered from frames of 64 bytes on
tap2: eth1 and eth4, speed unknown
tap3: eth5 and eth5, 200000 Gb/s together: not covered
tap4: eth6 and eth1, speed unknown'
	measure
	is 'taps, JSON' "$(query '.taps | map([.bits_per_second, .covered_from])')" \
		'[[3000000,64],[10000000,64],[null,null],[200000000000000,null],[null,null]]'
}

test_kept() {
	local kept
	rm -rf "$SOFTTAP_RUN"
	measure
	kept=$(stat -c "$SOFTTAP_RUN/disk/%Hd:%Ld" "$work/disk")
	is 'kept: for this file system' "$(find "$SOFTTAP_RUN" -type f)" "$kept"
	is 'kept: for everybody' "$(stat -c %a "$kept")" 644
	is 'kept: what was measured' "$(sed -n 's/^bytes_per_second //p' "$kept")" \
		"$(query .bytes_per_second)"
	SOFTTAP_RUN=$work/file/run check --disk "$work/disk" --seconds 1
	is 'cannot be kept: exit status' "$status" 0
	like 'cannot be kept: says so' "$answer" 'softtap: warning: .* captures will not warn'
}

# The file that it writes, when there is more than some MiB in it.
measured_file() {
	local fd
	for fd in "/proc/$1/fd"/*; do
		[[ $(readlink "$fd") == "$work/disk/"*'(deleted)' ]] || continue
		[ "$(stat -L -c %s "$fd")" -gt 8388608 ] || return 1
		echo "$fd"
		return
	done
	return 1
}

# Each file ends with all of it on the disk, before it is cut for the next one.
test_on_the_disk() {
	local calls
	timeout 120 strace -qq -e trace=fdatasync,ftruncate -e signal=none -o "$work/calls" \
		"$softtap" check --disk "$work/disk" --seconds 1 >/dev/null </dev/null
	calls=$(sed 's/(.*= / /' "$work/calls" | paste -sd ' ')
	like 'all of it comes to the disk' "$calls" '^(fdatasync 0 ftruncate 0 ?){2,3}$'
}

pages_that_differ() {
	python3 -c 'import sys
data = sys.stdin.buffer.read()
print(len({data[at:at + 4096] for at in range(0, len(data), 4096)}))'
}

# killed_by SIGNAL - in the middle; what it wrote until then is in $work/written
killed_by() {
	"$softtap" check --disk "$work/disk" --seconds 60 >/dev/null 2>&1 </dev/null &
	ok "SIG$1: it writes" within 20 measured_file $!
	is "SIG$1: the file has no name" "$(ls -A "$work/disk")" ''
	head -c 8388608 "$(measured_file $!)" >"$work/written"
	kill "-$1" $!
	status=0
	wait $! 2>/dev/null || status=$?
	is "SIG$1: it ends by that" "$(kill -l $status)" "$1"
	is "SIG$1: nothing is left" "$(ls -A "$work/disk")" ''
}

test_killed() {
	local signal
	for signal in TERM HUP KILL; do
		killed_by $signal
	done
	ok 'what is written cannot be compressed' \
		[ "$(gzip -1 <"$work/written" | wc -c)" -ge 8388608 ]
	is 'no page is written twice' "$(pages_that_differ <"$work/written")" 2048
}

main() {
	local test
	for test in test_usage test_no_place test_tmpfs test_figures test_links test_text \
		test_module test_taps test_tap_speeds test_kept test_on_the_disk test_killed; do
		[ $test != test_tmpfs ] || unshare -rm true 2>/dev/null || {
			skip 'tmpfs' 'no namespaces for users here'
			continue
		}
		$test || fail "$test ended early"
	done
}

main | number
