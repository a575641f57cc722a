#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Seconds: 16
# Covers: userspace/commands/check.c userspace/store/sizing.[ch] userspace/store/disk.[ch]
#
# A disk whose speed is known, as it is held to that: softtap check finds it out, both ways, and a
# capture to it warns when the ports are faster, by no more than what can arrive.
#
#	 namespace A             this machine             namespace B
#	+-----------+      +-----------------------+      +-----------+
#	|        a0 +------+ eth1   softtap   eth2 +------+ b0        |
#	+-----------+      +-----------+-----------+      +-----------+
#	            10 Gb/s            | reader   10 Gb/s
#	                          ext4, 20 MB/s

# shellcheck source=tests/lib/test.sh
. "$(dirname "$0")/../lib/test.sh"
. "$tests/lib/captures.sh"
# shellcheck source=tests/lib/disk.sh
. "$tests/lib/disk.sh"

machines=('--kernel 6.1 --disk 1G')
slow=$((20000000 / slowness))	# bytes a second

# writes PID -lt|-gt PERCENT - some MiB of the file that it writes are there, that much of it in
# the page cache
writes() {
	local file
	file=$(find "/proc/$1/fd" -lname "$PWD/disk/*(deleted)" | head -n 1)
	shift
	[ "$(stat -L -c %s "$file")" -gt 8388608 ] &&
		test "$(cached "$file")" "$@"
}

measure_slowly() {
	slowly softtap check --disk disk --seconds $((8 * patience)) -j >slow.json &
	ok 'it writes past the page cache' within 30 writes $! -lt 10
	# Which forgets what the disk has.
	ok 'it writes by the page cache' within 30 writes $! -gt 20
	ok 'it ends well' wait $!
}

# is_slow WAY
is_slow() {
	local rate
	rate=$(jq ".$1.bytes_per_second" slow.json)
	ok "$1: the disk takes what it may ($rate bytes a second)" \
		test "$rate" -gt $((slow / 2)) -a "$rate" -lt $((slow * 5 / 4))
}

# warning [FILE] - what a capture says at its start; no taps, no words
warning() {
	timeout 60 softtap capture -w "${1:-disk/x.pcapng}" -a duration:0.1 2>&1 >/dev/null </dev/null |
		grep warning || :
}

kept_as() {
	sed -i "s/^bytes_per_second .*/bytes_per_second $1/" /run/softtap/disk/*
}

measures() {
	is 'not measured: no warning' "$(warning)" ''
	measure_slowly
	is_slow direct
	is_slow cached
	like 'the tap is not covered' "$(jq -c .taps slow.json)" \
		'"bits_per_second":20000000000,"covered_from":null'
}

# Both directions bring 3095 MB/s with frames of 64 bytes, 2535 with those of 1518.
warns() {
	like 'a slow disk: warns' "$(warning)" '^softtap: warning: eth1 and eth2 can bring 2535 MB/s even with frames of 1518 bytes, the disk of disk/x.pcapng took '"$(jq '.bytes_per_second / 1e6 | floor' slow.json) when"
	kept_as 2537000000
	like 'a faster one: large frames it takes' "$(warning)" \
		'can bring 3095 MB/s with frames of 64 bytes, .* took 2537 when'
	kept_as 3095238094
	like 'nearly fast enough: small frames are too much' "$(warning)" '3095 MB/s with frames of 64'
	kept_as 3095238095
	is 'fast enough: no warning' "$(warning)" ''
	kept_as 1000000000
	is 'another file system: no warning' "$(warning ./x.pcapng)" ''
	is 'a pipe: no warning' "$(softtap capture -w - -a duration:0.1 2>&1 >/dev/null | grep warning)" ''
}

listens_only() {
	unload
	load tap=eth1
	like 'one port: half of it' "$(warning)" '^softtap: warning: eth1 can bring 1267 MB/s even with'
}

# The next file system there has the same number.
other_disk() {
	umount disk
	new_disk
	is 'another file system, same device: no warning' "$(warning)" ''
}

# Where there are no direct writes, and no files without a name.
other_ways() {
	local before can
	before=$(ls -A "$SOFTTAP_OUT")
	# It could not before 6.6.
	can=$(dd if=/dev/zero of=probe bs=4096 count=1 oflag=direct 2>/dev/null && echo true || echo false)
	is 'tmpfs: past the page cache only if that can be' "$(softtap check --disk . --seconds 1 -j |
		jq '.direct != null')" "$can"
	ok '9p: measured' sh -c "softtap check --disk '$SOFTTAP_OUT' --seconds 1 -j | jq -e '.cached.bytes > 0'"
	is '9p: nothing is left' "$(ls -A "$SOFTTAP_OUT")" "$before"
}

guest() {
	veth_topology
	load tap=eth1:eth2
	new_disk
	make_slow_group $slow
	measures
	warns
	listens_only
	other_disk
	other_ways
}

run_test
