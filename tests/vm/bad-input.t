#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Seconds: 30
# Covers: kmod/main.c kmod/settings.[ch] kmod/tap_sysfs.[ch] kmod/tap.[ch]
#
# What the module does not take, it refuses: with the errno that fits and one line in the log that
# says what is wrong, and it leaves everything as it was. First as parameters of insmod, then in
# sysfs, where the taps that there are go on.
#
#	eth1 eth2 eth7      free for a tap
#	eth3 – br0   eth4 – bond0   eth5 – mv0 (macvlan)   eth6 – eth6.5 (VLAN)   in use
#	eth8 – vrf0 (VRF)   eth9 – vx0 (VXLAN)   eth10 – iv0 (ipvlan)               in use
#	br0   mv0   iv0   vrf0                             not the end of a wire
#	lo   tun0                                          not Ethernet
. "$(dirname "$0")/../lib/test.sh"
. "$tests/lib/variant.sh"

machines=('--kernel 6.1' '--kernel 6.12')
long=enp130s0f1np1v15

devices() {
	local n
	modprobe -a dummy bridge bonding macvlan 8021q tun vrf vxlan ipvlan
	for n in 1 2 3 4 5 6 7 8 9 10; do
		echo "link add eth$n type dummy"
	done | ip -batch -
	ip -batch - <<-'END'
		link add br0 type bridge
		link set eth3 master br0
		link add bond0 type bond mode active-backup
		link set eth4 master bond0
		link add mv0 link eth5 type macvlan
		link add eth6.5 link eth6 type vlan id 5
		link add vrf0 type vrf table 10
		link set eth8 master vrf0
		link add vx0 type vxlan id 5 dstport 4789 remote 192.0.2.2 dev eth9
		link add iv0 link eth10 type ipvlan
		tuntap add tun0 mode tun
		link set eth1 up
		link set eth2 up
	END
}

# All that a tap changes.
state() {
	grep -w softtap /proc/modules | cut -d' ' -f1
	ip -d link
	ethtool -k eth1
	ethtool -k eth2
	ls -R /sys/kernel/softtap /sys/kernel/debug/softtap /dev/softtap 2>&1 || :
}

