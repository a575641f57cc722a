#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Seconds: 44
# Covers: kmod/forward.[ch] kmod/port_guard.[ch]
#
# Programs that speak to the device at the other end of their cable find it through the tap: 802.1X,
# LACP, LLDP, spanning tree, PTP, DHCP, IPv6 autoconfiguration; and TCP keeps its ECN marks and its
# order. A bridge between the hosts would have stopped the first five.
#
#	 namespace A             this machine             namespace B
#	+-----------+      +-----------------------+      +-----------+
#	|        a0 +------+ eth1   softtap   eth2 +------+ b0        |
#	+-----------+ veth +-----------------------+ veth +-----------+

# shellcheck source=tests/lib/test.sh
. "$(dirname "$0")/../lib/test.sh"
. "$tests/lib/captures.sh"

machines=('--kernel 6.1' '--kernel 6.12')
timeout=600

daemons=()

# run_in A|B LOG COMMAND… - in the background, with a /run of its own
run_in() {
	ip netns exec "$1" sh -c 'mount -t tmpfs run /run && mkdir -p /run/lldpd && exec "$@"' sh \
		"${@:3}" </dev/null >"$2" 2>&1 &
	daemons+=($!)
}

end_daemons() {
	kill "${daemons[@]}" 2>/dev/null || :
	wait "${daemons[@]}" 2>/dev/null || :
	daemons=()
}

# comes NAME COMMAND… - within a minute
comes() {
	local name=$1
	shift
	if within 60 "$@"; then pass "$name"; else fail "$name"; fi
}

port_access() {
	cat >hostapd.conf <<-END
		interface=b0
		driver=wired
		ieee8021x=1
		eap_server=1
		eap_user_file=$PWD/users
	END
	echo '"host" MD5 "secret"' >users
	cat >supplicant.conf <<-END
		ap_scan=0
		network={
			key_mgmt=IEEE8021X
			eap=MD5
			identity="host"
			password="secret"
			eapol_flags=0
		}
	END
	run_in B hostapd.log hostapd "$PWD/hostapd.conf"
	within 60 grep -q AP-ENABLED hostapd.log
	run_in A supplicant.log wpa_supplicant -i a0 -D wired -c "$PWD/supplicant.conf"
	comes '802.1X: the supplicant is let in' grep -q CTRL-EVENT-EAP-SUCCESS supplicant.log
	end_daemons
}

partner_of() {
	ip netns exec "$1" grep -m 1 -oP 'Partner Mac Address: \K.*' /proc/net/bonding/bond0
}

partners_found() {
	[ "$(partner_of A)" = "$(in_b cat /sys/class/net/bond0/address)" ] &&
		[ "$(partner_of B)" = "$(in_a cat /sys/class/net/bond0/address)" ]
}

aggregation() {
	local host
	for host in A B; do
		ip -n $host link add bond0 type bond mode 802.3ad lacp_rate fast miimon 100
		ip -n $host link set "${host,}0" down
		ip -n $host link set "${host,}0" master bond0
		ip -n $host link set bond0 up
	done
	comes 'LACP: each bond knows the other as its partner' partners_found
	for host in A B; do
		ip -n $host link del bond0
		ip -n $host link set "${host,}0" up
	done
}

neighbour_of() {
	ip netns exec "$1" lldpcli -u "$PWD/lldp.$1" -f keyvalue show neighbors 2>/dev/null
}

start_discovery() {
	run_in A lldpd.a.log lldpd -d -u "$PWD/lldp.A" -I a0
	run_in B lldpd.b.log lldpd -d -u "$PWD/lldp.B" -I b0
	# It pauses itself, and has a lldpcli of its own end that: who comes before may find it silent
	# for ever.
	within 60 grep -q 'resume operations' lldpd.a.log
	within 60 grep -q 'resume operations' lldpd.b.log
	in_a lldpcli -u lldp.A configure lldp tx-interval 1 >/dev/null
	in_b lldpcli -u lldp.B configure lldp tx-interval 1 >/dev/null
}

neighbour_is() {
	neighbour_of "$1" | grep -q "port.mac=$2"
}

root_of() {
	ip netns exec "$1" cat /sys/class/net/br0/bridge/root_id
}

one_root() {
	[ "$(root_of A)" = "$(root_of B)" ] && [ "$(root_of A)" = "$(in_a cat /sys/class/net/br0/bridge/bridge_id)" ]
}

spanning_tree() {
	local host
	for host in A B; do
		ip -n $host link add br0 type bridge stp_state 1 forward_delay 200 hello_time 100
		ip -n $host link set "${host,}0" master br0
		ip -n $host link set br0 up
	done
	in_a ip link set br0 type bridge priority 4096
	comes 'STP: both bridges have the root that was chosen' one_root
	for host in A B; do
		ip -n $host link del br0
	done
}

