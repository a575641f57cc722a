# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# For tests that see whether capturing changes skbs, by tests/skbwatch: build_for_tests skbwatch is
# for `prepare` (nic.sh), the rest for the machine.

skbwatch=/sys/kernel/debug/skbwatch

# Once softtap is loaded; it cannot be unloaded then.
watch_skbs() {
	insmod "${tests:?set by test.sh}/../build/$(uname -r)/skbwatch/skbwatch.ko"
}

# skbs_unchanged WHAT - since watch_skbs, which ends. What was seen is in the file `kinds`.
skbs_unchanged() {
	cat $skbwatch/kinds >kinds
	is "$1: capturing changed no frame" \
		"$(awk '$1 != "missed" && $4 { print $1, $2, $4 }' kinds)" ''
	is "$1: none was missed" "$(grep ^missed kinds)" 'missed 0'
	rmmod skbwatch
}
