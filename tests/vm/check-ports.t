#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Seconds: 45
# Covers: userspace/commands/check_ports.[ch] userspace/host/findings.[ch] userspace/host/drivers.[ch]
#
# softtap check A B: on two clean ports it finds nothing; each of thirty things that are set wrong, one
# at a time, it finds, and nothing else; and it changes nothing. What softtap up takes care of is not
# there when a tap is up.

# shellcheck source=tests/lib/test.sh
. "$(dirname "$0")/../lib/test.sh"
# shellcheck source=tests/lib/nic.sh
. "$tests/lib/nic.sh"

machines=('--kernel 6.1 --smp 2' '--kernel 6.12 --smp 2')

prepare() {
	build_nic
}

# topics [JQ] - of what is no note, "PORT:TOPIC"
topics() {
	softtap check -j eth1 eth2 |
		jq -r ".findings[] | select(${1:-.weight != \"note\"}) | .port + \":\" + .topic" | sort | uniq | xargs
}

# seed TOPIC COMMAND UNDO - and what is found is that, of eth1
seed() {
	local topic=$1
	eval "$2"
	is "found: $2" "$(topics)" "eth1:$topic"
	eval "$3"
}

# What softtap up has made of them stays, without a tap and without its account; but for what the
# module has switched off, and on again.
clean_ports() {
	softtap up --queues 1 eth1 eth2
	echo tap0 >"$sysfs/remove"
	rm -r /run/softtap
	ethtool -K eth1 gro off rx-gro-hw off
	ethtool -K eth2 gro off rx-gro-hw off
}

features() {
	local feature
	for feature in gro lro gso tso rxvlan txvlan rx-vlan-filter; do
		seed offload "ethtool -K eth1 $feature on" "ethtool -K eth1 $feature off"
	done
	seed 'broken frames' 'ethtool -K eth1 rx-all on' 'ethtool -K eth1 rx-all off'
}

card() {
	seed 'flow control' 'ethtool -A eth1 rx on' 'ethtool -A eth1 rx off'
	seed 'flow control' 'ethtool -A eth1 tx on' 'ethtool -A eth1 tx off'
	seed EEE 'ethtool --set-eee eth1 eee on' 'ethtool --set-eee eth1 eee off'
	seed rings 'ethtool -G eth1 rx 256' 'ethtool -G eth1 rx 4096'
	seed firmware 'ethtool --set-priv-flags eth1 fw-lldp-agent on' \
		'ethtool --set-priv-flags eth1 fw-lldp-agent off'
	seed queues 'ethtool -L eth1 combined 4' 'ethtool -L eth1 combined 1'
	ethtool -C eth1 rx-usecs 50
	is 'a card that waits is a note' \
		"$(topics '.topic == "coalescing" and (.found | test(" 50 us "))')" eth1:coalescing
	ethtool -C eth1 rx-usecs 0
	is 'one that does not is none' "$(topics '.topic == "coalescing" and .port == "eth1"')" ''
	ethtool -s eth1 wol g
	is 'what wakes a host is a note' "$(topics '.topic == "Wake-on-LAN"')" eth1:Wake-on-LAN
	ethtool -s eth1 wol d
	like 'the clock of a card and what it can stamp' \
		"$(softtap check eth1 eth2)" 'note   eth1: the card has a clock, /dev/ptp[0-9]+, and can stamp all frames'
	like 'driver, kernel, firmware' "$(softtap check eth1 eth2)" \
		"eth1: testnic of Linux $(uname -r | sed "s/+/\\\\+/")"
	seed duplex 'ethtool -s eth1 speed 100 duplex half autoneg off; ethtool -s eth2 speed 100 autoneg off' \
		'ethtool -s eth1 duplex full; ethtool -s eth2 duplex full'
	seed speed 'ethtool -s eth2 speed 10' 'ethtool -s eth2 speed 100'
}

kernel() {
	seed steering 'ethtool -L eth1 combined 2; echo 2 >/sys/class/net/eth1/queues/rx-0/rps_cpus; ethtool -L eth1 combined 1' \
		'echo 0 >/sys/class/net/eth1/queues/rx-0/rps_cpus'
	seed qdisc 'tc qdisc replace dev eth1 root fq_codel' 'tc qdisc replace dev eth1 root pfifo'
	seed qdisc 'tc qdisc replace dev eth1 root handle 7: prio' 'tc qdisc replace dev eth1 root pfifo'
	seed 'before the tap' 'tc qdisc add dev eth1 clsact' 'tc qdisc delete dev eth1 clsact'
	seed 'before the tap' 'tc qdisc add dev eth1 ingress' 'tc qdisc delete dev eth1 ingress'
	modprobe nf_tables
	seed 'before the tap' 'nft add table netdev t; nft add chain netdev t c "{ type filter hook ingress device eth1 priority 0; }"' \
		'nft delete table netdev t'
	seed 'before the tap' start_xdp \
		stop_xdp
	seed MTU 'ip link set eth1 mtu 1400' 'ip link set eth1 mtu 1500'
}

