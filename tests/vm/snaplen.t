#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Seconds: 30
# Covers: kmod/capture.[ch] kmod/recording.[ch] kmod/settings.[ch] userspace/commands/capture_options.[ch]
#
# softtap capture -s: of each frame its first bytes are recorded, as they are on the wire, whatever
# the stack has put beside the frame: VLAN tags, checksums left to the NIC, super-frames. The tap's
# own snaplen is a limit that no reader can raise.
#
#	 namespace A             this machine             namespace B
#	+-----------+      +-----------------------+      +-----------+
#	|        a0 +------+ eth1   softtap   eth2 +------+ b0        |
#	|    a0.5   |      |                       |      |    b0.5   |
#	+-----------+ veth +-----------------------+ veth +-----------+
. "$(dirname "$0")/../lib/test.sh"
. "$tests/lib/captures.sh"

machines=('--kernel 6.1' '--kernel 6.12')

# Around the addresses, a tag, checksums of UDP and TCP over IPv4 (in a VLAN, four bytes later), a
# frame's least and most.
sizes=(1 13 14 15 16 17 41 42 45 51 52 55 60 64 1514 0)
# TAP-READER-RECORDED - both have one
limits=(100-200-100 200-100-100 100-0-100)

prepare() {
	make-frames jumbo 1 60 1500 lengths
}

# add_host A|B INTERFACE ADDRESS PEER - where nobody has to ask for the other's address
add_host() {
	local link
	link=$(ip -n "$([ "$1" = A ] && echo B || echo A)" -o link show "${4%/*}")
	ip -n "$1" addr add "$3" dev "$2"
	[[ $link =~ link/ether\ ([^ ]*) ]]
	ip -n "$1" neigh add "${4#*/}" dev "$2" lladdr "${BASH_REMATCH[1]}"
}

hosts() {
	ip -n A link add link a0 name a0.5 type vlan id 5
	ip -n B link add link b0 name b0.5 type vlan id 5
	ip -n A link set a0.5 up
	ip -n B link set b0.5 up
	add_host A a0 192.0.2.1/24 b0/192.0.2.2
	add_host B b0 192.0.2.2/24 a0/192.0.2.1
	add_host A a0.5 198.51.100.1/24 b0.5/198.51.100.2
	add_host B b0.5 198.51.100.2/24 a0.5/198.51.100.1
	in-netns B exchange-data mixed server :: </dev/null >ready &
	listener=$!
	within 60 test -s ready
}

# Nothing is under way any more. State 0A is that of a socket that listens, 07 of one that is closed.
all_closed() {
	! in_b grep -qE '^ *[0-9]+: [^ ]+ [^ ]+ 0[1-689BC]' /proc/net/tcp /proc/net/tcp6
}

# What one session has: datagrams and streams of sockets, frames of other types.
traffic() {
	local address
	for address in 192.0.2.2 198.51.100.2; do
		in_a exchange-data mixed client $address
	done
	within 60 all_closed
	send A "$SOFTTAP_OUT/lengths"
}

# session NAME OPTION…
session() {
	save_counters >"before.$1"
	start_reader "$1.pcapng" "${@:2}"
	traffic
	ok "$1: the reader ends well" stop_reader
	save_counters >"after.$1"
}

# limited TAP-READER-RECORDED
limited() {
	local tap reader
	IFS=- read -r tap reader _ <<<"$1"
	echo "$tap" >$sysfs/tap0/snaplen
	session "$1" -s "$reader"
	is "$1: the tap's own is as before" "$(<$sysfs/tap0/snaplen)" "$tap"
	echo 0 >$sysfs/tap0/snaplen
}

guest() {
	local each
	veth_topology
	start_watchers
	load tap=eth1:eth2 snaplen=77
	hosts
	session parameter
	echo 0 >$sysfs/tap0/snaplen
	for each in "${sizes[@]}"; do
		session "s$each" -s "$each"
	done
	for each in "${limits[@]}"; do
		limited "$each"
	done
	session none
	stop_watchers
	kill $listener
	laws_hold
}

# grown NAME COUNTER - in a session
grown() {
	echo $(($(saved "after.$1" "$2") - $(saved "before.$1" "$2")))
}

# recorded NAME SIZE - so much of what passed meanwhile
recorded() {
	local name=$1 size=$2 port interface=0
	for port in a b; do
		ok "$name, port $port: so much of each frame as on the wire" \
			frames cut "$size" $port.segments+ "$name.pcapng+:$interface" \
			"$(saved "before.$name" $port/rx_frames)" "$(saved "after.$name" $port/rx_frames)"
		is "$name, port $port: captured_bytes are those" "$(grown "$name" $port/captured_bytes)" \
			"$(frames bytes "$name.pcapng+:$interface")"
		interface=1
	done
}

verify() {
	local each
	frames segments a.out+ 1500 a.segments
	frames segments b.out+ 1500 b.segments
	is 'there were super-frames' "$(frames lengths a.out | awk '{ print ($2 > 1522) }')" 1
	recorded parameter 77
	for each in "${sizes[@]}"; do
		recorded "s$each" "$each"
	done
	for each in "${limits[@]}"; do
		recorded "$each" "${each##*-}"
	done
	recorded none 0
	file_is_valid s1.pcapng
	file_is_valid s17.pcapng
}

run_test
