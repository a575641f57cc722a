# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# Files that look like the module's in sysfs, below $SOFTTAP_SYSFS.

counters=$(sed -n 's/^\tX(\([a-z_]*\), .*/\1/p' "${tests:?}/../uapi/softtap_counters.h")

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
	echo pass:record >"$tap/bad_frames"
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
