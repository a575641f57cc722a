#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Seconds: 100
# Covers: kmod/port_link.[ch] kmod/tap_notifier.[ch] userspace/commands/up.c
#
# link_follow=1: a cable that is cut on one side of the tap is dead on the other side, too, and comes
# back with it; whichever side is cut first, in which order they come back, and when one flaps. Never
# do both ports wait for each other. Off, and when the tap goes, all ports are up.
#
#	 namespace A                 this machine                 namespace B
#	+-----------+  card0/wire +-----------------------+ card2/wire +-----------+
#	|        a0 +-------------+ eth1   softtap   eth2 +------------+ b0        |
#	+-----------+ card1/wire  +-----------------------+ card3/wire +-----------+

# shellcheck source=tests/lib/test.sh
. "$(dirname "$0")/../lib/test.sh"
# shellcheck source=tests/lib/nic.sh
. "$tests/lib/nic.sh"

machines=('--kernel 6.1 --smp 2' '--kernel 6.12 --smp 2')

prepare() {
	build_nic
}

# plug CARD 0|1 - the cable that leads to it
plug() {
	echo "$2" >"$wires/card$1/connected"
}

# A and B: what the ends see, 1 is a link.
ends() {
	echo "$(ip -n A link show a0 | grep -c LOWER_UP) $(ip -n B link show b0 | grep -c LOWER_UP)"
}

ends_are() {
	[ "$(ends)" = "$1" ]
}

states() {
	echo "$(<"$sysfs/tap0/a/state") $(<"$sysfs/tap0/b/state")"
}

states_are() {
	[ "$(states)" = "$1" ]
}

# After what may have come of it.
stay() {
	pause "${2:-2.5}"
	is "$1: it stays so" "$(states)" "$3"
}

one_side() {
	plug 0 0
	ok "A's cable is cut: B sees it" within 5 ends_are '0 0'
	is "B's port is held down" "$(states)" 'nocarrier held'
	like 'show tells it, and finds nothing wrong' "$(softtap show)" $'running.*\n.*\n*.*\n.*eth2, held'
	stay "A's cable" 1.5 'nocarrier held'
	plug 0 1
	ok "it is plugged in: B sees it" within 10 ends_are '1 1'
	ok 'both ports are up' within 5 states_are 'up up'
	plug 3 0
	ok "B's cable is cut: A sees it" within 5 ends_are '0 0'
	is "A's port is held down" "$(states)" 'held nocarrier'
	plug 3 1
	ok 'it is plugged in: both are back' within 10 states_are 'up up'
}

# B's is cut while it is held; only then A's comes back.
both_sides() {
	plug 0 0
	within 5 states_are 'nocarrier held'
	plug 3 0
	plug 0 1
	ok 'both were cut, A is back: its link shows until B has had its time' \
		within 5 states_are 'up nocarrier'
	ok 'B is not back: A is told' within 20 states_are 'held nocarrier'
	plug 3 1
	ok 'B is back: both are up' within 20 states_are 'up up'
	stay 'both' 1.5 'up up'
}

flapping() {
	local before n
	before=$(dmesg | grep -c 'softtap: set up again')
	plug 0 0
	within 5 states_are 'nocarrier held'
	for n in 1 2 3 4 5; do
		plug 0 1
		pause 0.3
		plug 0 0
		pause 0.3
	done
	is 'a link that flaps is not passed on' "$(states)" 'nocarrier held'
	is 'nor was it in between' "$(dmesg | grep -c 'softtap: set up again')" "$before"
	plug 0 1
	ok 'it is when it stays' within 10 states_are 'up up'
}

switched() {
	plug 0 0
	within 5 states_are 'nocarrier held'
	echo 0 >"$sysfs/tap0/link_follow"
	ok 'switched off, the port is up' within 10 states_are 'nocarrier up'
	stay 'off' 1.5 'nocarrier up'
	echo 1 >"$sysfs/tap0/link_follow"
	ok 'switched on, the one without a link is what counts, when it has had its time' \
		within 20 states_are 'nocarrier held'
	echo tap0 >"$sysfs/remove"
	ok 'the tap goes: the port is up' within 5 grep -q 1 /sys/class/net/eth2/carrier
	plug 0 1
}

guest() {
	add_namespaces
	ports_topology queues=1
	ok 'up' softtap up --link-follow eth1 eth2
	ok 'both ports are up' within 10 states_are 'up up'
	stay 'nothing is cut' 1.5 'up up'
	one_side
	both_sides
	flapping
	switched
	softtap down
	rmmod testnic
}

run_test
