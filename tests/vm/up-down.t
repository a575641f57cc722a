#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Seconds: 48
# Covers: userspace/commands/up.c userspace/commands/down.c userspace/host/*
# Covers: userspace/tap/module.[ch] userspace/tap/readers.[ch]
#
# softtap up and down with ports that have a life of their own: addresses, routes, settings. All is
# as it was after down, also when up or down was killed midway; what carries the default route or
# the user's session is not touched.
#
#	 namespace A              this machine              namespace B
#	+-----------+ e1000e +-----------------------+ virtio +-----------+
#	|        a0 +--------+ eth1   softtap   eth2 +--------+ b0        |
#	+-----------+        +-----------------------+        +-----------+
#	+-----------+  veth  +-----------------------+  veth  +-----------+
#	|        a1 +--------+ eth3   softtap   eth4 +--------+ b1        |
#	+-----------+        +-----------------------+        +-----------+

# shellcheck source=tests/lib/test.sh
. "$(dirname "$0")/../lib/test.sh"

cards='--nic e1000e --nic e1000e --nic virtio-net-pci --nic virtio-net-pci'
machines=("--kernel 6.1 --smp 2 $cards" "--kernel 6.12 --smp 2 $cards")
timeout=$(count 600 3600)

topology() {
	add_namespaces
	sysctl -qw net.ipv6.conf.all.disable_ipv6=0
	modprobe veth
	ip -batch - <<-'END'
		link set eth0 netns A name a0
		link set eth3 netns B name b0
		link add a1 netns A type veth peer name eth3
		link add b1 netns B type veth peer name eth4
	END
	far_ends A a0 192.0.2.1 a1 192.0.3.1
	far_ends B b0 192.0.2.2 b1 192.0.3.2
}

# far_ends HOST PORT ADDRESS PORT ADDRESS
far_ends() {
	ip -n "$1" -batch - <<-END
		addr add $3/24 dev $2
		link set $2 up
		addr add $5/24 dev $4
		link set $4 up
	END
}

# Ports in use: up, with addresses, routes and settings of their own.
use_ports() {
	local port
	for port; do
		echo "net.ipv6.conf.$port.disable_ipv6=0"
		echo "net.ipv6.conf.$port.accept_ra=0"
		echo "net.ipv6.conf.$port.accept_dad=0"
		echo "net.ipv4.conf.$port.rp_filter=2"
	done | sysctl -qp -
	printf 'link set %s up mtu 1480\n' "$@" | ip -batch -
	for port; do
		within 30 grep -q up "/sys/class/net/$port/operstate"
		within 30 has_link_local "$port"
	done
	for port; do use_addresses "$port" "${port#eth}"; done | ip -batch -
}

use_addresses() {
	local port=$1 n=$2
	cat <<-END
		addr add 198.51.$n.1/24 brd + dev $port
		addr add 198.51.$n.9/24 dev $port label $port:x
		addr add 2001:db8:$n::1/64 dev $port
		route add 203.0.$n.0/24 via 198.51.$n.2 dev $port metric 50
		route add 2001:db8:a$n::/48 via 2001:db8:$n::2 dev $port
	END
}

has_link_local() {
	ip -6 route show table local dev "$1" | grep -q '^local fe80'
}

