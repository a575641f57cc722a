#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Seconds: 240
# Covers: userspace/up.c userspace/down.c userspace/host/*
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
	ip link set eth0 netns A name a0
	ip link set eth3 netns B name b0
	modprobe veth
	ip link add a1 netns A type veth peer name eth3
	ip link add b1 netns B type veth peer name eth4
	far_end A a0 192.0.2.1
	far_end B b0 192.0.2.2
	far_end A a1 192.0.3.1
	far_end B b1 192.0.3.2
}

far_end() {
	ip -n "$1" addr add "$3/24" dev "$2"
	ip -n "$1" link set "$2" up
}

# A port in use: up, with addresses, routes and settings of its own.
use_port() {
	local port=$1 n=$2
	sysctl -qw "net.ipv6.conf.$port.disable_ipv6=0" "net.ipv6.conf.$port.accept_ra=0" \
		"net.ipv6.conf.$port.accept_dad=0" "net.ipv4.conf.$port.rp_filter=2"
	ip link set "$port" up mtu 1480
	within 30 grep -q up "/sys/class/net/$port/operstate"
	within 30 has_link_local "$port"
	ip addr add "198.51.$n.1/24" brd + dev "$port"
	ip addr add "198.51.$n.9/24" dev "$port" label "$port:x"
	ip addr add "2001:db8:$n::1/64" dev "$port"
	ip route add "203.0.$n.0/24" via "198.51.$n.2" dev "$port" metric 50
	ip -6 route add "2001:db8:a$n::/48" via "2001:db8:$n::2" dev "$port"
}

has_link_local() {
	ip -6 route show table local dev "$1" | grep -q '^local fe80'
}

# All that down has to put back. IPv6 lists routes to the same in the order in which they were made,
# link-local ones as links come up: which is first means nothing.
picture() {
	ip -d -j link
	ip -j addr
	ip -4 -j route show table all
	ip -6 -j route show table all | jq -c '.[]' | sort
	tc qdisc
	ethtool -k "$a"
	ethtool -k "$b"
	grep -s . /proc/sys/net/ipv[46]/{conf,neigh}/{"$a","$b"}/* || :
	ls /run/softtap /sys/kernel/softtap /sys/module/softtap 2>&1 || :
}

before() {
	mkdir -p /run/softtap
	picture >picture.before
}

as_before() {
	picture >picture.after
	ok "$1: all is as it was" diff picture.before picture.after
}

addresses() {
	ip -br addr show dev "$1" | awk '{ $1 = $2 = ""; print $0 }' | tr -d ' '
}

frames_pass() {
	in_a ping -q -c 1 -W 1 -I "$1" "$2"
}

test_up_down() {
	before
	is "$label: up" "$(softtap up "$a" "$b")" "tap0 is up between $a and $b"
	is "$label: up, no address is left" "$(addresses "$a")$(addresses "$b")" ''
	ok "$label: up, frames pass" within 30 frames_pass "$far" "$far_address"
	softtap capture -w capture </dev/null 2>capture.log &
	reader=$!
	ok "$label: frames pass, and are recorded" within 30 recorded
	is "$label: down" "$(softtap down)" "$a:$b is as it was"
	ok "$label: down ends the reader first" wait "$reader"
	ok "$label: what passed is in its file" echo_is_in capture
	as_before "$label: down"
}

recorded() {
	frames_pass "$far" "$far_address"
	[ "$(add_up a/captured_frames b/captured_frames)" -gt 1 ]
}

echo_is_in() {
	tcpdump -nr "$1" 2>/dev/null | grep 'echo reply'
}

# $ms is how long it took.
timed() {
	local start=${EPOCHREALTIME/[.,]/}
	"$@" >/dev/null
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
	local kills=$1 up_ms down_ms ms n went=''
	timed softtap up "$a" "$b"
	up_ms=$ms
	timed softtap down
	down_ms=$ms
	before
	for ((n = 1; n <= kills; n++)); do
		killed "$up_ms" softtap up "$a" "$b"
		[ $((n % 2)) != 0 ] || killed "$down_ms" softtap down
		softtap down >down.log 2>&1 || [[ $(<down.log) == *'nothing to take down' ]] ||
			went+="$n: $(<down.log)"$'\n'
		picture >picture.after
		diff picture.before picture.after >picture.diff || went+="$n: $(<picture.diff)"$'\n'
	done
	is "$label: up, and down, killed $kills times, and down: all is as it was" "$went" ''
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
	in_a python3 -c 'if True:
		import socket
		listener = socket.create_server(("198.51.3.2", 5000))
		listener.accept()[0].recv(1)' &
	server=$!
	within 30 eval "in_a ss -Hltn | grep -q :5000"
	cp /bin/bash sshd
	./sshd -c 'exec 3<>/dev/tcp/198.51.3.2/5000; read -r _ <&3' &
	session=$!
	within 30 eval "ss -Htn | grep -q ESTAB.*:5000"
	before
	refused 'a login' "$a carries a login session (sshd) from 198.51.3.2"
	kill "$session" "$server"
}

tap_of() {
	label=$1 a=$2 b=$3 far=$4 far_address=$5
}

guest() {
	local label a b far far_address
	topology
	use_port eth1 1
	use_port eth2 2
	use_port eth3 3
	use_port eth4 4
	tap_of cards eth1 eth2 a0 192.0.2.2
	test_up_down
	test_killed "$(count 1 20)"
	tap_of veth eth3 eth4 a1 192.0.3.2
	test_up_down
	test_killed "$(count 4 100)"
	test_default_route
	test_login
}

run_test
