#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Seconds: 15
# Covers: kmod/port_check.c
#
# A card that looks like Ethernet and is none, or that carries a switch's tags, is refused.
. "$(dirname "$0")/../lib/test.sh"
# shellcheck source=tests/lib/nic.sh
. "$tests/lib/nic.sh"

machines=('--kernel 6.1' '--kernel 6.12')

prepare() {
	build_nic
}

mark=0

mark_log() {
	echo "<3>mark $((++mark)) of the test" >/dev/kmsg
}

# What softtap has to complain since the mark.
complaints() {
	dmesg -t --level err,warn | sed "1,/mark $mark of the test/d" | grep softtap || :
}

# refused ERRNO MESSAGE NAME PORT - by one line in the log
refused() {
	local said
	mark_log
	if said=$(load "tap=$4" 2>&1); then
		fail "$3 is refused"
		unload
		return
	fi
	like "$3: the error" "$said" ": $1\$"
	like "$3: the log" "$(complaints)" "^[^"$'\n'"]*$2[^"$'\n'"]*\$"
}

odd_cards() {
	if [ -e /sys/class/net/conduit0 ]; then
		refused 'Device or resource busy' 'conduit0 leads to a switch' 'a DSA conduit' conduit0
	else
		skip 'a DSA conduit' 'this kernel has no DSA'
	fi
	refused 'Invalid parameters' 'modem0 is not Ethernet' 'a modem' modem0
}

guest() {
	load_nic queues=1 names=conduit0,modem0 poses=conduit,modem
	odd_cards
}

run_test