# What of it can be seen without a process; flags are those of the devices, IFF_PROMISC is one.
quick_state() {
	local file value
	quick=
	for file in /sys/class/net/*/flags; do
		read -r value <"$file"
		quick+="$file $value "
	done
	for file in /sys/module/softtap /sys/kernel{,/debug}/softtap/* /dev/softtap/*; do
		[ ! -e "$file" ] || quick+="$file "
	done
}

mark=0

mark_log() {
	echo "<3>mark $((++mark)) of the test" >/dev/kmsg
}

# Sets lines: what softtap, or the kernel about its parameters, has to complain since the mark.
complaints() {
	local log line
	log=$(dmesg -t --level err,warn)
	lines=
	while IFS= read -r line; do
		[[ $line != *softtap* ]] || lines+=${lines:+$'\n'}$line
	done <<<"${log##*"mark $mark of the test"}"
}

# refused ERRNO MESSAGE NAME COMMAND…
refused() {
	local errno=$1 pattern=$2 name=$3 said lines before
	shift 3
	quick_state
	before=$quick
	mark_log
	if said=$("$@" 2>&1); then
		fail "$name: is refused"
		"${undo[@]}"
		return
	fi
	complaints
	like "$name: the error is" "$said" ": $errno\$"
	like "$name: the log tells, in one line" "$lines" "^[^"$'\n'"]*($pattern)[^"$'\n'"]*\$"
	quick_state
	is "$name: nothing stays" "$quick" "$before"
}

# bad ERRNO MESSAGE PARAMETER…
bad() {
	local errno=$1 pattern=$2
	shift 2
	undo=(rmmod softtap)
	refused "$errno" "$pattern" "$*" insmod "$SOFTTAP_KO" "$@"
}

bad_ports() {
	bad 'No such device' 'no interface nosuch' tap=nosuch:eth2
	bad 'No such device' 'no interface nosuch' tap=eth1:nosuch
	bad 'No such device' 'no interface nosuch' tap=nosuch
	bad 'No such device' 'no interface nosuch' tap=eth1:eth2,eth7:nosuch
	bad 'Invalid parameters' 'eth1:eth1 .*twice' tap=eth1:eth1
	bad 'Device or resource busy' 'eth2 is already port b of tap0' tap=eth1:eth2,eth2:eth7
	bad 'Invalid parameters' 'lo is the loopback' tap=lo:eth2
	bad 'Invalid parameters' 'lo is the loopback' tap=eth1:lo
	bad 'Invalid parameters' 'tun0 is not Ethernet' tap=eth1:tun0
	bad 'Device or resource busy' 'eth3 .*bridge br0' tap=eth1:eth3
	bad 'Device or resource busy' 'eth4 .*bond bond0' tap=eth4:eth2
	bad 'Device or resource busy' 'eth5 .*macvlan mv0' tap=eth1:eth5
	bad 'Device or resource busy' 'eth6 .*VLAN' tap=eth6:eth1
	bad 'Device or resource busy' 'eth8 .*VRF vrf0' tap=eth1:eth8
	bad 'Device or resource busy' 'eth9 .*device vx0' tap=eth1:eth9
	bad 'Device or resource busy' 'eth10 .*device iv0' tap=eth1:eth10
	bad 'Operation not supported' 'br0 is a bridge' tap=eth1:br0
	bad 'Operation not supported' 'mv0 is a macvlan' tap=eth1:mv0
	bad 'Operation not supported' 'iv0 .*VRF or ipvlan' tap=eth1:iv0
	bad 'Operation not supported' 'vrf0 .*VRF or ipvlan' tap=eth1:vrf0
	bad 'File name too long' "$long is too long" tap=eth1:$long
	bad 'Invalid parameters' 'name is empty' tap=eth1:
	bad 'Invalid parameters' 'name is empty' tap=:eth1
	bad 'Invalid parameters' 'name is empty' tap=eth1:eth2,
	bad 'Invalid parameters' 'cannot be' tap=eth1:eth2:eth7
	bad 'Invalid parameters' 'cannot be' tap=eth1:../eth2
}

# A module built as for a kernel without the mark that the guard needs.
prepare() {
	build_variant no-mark -DSOFTTAP_WITHOUT_EGRESS_MARK
}

without_mark() {
	undo=(rmmod softtap)
	refused 'Operation not supported' 'guard=1 needs a kernel with .*guard=0' \
		'guard=1 without the mark' insmod "$SOFTTAP_OUT/no-mark.ko"
	ok 'guard=0 without the mark is taken' insmod "$SOFTTAP_OUT/no-mark.ko" tap=eth1:eth2 guard=0
	badly_stored 'Operation not supported' 'guard=1 needs' tap0/guard 1
	rmmod softtap
}

bad_settings() {
	bad 'Invalid parameters' 'unknown policy .*wire, record or flight' policy=pcap
	bad 'Invalid parameters' 'policy record needs two ports' tap=eth1 policy=record
	bad 'Invalid parameters' "invalid for parameter .link_follow'" link_follow=perhaps
	bad 'Invalid parameters' 'bad_frames: "mend" is an invalid value' bad_frames=mend
	bad 'Operation not supported' 'eth1 does not hand up broken frames' tap=eth1:eth2 bad_frames=pass
	bad 'Invalid parameters' "invalid for parameter .snaplen'" snaplen=-1
	bad 'Invalid parameters' "invalid for parameter .guard'" guard=perhaps
	bad 'Numerical result out of range' "parameter .subbufs'|out of range" subbufs=99999999999
}

bad_buffers() {
	local size
	for size in 0 1 64 127 130 65540 4294967295; do
		bad 'Invalid parameters' "subbuf_kb=$size: must be" tap=eth1:eth2 subbuf_kb=$size
	done
	for size in 0 1 4097 4294967295; do
		bad 'Invalid parameters' "subbufs=$size: must be" tap=eth1:eth2 subbufs=$size
	done
	bad 'Invalid parameters' 'a CPU, must be' tap=eth1:eth2 subbuf_kb=65536 subbufs=4096
	bad 'Cannot allocate memory' 'KiB on 1 CPUs' tap=eth1:eth2 subbuf_kb=65536 subbufs=32
}

store() {
	echo "$2" >/sys/kernel/softtap/"$1"
}

# badly_stored ERRNO MESSAGE FILE VALUE
badly_stored() {
	undo=(:)
	refused "$1" "$2" "$3 < $4" store "$3" "$4"
}

in_sysfs() {
	insmod "$SOFTTAP_KO" tap=eth1:eth2
	badly_stored 'No such device' 'no interface nosuch' add eth7:nosuch
	badly_stored 'Device or resource busy' 'eth1 is already port a of tap0' add eth7:eth1
	badly_stored 'Device or resource busy' 'eth3 .*bridge br0' add eth3
	badly_stored 'Invalid argument' 'twice' add eth7:eth7
	badly_stored 'Invalid argument' 'name is empty' add ''
	badly_stored 'File name too long' 'too long' add $long:eth7
	badly_stored 'No such device' 'no tap tap7' remove tap7
	badly_stored 'No such device' 'no tap eth1' remove eth1
	badly_stored 'Invalid argument' 'unknown policy' tap0/policy all
	badly_stored 'Invalid argument' 'guard: .*invalid value' tap0/guard perhaps
	badly_stored 'Invalid argument' 'snaplen: .*invalid value' tap0/snaplen all
	badly_stored 'Invalid argument' 'link_follow: .*invalid value' tap0/link_follow perhaps
	badly_stored 'Invalid argument' 'bad_frames: .*invalid value' tap0/bad_frames pass:
	badly_stored 'Operation not supported' 'drop is what works' tap0/bad_frames record
	ok 'the tap is there still' grep -q running /sys/kernel/softtap/tap0/state
	rmmod softtap
}

guest() {
	local before
	devices
	before=$(state)
	insmod "$SOFTTAP_KO"	# what is logged the first time only
	rmmod softtap
	bad_ports
	bad_settings
	bad_buffers
	without_mark
	is 'after all this everything is as it was' "$(state)" "$before"
	in_sysfs
	is 'after sysfs, too' "$(state)" "$before"
}

run_test
