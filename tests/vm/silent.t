#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Seconds: 36
# Covers: kmod/port_guard.[ch] userspace/host/l3.[ch] userspace/host/sysctl.[ch]
#
# Nobody on the link hears a word from the machine in between, whatever runs on it, while two hosts
# talk; and nobody reaches it there. What it tried to say is counted, to the frame.
#
#	 namespace A             this machine             namespace B
#	+-----------+      +-----------------------+      +-----------+
#	| hosts  a0 +------+ eth1   softtap   eth2 +------+ b0  hosts |
#	+-----------+      +-----------------------+      +-----------+
#
# Frames pass until each kind of speech was tried several times on both ports; with --long, five
# minutes at least.

# shellcheck source=tests/lib/test.sh
. "$(dirname "$0")/../lib/test.sh"
. "$tests/lib/captures.sh"

machines=('--kernel 6.1 --smp 2' '--kernel 6.12 --smp 2')
seconds=$(count 0 300)
tries=3			# of each kind, on each port
timeout=$((seconds * 3 + 300))

prepare() {
	make-frames plain 1 60 1500 plain.a
	make-frames plain 2 60 1500 plain.b
}

# What comes to the guard is counted before it by a filter of the same priority, which runs first
# as it came later (nf_hook_entries_grow()); each kind of frame, too.
count_before_guard() {
	modprobe nf_tables
	{ counters_of eth1; counters_of eth2; } | nft -f -
}

counters_of() {
	local port=$1
	cat <<-END
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
}

# Lines "eth1/arp 5", of both ports and each kind.
counted() {
	nft list counters | awk '
	/^table/ { port = $3 }
	$1 == "counter" { kind = substr($2, 3) }
	$1 == "packets" { print port "/" kind, $2 }'
}

# All that a careless administrator could leave on the ports, after up.
leave_addresses() {
	local port
	for port in eth1 eth2; do
		printf "net.ipv6.conf.$port.%s\n" disable_ipv6=0 accept_ra=2 router_solicitations=-1 \
			router_solicitation_interval=1 router_solicitation_max_interval=1
	done | sysctl -qp -
	for port in eth1 eth2; do
		printf "addr add %s dev $port\n" "192.0.2.10${port#eth}/24" \
			"2001:db8::10${port#eth}/64" "fe80::10${port#eth}/64"
	done | ip -batch -
}

background=()

run_on() {
	"$@" </dev/null >/dev/null 2>&1 &
	background+=($!)
}

# The programs of a host, on a port.
speak() {
	local port=$1 there=$2
	run_on ping -I "$port" "$there" -i 0.2
	run_on ping -I "$port" 2001:db8::1 -i 0.5
	run_on ping -I "$port" -b 192.0.2.255 -i 0.5
	run_on ping -I "$port" ff02::1 -i 0.5
	run_on arping -I "$port" 192.0.2.99
	run_on arping -A -I "$port" "192.0.2.10${port#eth}"
	run_on busybox udhcpc -f -i "$port" -t 1000 -T 1 -s /bin/true
	run_on curl -s --interface "$port" --retry 100 "http://$there/"
}

speak_on_both() {
	ip -batch - <<-'END'
		neigh replace 192.0.2.1 lladdr 02:00:00:00:00:0a dev eth1 nud permanent
		neigh replace 192.0.2.2 lladdr 02:00:00:00:00:0a dev eth2 nud permanent
	END
	speak eth1 192.0.2.1
	speak eth2 192.0.2.2
	run_on packet-sockets eth1 eth2
}

start_lldp() {
	mkdir -p /run/lldpd /var/run/lldpd
	lldpd -d -I eth1,eth2 </dev/null >lldpd.log 2>&1 &
	background+=($!)
	# Not before its own lldpcli has ended the pause that it starts with.
	within 30 grep -q 'resume operations' lldpd.log
	within 30 lldpcli configure lldp tx-interval 1 || diag "$(cat lldpd.log)"
}

tried_all() {
	[ -z "$(counted | awk -v tries=$tries '$2 < tries')" ]
}

# Frames both ways until all was tried; if something is not, the host tells which.
traffic() {
	local end=$((SECONDS + seconds)) limit=$((SECONDS + seconds + 60 * patience))
	both_ways plain 500
	while [ $SECONDS -lt $limit ]; do
		if [ $SECONDS -ge $end ] && tried_all; then break; fi
		both_ways plain 500
	done
}