start_xdp() {
	attach-xdp generic eth1 &
	xdp=$!
	within 10 has_xdp
}

stop_xdp() {
	kill "$xdp"
	wait "$xdp" || :
	within 10 no_xdp
}

has_xdp() {
	ip link show eth1 | grep -q xdp
}

no_xdp() {
	! has_xdp
}

# What a card on PCI Express would show: place PORT SPEED LANES NODE ASPM
place() {
	local device=places/$1/device
	mkdir -p "places/$1"
	ln -s "/sys/class/net/$1"/* "places/$1"
	rm "places/$1/device" "places/$1/speed"
	mkdir -p "$device/link"
	echo "$2 GT/s PCIe" >"$device/current_link_speed"
	echo "$3" >"$device/current_link_width"
	echo "$4" >"$device/numa_node"
	echo "$5" >"$device/link/l1_aspm"
	echo 10000 >"places/$1/speed"
}

places() {
	local -x SOFTTAP_SYS_NET=$PWD/places
	place eth1 5.0 2 0 1
	place eth2 8.0 8 1 0
	is 'a bus that is slower than its link' "$(topics)" eth1:bus
	like 'that is a matter of lanes' "$(softtap check eth1 eth2)" \
		'PCI Express with 2 lanes carries 8000 Mb/s, the link 10000'
	is 'a card that sleeps is a note' "$(topics '.topic == "power saving"')" 'eth1:power saving'
	like 'so are cards on two processors' "$(softtap check eth1 eth2)" \
		'note   eth1: near memory node 0, eth2 near 1'
	echo 4 >places/eth1/device/current_link_width
	is 'one that is not' "$(topics)" ''
}

join_group() {
	mreceive -g 239.1.2.3 -I eth1 >/dev/null &
	member=$!
	within 10 grep -q 030201EF /proc/net/igmp
}

leave_group() {
	kill "$member"
	wait "$member" || :
	within 10 sh -c '! grep -q 030201EF /proc/net/igmp'
}

host() {
	seed groups join_group leave_group
	seed IPv6 'sysctl -qw net.ipv6.conf.eth1.disable_ipv6=0' \
		'sysctl -qw net.ipv6.conf.eth1.disable_ipv6=1'
	seed addresses 'ip addr add 192.0.2.1/24 dev eth1' 'ip addr flush dev eth1'
	modprobe bridge
	modprobe macvlan
	modprobe 8021q
	seed member 'ip link add br9 type bridge; ip link set eth1 master br9' \
		'ip link set eth1 nomaster; ip link delete br9'
	seed 'stacked device' 'ip link add link eth1 name mac9 type macvlan' 'ip link delete mac9'
	seed 'stacked device' 'ip link add link eth1 name eth1.9 type vlan id 9' 'ip link delete eth1.9'
	seed carrier 'ip -n A link set a0 down; within 10 grep -q 0 /sys/class/net/eth1/carrier' \
		'ip -n A link set a0 up; within 10 grep -q 1 /sys/class/net/eth1/carrier'
}

guest() {
	add_namespaces
	ports_topology
	ethtool -k eth1 >before
	status_is 'ports as the kernel makes them are not transparent' 8
	like 'it says so, and that up helps' "$(softtap check eth1 eth2)" \
		$'As they are, the ports are not transparent\\.\nWith softtap up they are transparent but for: queues\\.'
	ok 'nothing is changed' diff before <(ethtool -k eth1)
	clean_ports
	within 30 grep -q 1 /sys/class/net/eth2/carrier
	is 'clean ports: nothing is found' "$(topics)" ''
	status_is 'clean ports are transparent' 0
	features
	card
	places
	kernel
	host
	is 'and in the end nothing again' "$(topics)" ''
	ethtool -L eth1 combined 4
	status_is 'transparent but for something' 7
	softtap up --queues 1 eth1 eth2
	within 30 grep -q 1 /sys/class/net/eth2/carrier
	status_is 'with a tap between them' 0
	softtap down
	ok 'one port is none' fails 2 eth1
	ok 'nor is one that there is not' fails 1 eth1 eth9
	rmmod testnic
}

# fails STATUS ARGUMENT… - with one line
fails() {
	local status=0
	softtap check "${@:2}" >/dev/null 2>said || status=$?
	[ $status = "$1" ] && [ "$(wc -l <said)" = 1 ]
}

status_is() {
	local status=0
	softtap check eth1 eth2 >/dev/null || status=$?
	is "$1" $status "$2"
}

run_test
