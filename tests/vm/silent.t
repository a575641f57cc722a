#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Seconds: 200
# Covers: kmod/guard.[ch] userspace/host/l3.[ch] userspace/host/sysctl.[ch]
#
# Nobody on the link hears a word from the machine in between, whatever runs on it, while two hosts
# talk; and nobody reaches it there. What it tried to say is counted, to the frame.
#
#	 namespace A             this machine             namespace B
#	+-----------+      +-----------------------+      +-----------+
#	| hosts  a0 +------+ eth1   softtap   eth2 +------+ b0  hosts |
#	+-----------+      +-----------------------+      +-----------+
#
# A minute on each kernel; five with --long.

# shellcheck source=tests/lib/test.sh
. "$(dirname "$0")/../lib/test.sh"
. "$tests/lib/captures.sh"

machines=('--kernel 6.1 --smp 2' '--kernel 6.12 --smp 2')
seconds=$(count 60 300)
timeout=$((seconds * 3 + 300))

prepare() {
	make-frames plain 1 60 1500 plain.a
	make-frames plain 2 60 1500 plain.b
}

# What comes to the guard is counted before it by a filter of the same priority, which runs first
# as it came later (nf_hook_entries_grow()); each kind of frame, too.
count_before_guard() {
	local port
	modprobe nf_tables
	for port in eth1 eth2; do
		nft -f - <<-END
			table netdev $port {
				counter n_all { }
				counter n_arp { }
				counter n_icmp { }
				counter n_tcp { }
				counter n_dhcp { }
				counter n_lldp { }
				counter n_solicit { }
				counter n_report { }
				counter n_packet { }
				chain before {
					type filter hook egress device $port priority -2147483648
					counter name n_all
					ether type arp counter name n_arp
					ip protocol icmp counter name n_icmp
					ip protocol tcp counter name n_tcp
					udp dport 67 counter name n_dhcp
					ether type 0x88cc counter name n_lldp
					icmpv6 type { nd-router-solicit, nd-neighbor-solicit } counter name n_solicit
					icmpv6 type mld2-listener-report counter name n_report
					ether saddr 02:00:00:00:00:77 counter name n_packet
				}
			}
		END
	done
}

# counted PORT KIND - frames
counted() {
	nft -j list counter netdev "$1" "n_$2" | jq '.nftables[1].counter.packets'
}

# All that a careless administrator could leave on a port, after up.
leave_addresses() {
	local port=$1 n=$2
	sysctl -qw "net.ipv6.conf.$port.disable_ipv6=0" "net.ipv6.conf.$port.accept_ra=2" \
		"net.ipv6.conf.$port.router_solicitations=-1" \
		"net.ipv6.conf.$port.router_solicitation_interval=1" \
		"net.ipv6.conf.$port.router_solicitation_max_interval=1"
	ip addr add "192.0.2.10$n/24" dev "$port"
	ip addr add "2001:db8::10$n/64" dev "$port"
	ip addr add "fe80::10$n/64" dev "$port"
}

background=()

run_on() {
	"$@" </dev/null >/dev/null 2>&1 &
	background+=($!)
}

# The programs of a host, on a port.
speak() {
	local port=$1 there=$2
	ip neigh replace "$there" lladdr 02:00:00:00:00:0a dev "$port" nud permanent
	run_on ping -I "$port" "$there" -i 0.2
	run_on ping -I "$port" 2001:db8::1 -i 0.5
	run_on ping -I "$port" -b 192.0.2.255 -i 0.5
	run_on ping -I "$port" ff02::1 -i 0.5
	run_on arping -I "$port" 192.0.2.99
	run_on arping -A -I "$port" "192.0.2.10${port#eth}"
	run_on busybox udhcpc -f -i "$port" -t 1000 -T 1 -s /bin/true
	run_on packet-sockets "$port" $((seconds - 5))
	run_on connect_for_ever "$port" "$there"
}

connect_for_ever() {
	local end=$((SECONDS + seconds))
	while [ $SECONDS -lt $end ]; do
		curl -s --interface "$1" --connect-timeout 1 "http://$2/" || sleep 0.2
	done
}

lldp_tried() {
	lldpcli update && [ "$(counted eth1 lldp)" -gt 0 ] && [ "$(counted eth2 lldp)" -gt 0 ]
}

start_lldp() {
	mkdir -p /run/lldpd /var/run/lldpd
	lldpd -d -I eth1,eth2 </dev/null >lldpd.log 2>&1 &
	background+=($!)
	within 30 lldpcli configure lldp tx-interval 1
	within 30 lldp_tried || diag "$(cat lldpd.log)"
}

