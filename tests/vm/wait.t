#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Seconds: 40
# Covers: kmod/tap.[ch] kmod/settings.[ch] userspace/host/names.[ch]
#
# Taps whose ports are not there yet, as when a machine starts: with wait=1 they are made and wait,
# and carry frames as soon as devices of these names come or are renamed to them. Ports and taps by
# other names: alternative ones, and the port's for its tap.
#
#	 namespace A              this machine              namespace B
#	+-----------+  veth  +-----------------------+  veth  +-----------+
#	|        a0 +--------+ nic7   softtap   nic8 +--------+ b0        |
#	+-----------+        +-----------------------+        +-----------+

# shellcheck source=tests/lib/test.sh
. "$(dirname "$0")/../lib/test.sh"
. "$tests/lib/guest.sh"

machines=('--kernel 6.1 --smp 2' '--kernel 6.12 --smp 2')

alternative=the-customers-uplink-in-rack-7

states() {
	cd /sys/kernel/softtap/tap0 && cat state {a,b}/state 2>/dev/null | xargs
}

has_states() {
	[ "$(states)" = "$1" ]
}

# refused ERRNO WORDS COMMAND… - with a line in the log
refused() {
	dmesg -C
	is "${*:3}: refused" "$({ "${@:3}" && echo it is not; } 2>&1 | grep -o "$1")" "$1"
	like "${*:3}: says why" "$(dmesg)" "softtap: $2"
}

add() {
	echo "$1" >/sys/kernel/softtap/add
}

test_waits() {
	refused 'No such device' 'no interface nic7' insmod "$SOFTTAP_KO" tap=nic7:nic8
	insmod "$SOFTTAP_KO" tap=nic7:nic8 wait=1
	is 'it waits for both' "$(states)" 'waiting missing missing'
	refused 'Device or resource busy' 'nic8 is waited for by tap0 already' add nic9:nic8
	ip link add b0 netns B type veth peer name nic8
	ip -n B link set b0 up
	ip link set nic8 up
	ok 'it waits for one' within 10 has_states 'waiting missing up'
	ip link add a0 netns A type veth peer name other
	ip -n A addr add 192.0.2.1/24 dev a0
	ip -n B addr add 192.0.2.2/24 dev b0
	ip -n A link set a0 up
	ip link set other up
	is 'a device of another name is none of its' "$(states)" 'waiting missing up'
	ip link set other down
	ip link set other name nic7
	ip link set nic7 up
	ok 'it runs' within 10 has_states 'running up up'
	ok 'frames pass' in_a ping -q -c 3 -i 0.1 -W 2 192.0.2.2
	echo tap0 >/sys/kernel/softtap/remove
	add nic9
	is 'one that is added waits, too' "$(states | cut -d ' ' -f 1,2)" 'waiting missing'
	ip link add nic9 type veth peer name nic10
	ok 'and gets its port' within 10 has_states 'listening down'
	rmmod softtap
}

test_alternatives() {
	ip link property add dev nic7 altname "$alternative"
	refused 'Invalid parameters' 'nic7:nic7 is one interface twice' \
		insmod "$SOFTTAP_KO" "tap=nic7:$alternative"
	refused 'File name too long' "$alternative-2 is too long" \
		insmod "$SOFTTAP_KO" "tap=nic7:$alternative-2"
	insmod "$SOFTTAP_KO" "tap=$alternative:nic8"
	is 'a port by an alternative name' "$(cat /sys/kernel/softtap/tap0/a/ifname)" nic7
	rmmod softtap
	is 'up by an alternative name' "$(softtap up "$alternative" nic8)" \
		'tap0 is up between nic7 and nic8'
	like 'its state is known by both' "$(softtap up nic7 nic8 2>&1)" 'nic7 is a port of tap0 already'
	for word in tap0 nic8 nic7:nic8 "$alternative" "$alternative:nic8"; do
		like "stat -i $word" "$(softtap stat -i "$word")" '^tap0: running'
		softtap capture -i "$word" -w word.pcapng -a duration:0.1 2>said
		ok "capture -i $word" grep -q 'captured' said
	done
	for word in nic9 nic8:nic7 eth99 ../tap0 "$(printf 'x%.0s' {1..200})"; do
		is "stat -i ${word:0:20}" "$(softtap stat -i "$word" 2>&1)" \
			"softtap: no tap \`$word', see softtap show"
		is "capture -i ${word:0:20}" "$(softtap capture -i "$word" -w - 2>&1)" \
			"softtap: no tap \`$word', see softtap show"
	done
	is 'down by an alternative name' "$(softtap down "$alternative")" 'nic7:nic8 is as it was'
}

guest() {
	modprobe veth
	add_namespaces
	test_waits
	test_alternatives
	log_is_clean
}

run_test
