#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Seconds: 60
# Covers: kmod/port_bad_frames.[ch] kmod/frame_fcs.[ch] kmod/forward.[ch] kmod/settings.[ch]
# Covers: userspace/commands/up.c userspace/pcapng/write.[ch] tests/lib/wire
#
# Frames that arrive broken: with bad_frames=pass what leaves on the other side is what came, bit for
# bit, FCS included, both ways; the capture has it, and says which ones are broken. With record they
# are in the capture only, with drop nowhere. What the ports cannot do is refused.
#
#	 namespace A                 this machine                 namespace B
#	+-----------+  card0/wire +-----------------------+ card2/wire +-----------+
#	|        a0 +-------------+ eth1   softtap   eth2 +------------+ b0        |
#	+-----------+ card1/wire  +-----------------------+ card3/wire +-----------+

# shellcheck source=tests/lib/test.sh
. "$(dirname "$0")/../lib/test.sh"
. "$tests/lib/captures.sh"
# shellcheck source=tests/lib/nic.sh
. "$tests/lib/nic.sh"

machines=('--kernel 6.1 --smp 2' '--kernel 6.12 --smp 2')
n=$(count 1000 20000)
timeout=$(count 300 1200)

prepare() {
	local end
	build_nic
	for end in a b; do
		wire damaged "$((16#$end))" "$n" $end.wire $end.broken $end.good
		wire bytes $end.wire $end.all
		wire bytes $end.good $end.whole
		wire cut $end.good $end.cut
	done
}

ends() {
	ports_topology queues=1 "$@"
	ethtool -G eth1 rx 4096
	ethtool -G eth2 rx 4096
}

# As if the far ends had sent them: the cards there would send none like these.
inject() {
	trickle "$SOFTTAP_OUT/a.wire" >"$wires/card0/wire" &
	trickle "$SOFTTAP_OUT/b.wire" >"$wires/card3/wire"
	wait $!
}

# In pieces that a receive ring has room for: nothing here keeps a wire from being too fast.
trickle() {
	local left
	left=$(stat -c %s "$1")
	while [ "$left" -gt 0 ]; do
		dd bs=256K count=1 iflag=fullblock status=none
		left=$((left - 262144))
		pause 0.05
	done <"$1"
}

# pass_frames NAME [OPTION…] - of the reader
pass_frames() {
	local name=$1 before
	shift
	read_counter before b/rx_frames
	listen 1 "$name.card1"
	listen 2 "$name.card2"
	start_reader "$name.pcapng" "$@"
	inject
	within 60 settled
	stop_listening
	ok "$name: the reader ends well" stop_reader
	laws_hold
}

settled() {
	local now
	read_counter now b/rx_frames
	pause 0.3
	[ "$(counter b/rx_frames)" = "$now" ] && [ "$now" -gt "$before" ]
}

broken_rx() {
	echo "$(counter a/bad_rx_frames) $(counter b/bad_rx_frames)"
}

features() {
	ethtool -k "$1" | grep -E '^rx-(all|fcs):' | sort
}

with_pass() {
	features eth1 >before
	ok 'up' softtap up --bad-frames pass eth1 eth2
	within 30 grep -q 1 /sys/class/net/eth2/carrier
	like 'show tells it' "$(softtap show)" 'bad_frames   pass'
	like 'broken frames come up, with their FCS, and nobody changes that' "$(features eth1)" \
		$'rx-all: on \\[fixed\\]\nrx-fcs: on \\[fixed\\]'
	pass_frames pass
	is 'pass: the broken ones are counted' "$(broken_rx)" \
		"$(wc -l <"$SOFTTAP_OUT/a.broken") $(wc -l <"$SOFTTAP_OUT/b.broken")"
	is 'pass: and all are sent' "$(counter b/bad_tx_frames) $(counter a/bad_tx_frames)" "$(broken_rx)"
	start_reader busy.pcapng
	ok 'it is not changed under a reader' fails_with EBUSY drop
	stop_reader
	pass_frames cut -s 40
	pass_frames filtered greater 1000
}

# fails_with ERRNO VALUE - writing to tap0/bad_frames
fails_with() {
	! { echo "$2" >"$sysfs/tap0/bad_frames"; } 2>error && case $1 in
	EBUSY) grep -q 'busy' error ;;
	EOPNOTSUPP) grep -q 'not supported' error ;;
	EINVAL) grep -q 'Invalid' error ;;
	esac
}

with_tags_in_hardware() {
	ethtool -K eth1 rx-vlan-hw-parse on
	ethtool -K eth2 tx-vlan-hw-insert on
	pass_frames tags
	ethtool -K eth1 rx-vlan-hw-parse off
}

with_record() {
	echo record >"$sysfs/tap0/bad_frames"
	pass_frames record
	echo pass:record >"$sysfs/tap0/bad_frames"
	is 'a direction of its own' "$(<$sysfs/tap0/bad_frames)" pass:record
	pass_frames mixed
}