# answers WHO COMMAND… - nobody is to
silent() {
	local name=$1
	shift
	if "$@" </dev/null >/dev/null 2>&1; then
		fail "$name"
	else
		pass "$name"
	fi
}

# Addresses that the machine has on a port, had before, or has elsewhere.
nobody_is_reached() {
	local address
	socat tcp-listen:80,fork,reuseaddr exec:/bin/true &
	background+=($!)
	for address in 192.0.2.101 192.0.2.77 203.0.113.1; do
		in_a ip neigh replace "$address" lladdr 02:00:00:00:00:01 dev a0
		silent "no answer to a ping to $address" in_a ping -c 2 -i 0.2 -W 1 $address
		silent "no answer to a connection to $address" \
			in_a curl -s --connect-timeout 1 http://$address/
		silent "no answer to ARP for $address" in_a arping -I a0 -c 2 -w 2 $address
	done
	for address in fe80::101 2001:db8::101; do
		silent "no answer to ND and ping for $address" in_a ping -c 2 -W 1 "$address%a0"
	done
}

heard_by_a() {
	cat /tmp/net-A/class/net/a0/statistics/rx_packets
}

# At run time: what the guard does not hold goes out, what it holds again does not.
can_be_switched() {
	local heard blocked
	heard=$(heard_by_a)
	echo 0 >$sysfs/tap0/guard
	ping -c 3 -i 0.2 -W 1 -I eth1 192.0.2.1 >/dev/null 2>&1 || :
	is 'without the guard the host is heard' "$([ "$(heard_by_a)" -ge $((heard + 3)) ] && echo yes)" yes
	echo 1 >$sysfs/tap0/guard
	heard=$(heard_by_a) blocked=$(counter a/blocked_frames)
	ping -c 3 -i 0.2 -W 1 -I eth1 192.0.2.1 >/dev/null 2>&1 || :
	is 'with it again it is not' "$(heard_by_a)" "$heard"
	is 'and what it says is counted' "$([ "$(counter a/blocked_frames)" -ge $((blocked + 3)) ] && echo yes)" yes
}

end_background() {
	kill "${background[@]}" 2>/dev/null || :
	wait "${background[@]}" 2>/dev/null || :
	background=()
}

stopped_all() {
	local port kind n
	for port in eth1 eth2; do
		for kind in arp icmp tcp dhcp lldp solicit report packet; do
			n=$(counted $port $kind)
			is "$port: the host tried to send $kind ($n)" "$([ "$n" -gt 0 ] && echo yes)" yes
		done
	done
	is 'port a: blocked is what came to the guard' "$(counter a/blocked_frames)" "$(counted eth1 all)"
	is 'port b: blocked is what came to the guard' "$(counter b/blocked_frames)" "$(counted eth2 all)"
}

guest() {
	local end
	veth_topology
	ip addr add 203.0.113.1/24 dev lo
	ip addr add 192.0.2.77/24 dev eth1
	in_a ip addr add 192.0.2.1/24 dev a0
	in_a ethtool -K a0 tx off >/dev/null	# or the watcher there sees checksums that are not finished
	mkdir /tmp/net-A
	nsenter --net=/run/netns/A mount -t sysfs net-A /tmp/net-A
	start_watchers
	softtap up eth1 eth2 >up.log 2>&1
	within 30 grep -q 1 /sys/class/net/eth2/carrier
	is 'the guard is armed by default' "$(<$sysfs/tap0/guard)" 1
	count_before_guard
	start_reader capture.pcapng
	in_a sysctl -qw net.ipv6.conf.a0.disable_ipv6=0 net.ipv6.conf.a0.accept_dad=0
	leave_addresses eth1 1
	leave_addresses eth2 2
	start_lldp
	speak eth1 192.0.2.1
	speak eth2 192.0.2.2
	end=$((SECONDS + seconds))
	nobody_is_reached
	# Its timers would send beside the sender, from other processors: without an order.
	in_a sysctl -qw net.ipv6.conf.a0.disable_ipv6=1
	both_ways plain 500
	while [ $SECONDS -lt $end ]; do
		both_ways plain 500
	done
	end_background
	silence env
	sysctl -qw net.ipv6.conf.eth1.disable_ipv6=1 net.ipv6.conf.eth2.disable_ipv6=1
	stopped_all
	in_a ip addr flush dev a0
	silence in_a
	stop_watchers
	ok 'the reader ends well' stop_reader
	save_counters >counters
	laws_hold
	can_be_switched
	ok 'softtap down ends it' softtap down
	ok 'the module is gone' test ! -e /sys/module/softtap
}

verify() {
	passed_unchanged a b a b capture.pcapng
	passed_unchanged b a b a capture.pcapng
	file_is_valid capture.pcapng
}

run_test
