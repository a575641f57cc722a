#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Seconds: 15
# Covers: userspace/host/netns.[ch] userspace/commands/down.c userspace/host/state.[ch] kmod/tap_sysfs.[ch]
#
# Two taps whose ports have the same names, and the same numbers, in two network namespaces. Each
# up and down is of its own, from wherever it is called; what else has such a name or number stays.
#
#	 namespace A             this machine             namespace B
#	+-----------+      +-----------------------+      +-----------+
#	|        a0 +------+ eth1   softtap   eth2 +------+ b0        |
#	+-----------+      +-----------------------+      +-----------+
#	                    namespace C
#	                   +-----------------------+
#	              c1 --+ eth1   softtap   eth2 +-- c2
#	                   +-----------------------+

# shellcheck source=tests/lib/test.sh
. "$(dirname "$0")/../lib/test.sh"

machines=('--kernel 6.1' '--kernel 6.12')

in_c() {
	ip netns exec C "$@"
}

# port NUMBER - of namespace C, with the index of the one here
port() {
	ip -n C link add eth"$1" index "$(</sys/class/net/eth"$1"/ifindex)" type veth peer name c"$1" index $((1000 + $1))
	ip -n C link set c"$1" up
	ip -n C address add 198.51.100."$1"/24 dev eth"$1"
}

# Not the operational state, which follows a link within a second (net/core/link_watch.c).
state_of() {
	"$@" ip -o address show to 198.51.100.0/24
	"$@" cat /sys/class/net/eth1/flags /sys/class/net/eth2/flags
}

guest() {
	local here there
	veth_topology
	ip address add 198.51.100.11/24 dev eth1
	ip netns add C
	port 1
	port 2
	here=$(state_of env)
	there=$(state_of in_c)

	is 'up here' "$(softtap up eth1 eth2 2>&1)" 'tap0 is up between eth1 and eth2'
	is 'nothing has changed there' "$(state_of in_c)" "$there"
	is 'up there' "$(in_c softtap up eth1 eth2 2>&1)" 'tap1 is up between eth1 and eth2'
	is 'which is whose' "$(cat $sysfs/tap0/netns $sysfs/tap1/netns)" \
		"$(stat -L -c %i /proc/self/ns/net; in_c stat -L -c %i /proc/self/ns/net)"
	ok 'each carries frames' ping_through
	is 'of devices elsewhere nothing is said by those of their names here' \
		"$(softtap stat -j | jq -c '[.taps[].a.netdev == null]')" '[false,true]'
	is 'down there' "$(in_c softtap down eth1 2>&1)" 'eth1:eth2 is as it was'
	is 'all is there as it was' "$(state_of in_c)" "$there"
	ok 'the tap here stays' test -e $sysfs/tap0 -a ! -e $sysfs/tap1

	in_c softtap up eth1 eth2 >up.log
	is 'down here, of the tap there' "$(softtap down tap1 2>&1)" 'eth1:eth2 is as it was'
	is 'by its name: all is there as it was' "$(state_of in_c)" "$there"
	in_c softtap up eth1 eth2 >up.log
	is 'down there, of all' "$(in_c softtap down 2>&1)" $'eth1:eth2 is as it was\neth1:eth2 is as it was'
	is 'all is there as it was, again' "$(state_of in_c)" "$there"
	is 'and here' "$(state_of env)" "$here"
	ok 'the module is gone' test ! -e $sysfs
	is 'nothing is kept' "$(find /run/softtap -type f ! -name .lock)" ''
	log_is_clean
}

ping_through() {
	watch b.in B b0 in in-netns B
	watch_begins
	send_marker through A
	within 30 marker_seen through A b.in
}

run_test
