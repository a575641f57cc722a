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
# count them as any others; comparisons of frames leave them out. $marker_note makes them
# differ from those that a test has as traffic.

. "${tests:?set by test.sh}/lib/softtap.sh"

marker_note=

in_a() {
	in-netns A "$@"
}

in_b() {
	in-netns B "$@"
}

# Nobody says a word by himself. Without addresses that is IPv6's doing.
silence() {
	"$@" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
}

add_namespaces() {
	echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6
	echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6
	ip -batch - <<-'END'
		netns add A
		netns add B
	END
	silence in-netns A
	silence in-netns B
	ip -n A link set lo up
	ip -n B link set lo up
}

# Addresses 192.0.2.1 and .2, 2001:db8::1 and ::2; from here on the hosts speak.
give_addresses() {
	in_a sysctl -qw net.ipv6.conf.a0.disable_ipv6=0
	in_b sysctl -qw net.ipv6.conf.b0.disable_ipv6=0
	ip -n A -batch - <<-'END'
		addr add 192.0.2.1/24 dev a0
		addr add 2001:db8::1/64 dev a0 nodad
	END
	ip -n B -batch - <<-'END'
		addr add 192.0.2.2/24 dev b0
		addr add 2001:db8::2/64 dev b0 nodad
	END
}

# The hosts fall silent: nothing is on its way any more when counters are read.
take_addresses() {
	local host
	for host in A B; do
		ip -n $host addr flush to 0.0.0.0/0
		silence in-netns $host
	done
}

set_mtu() {
	ip -n A link set a0 mtu "$1"
	ip -batch - <<-END
		link set eth1 mtu $1
		link set eth2 mtu $1
	END
	ip -n B link set b0 mtu "$1"
}

links_up() {
	ip -n A link set a0 up
	ip -batch - <<-'END'
		link set eth1 up
		link set eth2 up
	END
	ip -n B link set b0 up
}

# The cables are veth pairs.
veth_topology() {
	add_namespaces
	modprobe veth
	ip -batch - <<-'END'
		link add a0 netns A type veth peer name eth1 address 02:00:00:00:00:01
		link add b0 netns B type veth peer name eth2 address 02:00:00:00:00:02
	END
	links_up
}

# The cables are those of the emulated cards eth0 - eth1 and eth2 - eth3; eth0 and eth3 become a0
# and b0, and do not merge or split frames: they stand for other machines.
card_topology() {
	add_namespaces
	ip link set eth0 netns A name a0
	ip link set eth3 netns B name b0
	in_a ethtool -K a0 gro off gso off tso off tx off
	in_b ethtool -K b0 gro off gso off tso off tx off
	links_up
	# A real link comes up some time after, and what is sent before that is lost; drivers that do
	# not look for it leave it unknown.
	within 30 in_a grep -qE "up|unknown" /sys/class/net/a0/operstate
	within 30 grep -qE "up|unknown" /sys/class/net/eth1/operstate
	within 30 grep -qE "up|unknown" /sys/class/net/eth2/operstate
	within 30 in_b grep -qE "up|unknown" /sys/class/net/b0/operstate
	# In order, whatever is in the frames, and without a loss.
	in_a tc qdisc replace dev a0 root pfifo limit 10000
	tc qdisc replace dev eth1 root pfifo limit 10000
	tc qdisc replace dev eth2 root pfifo limit 10000
	in_b tc qdisc replace dev b0 root pfifo limit 10000
}

# send A|B PCAP [PER_SECOND] - sends a file's frames out of the host's end of the cable. Each host
# has its processor: what a virtual cable gets from several has no order.
send() {
	local host=$1 processors=0
	[ "$host" = A ] || read -r processors </sys/devices/system/cpu/online
	shift
	in-netns -c "${processors##*[-,]}" "$host" send-frames "${host,,}0" "$@"
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

watchers=()	# processes
watched=()	# "FILE HOST": what they write, and whose frames are in it

# watch FILE HOST INTERFACE in|out [COMMAND…] - starts tcpdump, by COMMAND, for the frames of HOST
# that pass an interface that way
watch() {
	"${@:5}" tcpdump -i "$3" -n -Q "$4" -B 32768 -Z root -U -w "$1" </dev/null 2>"$1.log" &
	watchers+=($!)
	watched+=("$1 $2")
}

# listens LOG - tcpdump has begun
listens() {
	local log=
	IFS= read -rd '' log <"$1" || :
	[[ $log == *'listening on'* ]]
}

# Waits until they see.
watch_begins() {
	local each
	for each in "${watched[@]}"; do
		within 60 listens "${each% *}.log"
	done
}

# A card hands several frames on at once. Of those the packet socket that was there first gets the
# ones that nobody else wants behind the others, so those that watch what comes in are not first.
start_watchers() {
	watch a.out A a0 out in-netns A
	watch b.out B b0 out in-netns B
	watch_begins
	watch a.in B a0 in in-netns A
	watch b.in A b0 in in-netns B
	watch_begins
}

# watch_port eth1 in - the same on a port: where the tap takes frames, or where it sends them
watch_port() {
	case $1.$2 in
	eth1.in | eth2.out) watch "$1.$2" A "$1" "$2" ;;
	*) watch "$1.$2" B "$1" "$2" ;;
	esac
	watch_begins
}

# They have all when the last marker has come to each.
stop_watchers() {
	local each logs=()
	send_marker end A
	send_marker end B
	for each in "${watched[@]}"; do
		within 60 marker_seen end "${each#* }" "${each% *}"
		logs+=("${each% *}.log")
	done
	kill -INT "${watchers[@]}"
	wait "${watchers[@]}"
	watchers=()
	watched=()
	is 'the watchers saw everything' "$(grep -L '^0 packets dropped by kernel' "${logs[@]}")" ''
}

# Sets $marker.
marker() {
	marker="softtap test marker: $1 of $2$marker_note"
}

# send_marker begin|end A|B [INTERFACE]
send_marker() {
	local marker
	marker "$1" "$2"
	in-netns "$2" send-frames --marker "$marker" "${3:-${2,,}0}"
}

# marker_seen begin|end A|B FILE - near the end of a capture
marker_seen() {
	local marker
	marker "$1" "$2"
	tail -c 65536 "$3" | grep -qaF "$marker"
}

# No complaint in the kernel's log since boot.
log_is_clean() {
	local complaints
	complaints=$(dmesg | grep -v 'kmemleak: .* initialized' | grep -E 'WARNING|BUG|Oops|leak|refcount|waiting for|Call Trace|possible deadlock|detected stalls|hung_task|ODEBUG disabled' || :)
	is 'no complaint in the kernel log' "$complaints" ''
}

# On a kernel that knows: no memory that nothing points to. It does not look at what is younger
# than five seconds, nor at once at what changed since it looked last.
nothing_leaked() {
	local leaks=/sys/kernel/debug/kmemleak
	[ -e $leaks ] || return 0
	sleep 6
	echo scan >$leaks
	echo scan >$leaks
	is 'no memory leaked' "$(cat $leaks)" ''
}
