#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Seconds: 25
# Covers: kmod/main.c kmod/tap.[ch] kmod/tap_sysfs.[ch]
#
# What a tap shows itself by, files and devices, can be used when insmod cannot fail any more, and
# not before: others wait for it all the time.
. "$(dirname "$0")/../lib/test.sh"
. "$tests/lib/guest.sh"

machines=('--kernel 6.1 --smp 2' '--kernel 6.12 --smp 2')

ports() {
	modprobe veth
	ip -batch - <<-'END'
		link add eth1 type veth peer name eth2
		link add eth3 type veth peer name eth4
		link add eth5 type veth peer name eth6
	END
}

others=()

# others_begin FUNCTION… - each runs again and again, as long as the file `wanted` is there
others_begin() {
	local each
	touch wanted
	for each; do
		again "$each" &
		others+=($!)
	done
}

again() {
	while [ -e wanted ]; do
		"$1"
	done 2>/dev/null
}

others_end() {
	rm wanted
	wait "${others[@]}" || :
	others=()
}

add_one() {
	echo eth3:eth4 >$sysfs/add || :
}

# Holds each for a while: it is closed when insmod has long failed.
hold_any() {
	local device
	for device in /dev/softtap/tap*; do
		{ sleep 0.3; } <"$device" || :
	done
}

read_any() {
	local file
	for file in /sys/kernel/debug/softtap/tap*/cpu0; do
		{ sleep 0.3; } <"$file" || :
	done
}

# The second tap takes its time: two grace periods for each port of the first.
insmod_fails() {
	local i failed=0 times
	times=$(count 20 300)
	others_begin add_one hold_any read_any
	for ((i = 0; i < times; i++)); do
		load tap=eth1:eth2,missing:eth6 2>/dev/null || failed=$((failed + 1))
	done
	others_end
	is 'insmod fails beside those who add taps and open them' "$failed" "$times"
	ok 'nothing is left in sysfs' test ! -e $sysfs
	is 'nothing is left in /dev' "$(echo /dev/softtap/*)" '/dev/softtap/*'
	is 'the module is gone' "$(grep ^softtap /proc/modules || :)" ''
}

both_are_there() {
	[ -e $sysfs/tap0/a ] && [ -e $sysfs/tap1/a ]
}

opens() {
	{ :; } <"/dev/softtap/$1"
}

insmod_succeeds() {
	local i open=0 times
	times=$(count 5 100)
	for ((i = 0; i < times; i++)); do
		others_begin add_one
		load tap=eth1:eth2
		within 30 both_are_there
		others_end
		opens tap0 && opens tap1 && open=$((open + 1))
		unload || fail "cannot be unloaded, try $i"
	done
	is 'taps of insmod and of others are all there' "$open" "$times"
	is 'nothing is left in /dev' "$(echo /dev/softtap/*)" '/dev/softtap/*'
}

guest() {
	ports
	insmod_fails
	insmod_succeeds
	nothing_leaked
	log_is_clean
}

run_test