# All that down has to put back. It is looked at on the host.
picture() {
	ip -d -o -batch - <<-'END'
		link show
		addr show
	END
	ip -4 -d -o route show table all
	tc qdisc
	ethtool -k "$a"
	ethtool -k "$b"
	grep -s . /proc/sys/net/ipv[46]/{conf,neigh}/{"$a","$b"}/* || :
	ls /run/softtap /run/softtap/ports /sys/kernel/softtap /sys/module/softtap 2>&1 || :
	echo '--- IPv6 routes'
	ip -6 -d -o route show table all
}

pictures=0 base=

take_picture() {
	pictures=$((pictures + 1))
	picture >picture.$pictures
}

before() {
	mkdir -p /run/softtap/ports
	take_picture
	base=$pictures
}

as_before() {
	take_picture
	echo "$base $pictures $1" >>pictures
}

addresses() {
	ip -br addr show dev "$1" | awk '{ $1 = $2 = ""; print $0 }' | tr -d ' '
}

frames_pass() {
	in_a ping -q -c 1 -W 1 -I "$1" "$2"
}

test_up_down() {
	before
	measured softtap up "$a" "$b" >said
	up_ms=$ms
	is "$label: up" "$(<said)" "tap0 is up between $a and $b"
	is "$label: up, no address is left" "$(addresses "$a")$(addresses "$b")" ''
	ok "$label: up, frames pass" within 30 frames_pass "$far" "$far_address"
	softtap capture -w "capture.$label" </dev/null 2>capture.log &
	reader=$!
	ok "$label: frames pass, and are recorded" within 30 recorded
	measured softtap down >said
	down_ms=$ms
	is "$label: down" "$(<said)" "$a:$b is as it was"
	ok "$label: down ends the reader first" wait "$reader"
	as_before "$label: down"
}

recorded() {
	frames_pass "$far" "$far_address"
	[ "$(add_up a/captured_frames b/captured_frames)" -gt 1 ]
}

# $ms is how long it took.
measured() {
	local start=${EPOCHREALTIME/[.,]/}
	"$@"
	ms=$(((${EPOCHREALTIME/[.,]/} - start) / 1000))
}

# killed MS COMMAND… - kills it with SIGKILL after a part of that time
killed() {
	local after=$((RANDOM % $1)) pid
	shift
	"$@" >/dev/null 2>&1 &
	pid=$!
	sleep "$((after / 1000)).$(printf %03d $((after % 1000)))"
	kill -KILL "$pid" 2>/dev/null || :
	wait "$pid" 2>/dev/null || :
}

test_killed() {
	local kills=$1 n went=''
	for ((n = 1; n <= kills; n++)); do
		killed "$up_ms" softtap up "$a" "$b"
		[ $((n % 2)) != 0 ] || killed "$down_ms" softtap down
		softtap down >down.log 2>&1 || [[ $(<down.log) == *'nothing to take down' ]] ||
			went+="$n: $(<down.log)"$'\n'
		as_before "$label: up, and down, killed, time $n, and down"
	done
	is "$label: up, and down, killed $kills times, and down: without a complaint" "$went" ''
}

# refused NAME REASON - up says so, and changes nothing
refused() {
	local status=0 message
	message=$(softtap up "$a" "$b" 2>&1) || status=$?
	is "$1: refused" "$status, $message" "1, softtap: $2; --force taps it all the same"
	as_before "$1: refused"
}

forced() {
	ok "$1: --force" softtap up --force "$a" "$b"
	ok "$1: and down" softtap down
	as_before "$1: --force, down"
}

test_default_route() {
	ip route add default via 198.51.3.2
	before
	refused 'the default route' "$a carries the default route"
	forced 'the default route'
	ip route del default
}

# A login as it is: a connection that a process called sshd has.
test_login() {
	local server session
	ip -n A addr add 198.51.3.2/24 dev "$far"
	in_a socat -u tcp-listen:5000,bind=198.51.3.2 /dev/null &
	server=$!
	within 30 eval "in_a ss -Hltn | grep -q :5000"
	cp /bin/bash sshd
	./sshd -c 'exec 3<>/dev/tcp/198.51.3.2/5000; read -r _ <&3' &
	session=$!
	within 30 eval "ss -Htn | grep -q ESTAB.*:5000"
	before
	refused 'a login' "$a carries a login session (sshd) from 198.51.3.2"
	kill "$session" "$server"
	rm sshd
}

# The far end's other namespace hears through the new device as soon as it is prepared.
test_plugged_again() {
	local address addresses
	address=$(<"/sys/class/net/$a/address")
	addresses=$(addresses "$a")
	softtap up "$a" "$b" >said
	ip link delete "$a"
	ip link add "$far" netns A type veth peer name "$a" address "$address"
	ip -n A addr add 192.0.3.1/24 dev "$far"
	ip -n A link set "$far" up
	is 'plugged in again: show' "$(softtap show | sed -n 2p)" 'tap0: degraded'
	is 'plugged in again: up' "$(softtap up "$a" "$b")" "tap0: $a is prepared again"
	is 'plugged in again: show' "$(softtap show | sed -n 2p)" 'tap0: running'
	ok 'plugged in again: frames pass' within 30 frames_pass "$far" "$far_address"
	is 'plugged in again: down' "$(softtap down)" "$a:$b is as it was"
	is 'plugged in again: its addresses are back' "$(addresses "$a")" "$addresses"
}

tap_of() {
	label=$1 a=$2 b=$3 far=$4 far_address=$5
}

guest() {
	local label a b far far_address ms up_ms down_ms
	topology
	use_ports eth1 eth2 eth3 eth4
	tap_of cards eth1 eth2 a0 192.0.2.2
	test_up_down
	test_killed "$(count 1 20)"
	tap_of veth eth3 eth4 a1 192.0.3.2
	test_up_down
	test_killed "$(count 4 100)"
	test_default_route
	test_login
	test_plugged_again
}

# IPv6 lists routes to the same in the order in which they were made, link-local ones as links come
# up: which is first means nothing.
in_order() {
	sed '/^---/q' "$1"
	sed '1,/^---/d' "$1" | sort
}

verify() {
	local label base after name
	for label in cards veth; do
		ok "$label: what passed is in its file" grep -q 'echo reply' <(tcpdump -nr "capture.$label" 2>&1)
	done
	while read -r base after name; do
		ok "$name: all is as it was" diff <(in_order "picture.$base") <(in_order "picture.$after")
	done <pictures
	is 'pictures were taken' "$(grep -lE '^--- IPv6' picture.* | wc -l)" "$(($(wc -l <pictures) + 4))"
}

run_test
