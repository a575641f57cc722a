#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Seconds: 12
# Covers: kmod/tap_sysfs.c kmod/tap.c
#
# Who owns the files in sysfs may not write them yet: it takes CAP_NET_ADMIN where the tap's ports are.
. "$(dirname "$0")/../lib/test.sh"
. "$tests/lib/guest.sh"

machines=('--kernel 6.1' '--kernel 6.12')

# Root, as in a container: uid 0 without a capability; root of a user namespace of his own.
without() {
	setpriv --bounding-set=-all --inh-caps=-all "$@"
}

elsewhere() {
	unshare --user --map-root-user "$@"
}

# refused MESSAGE COMMAND… - it ends with EPERM
refused() {
	local said
	said=$("${@:2}" 2>&1 </dev/null) || :
	like "$1" "$said" 'Operation not permitted'
}


settings() {
	cat $sysfs/tap0/{policy,snaplen,guard,link_follow}
}

# all_refused WHO - by the function of that name
all_refused() {
	local each before
	before=$(settings)
	for each in 'record tap0/policy' '100 tap0/snaplen' '0 tap0/guard' '0 tap0/link_follow' \
		'tap0 remove' 'eth3:eth4 add'; do
		refused "$1 capabilities cannot write: $each" "$1" \
			bash -c "echo ${each% *} >$sysfs/${each#* }"
	done
	is "$1 capabilities changed nothing" "$(settings)" "$before"
	ok "$1 capabilities made no tap" test ! -e $sysfs/tap1
	ok "$1 capabilities can read" "$1" cat $sysfs/tap0/state $sysfs/tap0/a/rx_frames
}

# Root of a network namespace of his own has it for his own devices.
in_ones_own() {
	unshare --user --map-root-user --net sh -euc "
		ip link add own1 type veth peer name own2
		echo own1:own2 >$sysfs/add
		echo 0 >$sysfs/tap1/guard
		! echo 0 >$sysfs/tap0/guard
		! echo tap0 >$sysfs/remove
		! echo eth3:eth4 >$sysfs/add
		echo tap1 >$sysfs/remove
	" 2>own.log </dev/null
}

guest() {
	modprobe veth
	ip link add eth1 type veth peer name eth2
	ip link add eth3 type veth peer name eth4
	load tap=eth1:eth2
	all_refused without
	all_refused elsewhere
	ok 'in a namespace of ones own, one has taps of ones own' in_ones_own
	ok 'root writes as before' sh -c "echo 100 >$sysfs/tap0/snaplen && echo tap0 >$sysfs/remove"
	unload
	log_is_clean
}

run_test