# Four times a second instead of every second or two, and told each time.
start_clock_sync() {
	local often=(--logAnnounceInterval -2 --logSyncInterval -2 --logMinDelayReqInterval -2
		--summary_interval -2)
	run_in A ptp.a.log ptp4l -S -2 -i a0 -m --priority1 1 "${often[@]}"
	run_in B ptp.b.log ptp4l -S -2 -i b0 -m -s --free_running 1 "${often[@]}"
}

clock_sync_and_discovery() {
	start_clock_sync
	start_discovery
	comes 'LLDP: A knows B' neighbour_is A "$(in_b cat /sys/class/net/b0/address)"
	comes 'LLDP: B knows A' neighbour_is B "$(in_a cat /sys/class/net/a0/address)"
	comes 'PTP: the slave follows the master' grep -q 'master offset' ptp.b.log
	end_daemons
}

has_address() {
	ip netns exec "$1" ip -br addr show dev "$2" | grep -q "$3"
}

configuration() {
	cat >lease <<-'END'
		#!/bin/sh
		[ "$1" != bound ] || ip addr add "$ip/24" dev "$interface"
	END
	chmod 755 lease
	in_a sysctl -qw net.ipv6.conf.a0.disable_ipv6=0 net.ipv6.conf.a0.accept_ra=1
	in_b sysctl -qw net.ipv6.conf.b0.disable_ipv6=0
	in_b ip addr add 192.0.2.2/24 dev b0
	in_b ip addr add 2001:db8::2/64 dev b0 nodad
	run_in B dnsmasq.log dnsmasq -d -C /dev/null -i b0 --bind-interfaces --port=0 --leasefile-ro \
		--dhcp-range=192.0.2.10,192.0.2.20 --dhcp-range=2001:db8::,ra-only --enable-ra
	run_in A udhcpc.log busybox udhcpc -f -i a0 -t 20 -T 1 -s "$PWD/lease"
	comes 'SLAAC: A has an address of the prefix' has_address A a0 '2001:db8:'
	comes 'DHCP: A has a lease' has_address A a0 '192\.0\.2\.1[0-9]\|192\.0\.2\.20'
	end_daemons
}

# Marks are made by a slow queue at the sender's end, before the watcher there.
marked_transfer() {
	local server
	in_a sysctl -qw net.ipv4.tcp_ecn=1
	in_b sysctl -qw net.ipv4.tcp_ecn=1
	in_a ip addr add 192.0.2.1/24 dev a0
	# Slower than the machine, or no queue would form.
	in_a tc qdisc replace dev a0 root handle 1: tbf rate $((20 / patience))mbit burst 10kb latency 50ms
	in_a tc qdisc add dev a0 parent 1: fq_codel ce_threshold 1ms
	in_b iperf3 -s -1 --forceflush </dev/null >iperf.server.log 2>&1 &
	server=$!
	within 60 grep -q listening iperf.server.log
	ok 'TCP with ECN passes' timeout 120 ip netns exec A iperf3 -c 192.0.2.2 -n 2M
	wait $server
	in_a tc qdisc del dev a0 root
	in_b nstat -asz TcpExtTCPOFOQueue TcpExtTCPDSACKRecv IpExtInCEPkts >counts
	is 'nothing came out of order' "$(awk '$1 == "TcpExtTCPOFOQueue" { print $2 }' counts)" 0
	is 'marks came through' "$(awk '$1 == "IpExtInCEPkts" { print ($2 > 0) }' counts)" 1
}

up() {
	softtap up eth1 eth2 >up.log 2>&1
	within 30 grep -q 1 /sys/class/net/eth1/carrier
	within 30 grep -q 1 /sys/class/net/eth2/carrier
}

guest() {
	modprobe -a bonding bridge
	veth_topology
	in_a ethtool -K a0 tx off tso off gso off >/dev/null
	in_b ethtool -K b0 tx off tso off gso off >/dev/null
	up
	aggregation	# in which links go down: what is sent to one of them is not compared
	softtap down
	start_watchers
	up
	start_reader capture.pcapng
	port_access
	clock_sync_and_discovery
	spanning_tree
	configuration
	marked_transfer
	take_addresses
	stop_watchers
	ok 'the reader ends well' stop_reader
	laws_hold
	save_counters >counters
	softtap down
}

verify() {
	passed_unchanged a b a b capture.pcapng
	passed_unchanged b a b a capture.pcapng
	file_is_valid capture.pcapng
}

run_test
