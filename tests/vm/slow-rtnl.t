#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Seconds: 12
# Covers: kmod/tap_device.c kmod/tap_debugfs.c kmod/port.[ch] tests/nic/faults.c
#
# While somebody holds RTNL for long (a driver that resets its card), who opens a tap, reads names or
# uses another misc device does not wait; and poll tells of a frame that does not fill a sub-buffer.
. "$(dirname "$0")/../lib/test.sh"
. "$tests/lib/guest.sh"
# shellcheck source=tests/lib/nic.sh
. "$tests/lib/nic.sh"

machines=('--kernel 6.1 --smp 2' '--kernel 6.12 --smp 2')

prepare() {
	build_nic
}

files=/sys/kernel/debug/softtap/tap0

open_device() {
	{ :; } </dev/softtap/tap0
}

open_other() {
	{ :; } </dev/vga_arbiter
}

# The command has ended before whoever holds RTNL lets go of it.
at_once() {
	ok "$1" "${@:2}"
	ok "$1, at once" rtnl_is_held
}

hold_rtnl() {
	echo 4000 >$wires/card0/faults/rtnl_ms
}

names_and_doors() {
	hold_rtnl &
	within 10 rtnl_is_held
	at_once 'the tap can be opened' open_device
	at_once 'another misc device can be opened' open_other
	at_once 'the header can be read' cat $files/header
	at_once 'a name can be read' cat $sysfs/tap0/a/ifname
	wait $!
}

rtnl_is_held() {
	[ "$(<$wires/card0/faults/rtnl_ms)" = 1 ]
}

# Ends well when poll says that there is something to read, and not because its time is over: it looks
# once more then.
poll_input() {
	exec perl -e '$| = 1; open F, "<", shift or die; print "waits\n"; vec($bits, fileno F, 1) = 1;
		my ($found, $left) = select($bits, undef, undef, 10); exit($found != 1 || $left < 1)' "$1"
}

sleeps() {
	local stat
	read -ra stat <"/proc/$1/stat"
	[ "${stat[2]}" = S ]
}

polling() {
	local waiting
	poll_input $files/cpu0 >polled 2>&1 &
	waiting=$!
	within 10 grep -q waits polled
	within 10 sleeps $waiting
	in-netns -c 0 A send-frames --marker 'one frame' a0
	ok 'poll tells of one frame' wait $waiting
}

guest() {
	veth_topology
	load_nic cards=2 names=card0,card1
	load tap=eth1:eth2
	names_and_doors
	polling
	unload
	log_is_clean
}

run_test
