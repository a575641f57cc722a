#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Seconds: 17
# Covers: kmod/capture.[ch] kmod/forward.[ch] kmod/frame.[ch]
#
# Two hosts talk through the tap as hosts do: with VLAN devices, TCP in super-frames (TSO), UDP
# segmentation, checksums left to the network card. What they hand to the card passes as it is; the
# capture holds what a card would send: segments of the wire's size, all checksums right.
#
#	 namespace A             this machine             namespace B
#	+-----------+      +-----------------------+      +-----------+
#	|        a0 +------+ eth1   softtap   eth2 +------+ b0        |
#	| VLANs on a0 veth +-----------------------+ veth  VLANs on b0|
#	+-----------+                                     +-----------+
. "$(dirname "$0")/../lib/test.sh"
. "$tests/lib/captures.sh"

machines=('--kernel 6.1' '--kernel 6.12')

# vlan NAME ON PROTOCOL ID NETWORK - a VLAN device at both ends
vlan() {
	in_a ip link add link "a0$2" name "a0$1" type vlan protocol "$3" id "$4"
	in_b ip link add link "b0$2" name "b0$1" type vlan protocol "$3" id "$4"
	in_a ip addr add "$5.1/24" dev "a0$1"
	in_b ip addr add "$5.2/24" dev "b0$1"
	in_a ip link set "a0$1" up
	in_b ip link set "b0$1" up
}

# As long as the MTU of the VLAN device allows, and a byte.
ping_through() {
	ok "ping through $1" in_a ping -q -c 3 -i 0.05 -W 5 -s 1472 -M "do" "$2.2"
	ok "ping through $1, one byte" in_a ping -q -c 1 -W 5 -s 1 "$2.2"
}

vlans() {
	vlan .5 '' 802.1Q 5 198.51.100
	vlan .6 '' 802.1ad 6 203.0.113
	vlan .6.7 .6 802.1Q 7 10.67.0
	vlan .5.8 .5 802.1Q 8 10.58.0
	ping_through 802.1Q 198.51.100
	ping_through 802.1ad 203.0.113
	ping_through '802.1Q in 802.1ad' 10.67.0
	ping_through '802.1Q in 802.1Q' 10.58.0
}

# exchange KIND ADDRESS - both ways
exchange() {
	: >"$1.log"
	local server
	in_b exchange-data "$1" server "$2" </dev/null >"$1.log" 2>&1 &
	server=$!
	within 60 test -s "$1.log"
	ok "$1 with $2" timeout 60 in-netns A exchange-data "$1" client "$2"
	ok "$1 with $2: the other side is content, too" wait $server
}

guest() {
	veth_topology
	start_watchers
	load tap=eth1:eth2
	start_reader capture.pcapng
	give_addresses
	vlans
	exchange stream 192.0.2.2
	exchange stream 2001:db8::2
	exchange stream 10.67.0.2
	exchange datagrams 192.0.2.2
	exchange udp-segments 192.0.2.2
	exchange udp-segments 2001:db8::2
	modprobe sctp
	exchange sctp 192.0.2.2
	take_addresses
	stop_watchers
	ok 'the reader ends well' stop_reader
	laws_hold
	save_counters >counters
}

# Frames with a checksum that tshark finds bad, in a file.
bad_sums() {
	tshark -n -r "$1" -o ip.check_checksum:TRUE -o tcp.check_checksum:TRUE \
		-o udp.check_checksum:TRUE -o sctp.checksum:TRUE -Y "
		ip.checksum.status == Bad || tcp.checksum.status == Bad ||
		udp.checksum.status == Bad || sctp.checksum.status == Bad ||
		icmp.checksum.status == Bad" 2>/dev/null | head -n 5
}

# How many frames each protocol is in, and how many hold a whole segment of TCP.
protocols() {
	tshark -n -r "$1" -T fields -e frame.protocols -e tcp.len 2>/dev/null | awk '
		{
			n = split($1, names, ":")
			split("", seen)
			for (i = 1; i <= n; i++)
				count[names[i]] += !seen[names[i]]++
			count["segment"] += $2 == 1448
		}
		END { for (name in count) print name, count[name] }'
}

verify() {
	local file=capture.pcapng side
	ok 'a to b: what left is what came' frames same a.out b.in
	ok 'b to a: what left is what came' frames same b.out a.in
	ok 'a to b: the capture is what a network card sends' frames stream a.out $file:0 1500
	ok 'b to a: the capture is what a network card sends' frames stream b.out $file:1 1500
	is 'there were super-frames to cut' "$(frames lengths b.out | awk '{ print ($2 > 1518) }')" 1
	protocols $file >seen
	for side in udp sctp ipv6 vlan ieee8021ad segment; do
		ok "there was $side" test "$(saved seen "$side")" -ge 5
	done
	is 'no wrong checksum in the capture' "$(bad_sums $file)" ''
	is 'as long as it was on the wire' \
		"$(frames bytes $file+:0) $(frames bytes $file+:1)" \
		"$(saved counters a/captured_bytes) $(saved counters b/captured_bytes)"
	is 'rx_frames counts segments' "$(saved counters a/rx_frames) $(saved counters b/rx_frames)" \
		"$(($(frames count $file+:0) + $(saved counters a/idle_frames))) $(frames count $file+:1)"
	is 'nothing was lost' "$(saved counters a/lost_frames) $(saved counters b/lost_frames)" '0 0'
	file_is_valid $file
}

run_test