with_drop() {
	local before
	before=$(broken_rx)
	echo drop >"$sysfs/tap0/bad_frames"
	is 'with drop the card is as it was' "$(features eth1)" "$(<before)"
	pass_frames drop
	is 'drop: none comes up' "$(broken_rx)" "$before"
	echo pass >"$sysfs/tap0/bad_frames"
	softtap down
	is 'down puts the features back' "$(features eth1)" "$(<before)"
	is 'and those of the other' "$(features eth2)" "$(<before)"
	ok 'a word that is none is refused' refused_word
}

refused_word() {
	! softtap up --bad-frames mend eth1 eth2 2>said && [ "$(wc -l <said)" = 1 ] &&
		grep -q 'must be drop, record or pass' said
}

# One side cannot hand them up, the other cannot send them.
with_less() {
	rmmod testnic
	ends lacks=no-fcs,no-fcs,no-fcs,no-fcs
	ok 'pass on ports that cannot send a given FCS' refused 'record is what works'
	ok 'record works there' softtap up --bad-frames record eth1 eth2
	softtap down
	rmmod testnic
	ends lacks=rx-fcs,rx-fcs,rx-fcs,rx-fcs
	ok 'record on ports that do not hand it up' refused 'drop is what works' record
	rmmod testnic
}

# A port's device goes, and another one of its name comes.
with_another() {
	ends
	load tap=eth1:eth2 bad_frames=pass
	echo testnic.2 >/sys/bus/platform/drivers/testnic/unbind
	ip link add eth2 type veth peer name other
	ok 'one that comes later and cannot send it is told of' within 10 told_of eth2
	unload
	ip link delete eth2
	rmmod testnic
}

told_of() {
	dmesg | grep -q "$1: softtap: cannot send a given FCS: broken frames from port a are dropped here"
}

refused() {
	! softtap up --bad-frames "${2:-pass}" eth1 eth2 2>said && grep -q "$1" said &&
		[ ! -e "$sysfs/tap0" ]
}

guest() {
	add_namespaces
	sysctl -qw net.core.gro_normal_batch=1	# see cable_topology
	ends
	with_pass
	with_tags_in_hardware
	with_record
	with_drop
	with_less
	with_another
}

# passed NAME WHAT-OF-A WHAT-OF-B - the other wires carry that
passed() {
	wire bytes "$1.card1" "$1.out.a"
	wire bytes "$1.card2" "$1.out.b"
	ok "$1: from A to B, bit for bit" frames same "a.$2" "$1.out.b"
	ok "$1: from B to A, bit for bit" frames same "b.$3" "$1.out.a"
}

# captured NAME WHAT - the file has that
captured() {
	ok "$1: the capture has what came from A" frames same "a.$2" "$1.pcapng:0"
	ok "$1: the capture has what came from B" frames same "b.$2" "$1.pcapng:1"
	file_is_valid "$1.pcapng"
	ok "$1: softtap verify finds it good" "$tests/../userspace/softtap" verify "$1.pcapng"
}

# at_least N FILE - frames that are N bytes long to a filter, which the outer tag is not shown
at_least() {
	local tagged='(eth.type == 0x8100 || eth.type == 0x88a8)'
	tshark -n -r "$2" -Y "!(eth.type == 0x88b5) && (frame.len >= $(($1 + 8)) ||
		frame.len >= $(($1 + 4)) && !$tagged)" 2>/dev/null | wc -l
}

# marked FILE INTERFACE - numbers of those frames, of that interface, that tshark shows as broken
marked() {
	tshark -n -r "$1" -Y "frame.interface_id == $2 && !(eth.type == 0x88b5)" -T fields \
		-e frame.packet_flags_crc_error -e frame.packet_flags_packet_too_short_error |
		awk '$1 $2 ~ /1|True/ { print NR }'
}

verify() {
	passed pass all all
	captured pass all
	passed tags all all
	captured tags all
	passed record whole whole
	captured record all
	passed mixed all whole
	captured mixed all
	passed drop whole whole
	captured drop cut
	is 'a snapshot length counts bytes of the FCS' \
		"$(tshark -n -r cut.pcapng -T fields -e frame.cap_len 2>/dev/null | sort -n | tail -n 1)" 40
	is 'a filter does not' "$(at_least 1 filtered.pcapng)" \
		"$(($(at_least 1000 a.all) + $(at_least 1000 b.all)))"
	is 'softtap verify counts them' \
		"$("$tests/../userspace/softtap" verify -j pass.pcapng | jq -c '[.interfaces[].broken]')" \
		"[$(wc -l <a.broken),$(wc -l <b.broken)]"
	is 'tshark marks the broken ones of A, and no other' "$(marked pass.pcapng 0)" "$(<a.broken)"
	is 'tshark marks the broken ones of B, and no other' "$(marked pass.pcapng 1)" "$(<b.broken)"
	like 'the interface description tells of the FCS' "$(capinfos pass.pcapng)" 'FCS|FCS length'
}

run_test
