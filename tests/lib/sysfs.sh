# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# Files that look like the module's in sysfs, below $SOFTTAP_SYSFS.

counters='rx_frames rx_bytes tx_frames tx_bytes tx_dropped refused_frames captured_frames
	captured_bytes filtered_frames lost_frames idle_frames overwritten_frames blocked_frames'

# make_tap TAP PORT… - with all counters 0
make_tap() {
	local tap=$SOFTTAP_SYSFS/$1 letter=a port name
	shift
	mkdir -p "$tap"
	echo 0.1.0 >"$SOFTTAP_SYSFS/version"
	echo running >"$tap/state"
	echo wire >"$tap/policy"
	echo 96 >"$tap/snaplen"
	echo 1 >"$tap/guard"
	echo 0 >"$tap/link_follow"
	for port; do
		mkdir "$tap/$letter"
		echo "$port" >"$tap/$letter/ifname"
		echo up >"$tap/$letter/state"
		for name in $counters; do
			echo 0 >"$tap/$letter/$name"
		done
		letter=b
	done
}

# set_counters TAP/PORT NAME=VALUE…
set_counters() {
	local port=$SOFTTAP_SYSFS/$1 setting
	shift
	for setting; do
		echo "${setting#*=}" >"$port/${setting%=*}"
	done
}
