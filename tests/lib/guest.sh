# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# For tests in the test machine: two hosts with the tap's ports between them.
#
#	 namespace A             this machine             namespace B
#	+-----------+      +-----------------------+      +-----------+
#	|        a0 +------+ eth1   softtap   eth2 +------+ b0        |
#	+-----------+      +-----------------------+      +-----------+
#
# The cables are veth pairs or emulated network cards. What passes a0 and b0 is watched by
# tcpdump, which knows nothing of softtap, in files a.out, a.in, b.out and b.in.
#
# Marker frames tell when a capture runs and when it holds all. Watchers and counters
# count them as any others; comparisons of frames leave them out.

. "${tests:?set by test.sh}/lib/softtap.sh"

in_a() {
	ip netns exec A "$@"
}

in_b() {
	ip netns exec B "$@"
}

# Nobody says a word by himself. Without addresses that is IPv6's doing.
silence() {
	"$@" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
}

add_namespaces() {
	ip netns add A
	ip netns add B
	silence env
	silence in_a
	silence in_b
	in_a ip link set lo up
	in_b ip link set lo up
}

# Addresses 192.0.2.1 and .2, 2001:db8::1 and ::2; from here on the hosts speak.
give_addresses() {
	in_a sysctl -qw net.ipv6.conf.a0.disable_ipv6=0
	in_b sysctl -qw net.ipv6.conf.b0.disable_ipv6=0
	in_a ip addr add 192.0.2.1/24 dev a0
	in_b ip addr add 192.0.2.2/24 dev b0
	in_a ip addr add 2001:db8::1/64 dev a0 nodad
	in_b ip addr add 2001:db8::2/64 dev b0 nodad
}

# The hosts fall silent: nothing is on its way any more when counters are read.
take_addresses() {
	local host
	for host in A B; do
		ip -n $host addr flush to 0.0.0.0/0
		silence ip netns exec $host
	done
}

set_mtu() {
	in_a ip link set a0 mtu "$1"
	ip link set eth1 mtu "$1"
	ip link set eth2 mtu "$1"
	in_b ip link set b0 mtu "$1"
}

links_up() {
	in_a ip link set a0 up
	ip link set eth1 up
	ip link set eth2 up
	in_b ip link set b0 up
}

# The cables are veth pairs.
veth_topology() {
	add_namespaces
	modprobe veth
	ip link add a0 netns A type veth peer name eth1 address 02:00:00:00:00:01
	ip link add b0 netns B type veth peer name eth2 address 02:00:00:00:00:02
	links_up
}

# card_topology RING - the cables are those of the emulated cards eth0 - eth1 and eth2 - eth3; eth0
# and eth3 become a0 and b0, and do not merge or split frames: they stand for other machines.
card_topology() {
	add_namespaces
	ip link set eth0 netns A name a0
	ip link set eth3 netns B name b0
	in_a ethtool -K a0 gro off gso off tso off tx off
	in_b ethtool -K b0 gro off gso off tso off tx off
	# The emulator reorders frames when a ring is full.
	in_a ethtool -G a0 rx "$1"
	in_b ethtool -G b0 rx "$1"
	ethtool -G eth1 rx "$1"
	ethtool -G eth2 rx "$1"
	links_up
	# A real link comes up some time after.
	within 30 grep -q 1 /sys/class/net/eth1/carrier
	within 30 grep -q 1 /sys/class/net/eth2/carrier
	tc qdisc replace dev eth1 root pfifo limit 10000
	tc qdisc replace dev eth2 root pfifo limit 10000
}

# send A|B PCAP [PER_SECOND] - sends a file's frames out of the host's end of the cable.
send() {
	local host=$1
	shift
	ip netns exec "$host" send-frames "${host,,}0" "$@"
}

# both_ways NAME [PER_SECOND] - NAME.a from A and NAME.b from B, both of them in the host's
# directory, at the same time
both_ways() {
	local name=$1 sender
	shift
	send A "$SOFTTAP_OUT/$name.a" "$@" &
	sender=$!
	send B "$SOFTTAP_OUT/$name.b" "$@"
	wait $sender
}

watchers=()

# watch A in - starts tcpdump on a0 for what comes in, into the file a.in
watch() {
	local host=$1 way=$2
	local name=${host,,}.$way
	ip netns exec "$host" tcpdump -i "${host,,}0" -n -Q "$way" -B 65536 -Z root -U -w "$name" \
		</dev/null 2>"$name.log" &
	watchers+=($!)
}

# watch_port eth1 in - the same on a port: where the tap takes frames, and where it sends them
watch_port() {
	tcpdump -i "$1" -n -Q "$2" -B 65536 -Z root -U -w "$1.$2" </dev/null 2>"$1.$2.log" &
	watchers+=($!)
	within 60 grep -q 'listening on' "$1.$2.log"
}

start_watchers() {
	local name
	watch A out
	watch A in
	watch B out
	watch B in
	for name in a.out a.in b.out b.in; do
		within 60 grep -q 'listening on' $name.log
	done
}

# They have all when the last marker has come to both ends.
stop_watchers() {
	send_marker end A
	send_marker end B
	within 60 marker_seen end A a.out
	within 60 marker_seen end B a.in
	within 60 marker_seen end B b.out
	within 60 marker_seen end A b.in
	kill -INT "${watchers[@]}"
	wait "${watchers[@]}"
	watchers=()
	is 'the watchers on both sides saw everything' \
		"$(grep -L '^0 packets dropped by kernel' {a,b}.{out,in}.log)" ''
}

# send_marker begin|end A|B
send_marker() {
	ip netns exec "$2" send-frames --marker "softtap test marker: $1 of $2" "${2,,}0"
}

# marker_seen begin|end A|B FILE - near the end of a capture
marker_seen() {
	tail -c 65536 "$3" | grep -qaF "softtap test marker: $1 of $2"
}

# No complaint in the kernel's log since boot.
log_is_clean() {
	local complaints
	complaints=$(dmesg | grep -E 'WARNING|BUG|Oops|leak|refcount|waiting for|Call Trace|possible deadlock|detected stalls|hung_task' || :)
	is 'no complaint in the kernel log' "$complaints" ''
}
