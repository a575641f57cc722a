#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Seconds: 25
# Covers: userspace/host/teardown.[ch] userspace/host/port.[ch] userspace/host/features.[ch]
# Covers: userspace/commands/up.c userspace/commands/down.c
#
# A daemon gives ports their addresses back, brings them up and pings whenever a link changes, as
# network managers do. Nothing of that leaves a port from before softtap up until down removes the
# tap: neither what the daemon says nor what the kernel says because of it.
#
#	 namespace A             this machine             namespace B
#	+-----------+      +-----------------------+      +-----------+
#	|        a0 +------+ eth1   softtap   eth2 +------+ b0        |
#	+-----------+      +-----------------------+      +-----------+
#
# A filter behind the guard logs what passes it. The kernel's log has that in order with the line
# that a port is no longer promiscuous, which it is until just before its guard goes.

# shellcheck source=tests/lib/test.sh
. "$(dirname "$0")/../lib/test.sh"

machines=('--kernel 6.1 --smp 2' '--kernel 6.12 --smp 2')
timeout=$(count 300 900)

far_ends() {
	ip -batch - <<-'END'
		link add a0 netns A type veth peer name eth1
		link add b0 netns B type veth peer name eth2
	END
	ip -n A link set a0 up
	ip -n B link set b0 up
}

use_port() {
	local n=${1#eth}
	sysctl -qw "net.ipv6.conf.$1.disable_ipv6=0" "net.ipv6.conf.$1.router_solicitations=0"
	ip addr add "192.0.2.$n/24" dev "$1"
	ip addr add "2001:db8::$n/64" dev "$1" nodad
	ip link set "$1" up
}

log_what_leaves() {
	modprobe nf_tables
	nft -f - <<-'END'
		table netdev behind {
			chain eth1 {
				type filter hook egress device eth1 priority 100
				log prefix "left eth1: "
			}
			chain eth2 {
				type filter hook egress device eth2 priority 100
				log prefix "left eth2: "
			}
		}
	END
}

react() {
	local port=$1 n=${1#eth}
	echo 0 >"/proc/sys/net/ipv6/conf/$port/disable_ipv6"
	ip addr replace "192.0.2.$n/24" dev "$port"
	ip addr replace "2001:db8::$n/64" dev "$port" nodad
	ip link set "$port" up
	ping -q -c 1 -W 1 -I "$port" "192.0.2.$((n + 10))"
	ping -q -c 1 -W 1 -I "$port" ff02::1
}

# In a process group of its own, which ends it with all that it has started.
daemon() {
	echo x >>reactions
	ip monitor link | while read -r _; do
		echo x >>reactions
		for port in eth1 eth2; do react $port & done
	done >/dev/null 2>&1
}

# The log from the line "softtap up" to where the port's guard is about to go.
said_while_tapped() {
	sed -n "/guard-first: up/,/$1.*left promiscuous mode/p" log | grep "left $1: "
}

# Duplicate address detection and the reports of groups that follow it take up to 4 s, each with a
# pause of up to 1 s before it (RFC 4862, 5.4; RFC 3810, 9.11).
has_had_its_say() {
	local before
	before=$(left)
	sleep 2
	[ "$(left)" = "$before" ]
}

left() {
	dmesg | grep -c 'left eth'
}

reactions() {
	wc -l <reactions
}

guest() {
	local port before blocked daemon
	modprobe veth
	add_namespaces
	sysctl -qw net.ipv6.conf.all.disable_ipv6=0
	far_ends
	use_port eth1
	use_port eth2
	log_what_leaves
	within 30 has_had_its_say
	ping -q -c 1 -W 1 -I eth1 ff02::1 >/dev/null || :	# no ARP, which would go on asking
	ok 'the filter logs what leaves without a tap' within 10 logged 'left eth1: '
	set -m
	daemon &
	daemon=$!
	set +m
	within 10 test -s reactions
	sleep 1
	echo 'guard-first: up' >/dev/kmsg
	softtap up eth1 eth2 >said
	is 'up' "$(<said)" 'tap0 is up between eth1 and eth2'
	sleep 3
	ok 'the daemon reacts while the tap comes' test "$(reactions)" -gt 3
	before=$(reactions)
	blocked=$(add_up a/blocked_frames b/blocked_frames)
	ok 'what it says is blocked, and counted' test "$blocked" -gt 3
	softtap down >said
	is 'down' "$(<said)" 'eth1:eth2 is as it was'
	ok 'the daemon reacts while the tap goes' test "$(reactions)" -gt "$before"
	ok 'after down the host is heard again' within 10 logged_since_down
	kill -- -$daemon 2>/dev/null
	dmesg >log
	for port in eth1 eth2; do
		ok "$port: the log has its end" grep -q "$port.*left promiscuous mode" log
		is "$port: nothing leaves from before up until the tap goes" "$(said_while_tapped $port)" ''
	done
}

logged() {
	dmesg | grep -q "$1"
}

logged_since_down() {
	ping -q -c 1 -W 1 -I eth1 ff02::1 >/dev/null
	dmesg | sed -n '/tap0 is removed/,$p' | grep -q 'left eth1: '
}

run_test