declare -A asked

# ask NAME COMMAND… - nobody is to answer
ask() {
	local name=$1
	shift
	in_a "$@" </dev/null >/dev/null 2>&1 &
	asked[$!]=$name
}

no_answer() {
	local pid
	for pid in "${!asked[@]}"; do
		if wait "$pid"; then fail "${asked[$pid]}"; else pass "${asked[$pid]}"; fi
	done
}

accepts() {
	: </dev/tcp/203.0.113.1/80
}

# Addresses that the machine has on a port, had before, or has elsewhere. All that asks has one
# processor, or there is no order among its frames.
nobody_is_reached() {
	local address
	taskset -cp 0 $BASHPID >/dev/null
	socat tcp-listen:80,fork,reuseaddr exec:/bin/true &
	background=($!)
	within 30 accepts
	in_a sysctl -qw net.ipv6.conf.a0.disable_ipv6=0 net.ipv6.conf.a0.accept_dad=0
	for address in 192.0.2.101 192.0.2.77 203.0.113.1; do
		echo "neigh replace $address lladdr 02:00:00:00:00:01 dev a0"
	done | ip -n A -batch -
	for address in 192.0.2.101 192.0.2.77 203.0.113.1; do
		ask "no answer to a ping to $address" ping -c 3 -i 0.2 -W 1 $address
		ask "no answer to a connection to $address" \
			timeout 2 bash -c ": </dev/tcp/$address/80"
		ask "no answer to ARP for $address" arping -I a0 -c 2 -w 2 $address
	done
	for address in fe80::101 2001:db8::101; do
		ask "no answer to ND and ping for $address" ping -c 3 -i 0.2 -W 1 "$address%a0"
	done
	no_answer
	in_a sysctl -qw net.ipv6.conf.a0.disable_ipv6=1
	end_background
}

heard_by_a() {
	cat /tmp/net-A/class/net/a0/statistics/rx_packets
}

# At run time: what the guard does not hold goes out, what it holds again does not.
can_be_switched() {
	local heard blocked
	heard=$(heard_by_a)
	echo 0 >$sysfs/tap0/guard
	ping -c 3 -i 0.2 -W 0.2 -I eth1 192.0.2.1 >/dev/null 2>&1 || :
	is 'without the guard the host is heard' "$([ "$(heard_by_a)" -ge $((heard + 3)) ] && echo yes)" yes
	echo 1 >$sysfs/tap0/guard
	heard=$(heard_by_a) blocked=$(counter a/blocked_frames)
	ping -c 3 -i 0.2 -W 0.2 -I eth1 192.0.2.1 >/dev/null 2>&1 || :
	is 'with it again it is not' "$(heard_by_a)" "$heard"
	is 'and what it says is counted' "$([ "$(counter a/blocked_frames)" -ge $((blocked + 3)) ] && echo yes)" yes
}

end_background() {
	kill "${background[@]}" 2>/dev/null || :
	wait "${background[@]}" 2>/dev/null || :
	background=()
}

guest() {
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
	leave_addresses
	start_lldp
	speak_on_both
	traffic
	(nobody_is_reached)
	end_background
	silence env
	sysctl -qw net.ipv6.conf.eth1.disable_ipv6=1 net.ipv6.conf.eth2.disable_ipv6=1
	counted >kinds
	save_counters >stopped
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

stopped_all() {
	local port kind n
	for port in eth1 eth2; do
		for kind in arp icmp tcp dhcp lldp solicit report packet; do
			n=$(saved kinds "$port/$kind")
			ok "$port: the host tried to send $kind ($n)" test "$n" -ge $tries
		done
	done
	is 'port a: blocked is what came to the guard' "$(saved stopped a/blocked_frames)" "$(saved kinds eth1/all)"
	is 'port b: blocked is what came to the guard' "$(saved stopped b/blocked_frames)" "$(saved kinds eth2/all)"
}

verify() {
	stopped_all
	passed_unchanged a b a b capture.pcapng
	passed_unchanged b a b a capture.pcapng
	file_is_valid capture.pcapng
}

run_test
