#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Seconds: 25
# Covers: kmod/tap_notifier.c kmod/tap.c
#
# A tap does not keep its network namespace alive: it ends with it, virtual ports are deleted, cards
# go home, whoever reads is told.
. "$(dirname "$0")/../lib/test.sh"
. "$tests/lib/guest.sh"
# shellcheck source=tests/lib/nic.sh
. "$tests/lib/nic.sh"

machines=('--kernel 6.1 --smp 2' '--kernel 6.12 --smp 2')

prepare() {
	build_nic
}

tap_in() {
	ip netns exec "$1" sh -c "echo $2 >$sysfs/add"
}

gone() {
	[ ! -e "$1" ]
}

there() {
	[ -e "$1" ]
}

with_virtual_ports() {
	ip netns add T
	ip -batch - <<-'END'
		link add far1 type veth peer name eth1 netns T
		link add far2 type veth peer name eth2 netns T
	END
	tap_in T eth1:eth2
	ip netns del T
	ok 'the tap goes with its namespace' within 30 gone $sysfs/tap0
	ok 'and its virtual ports' within 30 gone /sys/class/net/far1
	ok 'its device is gone' gone /dev/softtap/tap0
}

with_cards() {
	load_nic cards=2 names=card0,card1
	ip netns add T
	ip link set card0 netns T
	ip link set card1 netns T
	ip -n T link set card0 up
	ip -n T link set card1 up
	tap_in T card0:card1
	softtap capture -w capture.pcapng </dev/null 2>capture.log &
	reader=$!
	within 30 test -s capture.pcapng
	ip netns del T
	ok 'cards go home' within 30 there /sys/class/net/card0
	ok 'both of them' within 30 there /sys/class/net/card1
	ok 'the tap is gone' gone $sysfs/tap0
	wait $reader || status=$?
	is 'the reader is told that the tap is gone' "${status-0}" 4
	ok 'nothing holds a card' ip link add up0 type bridge
	ok 'which can be a port of a bridge now' ip link set card0 master up0
	ip link del up0
	is 'it is not promiscuous' "$(ip -d -j link show card0 | jq '.[].promiscuity')" 0
	rmmod testnic
}

# A tap is made while the namespace ends: it goes, too, or was never there.
at_the_same_time() {
	local i times adder
	times=$(count 10 200)
	for ((i = 0; i < times; i++)); do
		ip netns add T
		ip -n T link add eth1 type veth peer name eth2
		(tap_in T eth1:eth2) 2>/dev/null &
		adder=$!
		[ $((i % 2)) = 0 ] || within 10 there $sysfs/tap0
		ip netns del T
		wait $adder || :
		within 30 gone $sysfs/tap0 || fail "the tap stayed, try $i"
	done
	within 30 no_namespace_is_ending
	is 'no tap is left' "$(echo $sysfs/tap*)" "$sysfs/tap*"
}

# Namespaces end one after the other: a new one's end comes after all others'.
no_namespace_is_ending() {
	ip netns add last
	ip link add far1 type veth peer name eth1 netns last
	ip netns del last
	within 30 gone /sys/class/net/far1
}

unloaded_meanwhile() {
	local i times
	times=$(count 5 100)
	for ((i = 0; i < times; i++)); do
		ip netns add T
		ip -n T link add eth1 type veth peer name eth2
		tap_in T eth1:eth2
		ip netns del T
		unload || fail "cannot be unloaded, try $i"
		load
	done
	pass 'namespaces end while the module is unloaded'
}

guest() {
	modprobe veth
	load
	with_virtual_ports
	with_cards
	at_the_same_time
	unloaded_meanwhile
	unload
	nothing_leaked
	log_is_clean
}

run_test
