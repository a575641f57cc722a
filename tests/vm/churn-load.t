#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Seconds: 21
# Covers: kmod/main.c kmod/tap.[ch] kmod/port.[ch] kmod/channel.[ch]
#
# The module comes and goes under traffic both ways, a reader attached every other time. While it
# is there, not one number is missing; when it has gone, nothing of it is left.
#
#	 namespace A             this machine             namespace B
#	+-----------+      +-----------------------+      +-----------+
#	| flood  a0 +------+ eth1   softtap   eth2 +------+ b0  flood |
#	+-----------+      +-----------------------+      +-----------+
#
# 24 times on each kernel, 1,000 with --long.

# shellcheck source=tests/lib/test.sh
. "$(dirname "$0")/../lib/test.sh"
# shellcheck source=tests/tools/flood.sh
. "$tests/tools/flood.sh"

machines=('--kernel 6.1 --smp 2' '--kernel 6.12 --smp 2')
cycles=$(count 24 1000)	# on each kernel
timeout=$(count 300 3600)
# What is left of a machine that is full decides how long each command takes.
flood_rate=$(count 3000 10000)

# What a port is like, apart from its counters.
ports() {
	local port
	for port in eth1 eth2; do
		ip -d link show dev $port
		ethtool -k $port
	done
}

complain() {
	echo "cycle $cycle: $1" >>complaints
}

# The module is not to be had while somebody reads. All that was recorded is in the file.
with_reader() {
	start_capture capture
	frames_pass captured_frames 20
	if rmmod softtap 2>rmmod.log || [[ $(<rmmod.log) != *'in use'* ]]; then
		complain "rmmod with a reader says $(<rmmod.log)"
	fi
	stop_reader || complain "the reader says $(<capture.log)"
	records_agree --whole capture >records 2>&1 || complain "the file does not agree: $(<records)"
	rm capture
}

without_reader() {
	local port captured
	frames_pass rx_frames 20
	for port in a b; do
		value captured $port/captured_frames
		[ "$captured" = 0 ] || complain "port $port recorded without a reader"
	done
}

one_cycle() {
	local references
	load tap=eth1:eth2 subbuf_kb=128 subbufs=32
	end_gap
	agreed=()
	if [ $((cycle % 2)) = 0 ]; then with_reader; else without_reader; fi
	read -r references </sys/module/softtap/refcnt
	[ "$references" = 0 ] || complain "$references references are left"
	begin_gap
	unload
}

# Memory that the module could forget, in KiB; what the flood has to remember is not.
note_memory() {
	local flood_has
	flood_has=$(awk '$1 == "VmRSS:" { print $2 }' "/proc/$flood/status")
	awk -v when="$1" -v flood="$flood_has" '
		$1 == "MemAvailable:" { print when "_available", $2 + flood }
		$1 == "SUnreclaim:" { print when "_slab", $2 }
		$1 == "VmallocUsed:" { print when "_mapped", $2 }
		$1 == "Percpu:" { print when "_percpu", $2 }' /proc/meminfo >>memory
}

memory_is_free() {
	local first_available first_slab first_mapped first_percpu name
	local last_available last_slab last_mapped last_percpu value
	while read -r name value; do
		printf -v "$name" %s "$value"
	done <memory
	ok "memory for each CPU: $first_percpu KiB, then $last_percpu" \
		[ $((last_percpu - first_percpu)) -le "$(count 32 64)" ]
	ok "memory for objects: $first_slab KiB, then $last_slab" \
		[ $((last_slab - first_slab)) -le "$(count 512 2048)" ]
	ok "memory mapped together: $first_mapped KiB, then $last_mapped" \
		[ $((last_mapped - first_mapped)) -le "$(count 96 192)" ]
	ok "memory to be had: $first_available KiB, then $last_available" \
		[ $((first_available - last_available)) -le 32768 ]
}

# It would wait for frames that had no way in the end.
flood_ends() {
	load tap=eth1:eth2 subbuf_kb=128 subbufs=32
	end_gap
	frames_pass rx_frames 20
	stop_flood
	unload
}

# Deleting a device waits, beyond any signal, for the last reference.
nothing_is_left() {
	local path
	is 'the ports are as before' "$(ports | diff ports.before -)" ''
	for path in /sys/kernel/softtap /sys/module/softtap /sys/kernel/debug/softtap /dev/softtap; do
		ok "$path is gone" [ ! -e $path ]
	done
	(ip link del eth1 && ip link del eth2 && touch deleted) &
	ok 'the ports can be deleted' within 60 test -e deleted
}

guest() {
	local cycle
	veth_topology
	ethtool -K eth1 gro on
	within 30 grep -q up /sys/class/net/eth1/operstate
	within 30 grep -q up /sys/class/net/eth2/operstate
	ports >ports.before
	touch complaints
	begin_gap
	start_flood
	for ((cycle = 1; cycle <= cycles; cycle++)); do
		one_cycle
		[ "$cycle" != 10 ] || note_memory first
	done
	note_memory last
	flood_ends
	is "$cycles cycles, none with a complaint" "$(head complaints)" ''
	flood_is_good
	memory_is_free
	nothing_is_left
}

run_test
