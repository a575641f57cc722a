#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Seconds: 79
# Covers: tests/nic/* scripts/build-module
#
# The tests' own network card, tests/nic: frames on the wire with their FCS, bad ones as e1000e has
# them, queues and rings, doorbells, clock, PAUSE, settings, faults.
#
#	 namespace A                                  namespace B
#	+-----------+          the tests' tap         +-----------+
#	|        a0 +----- card0/wire, card1/wire ----+ b0        |
#	+-----------+                                 +-----------+

# shellcheck source=tests/lib/test.sh
. "$(dirname "$0")/../lib/test.sh"
# shellcheck source=tests/lib/nic.sh
. "$tests/lib/nic.sh"

machines=('--kernel 6.1 --smp 4' '--kernel 6.12 --smp 4')
flows=4

prepare() {
	local flow
	build_nic
	make-frames odd 1 14 1500 odd.a
	make-frames lengths 2 60 1500 lengths.a
	wire make odd.a odd.wire
	make-frames short 3 14 1500 runts
	frames pad 60 odd.a odd.pad
	wire broken 1 16000 broken.wire >broken.counts
	wire bytes broken.wire broken.bytes
	wire cut broken.wire broken.cut
	wire broken 2 1518 short.wire >/dev/null
	wire bytes short.wire short.bytes
	for ((flow = 1; flow <= flows; flow++)); do
		make-frames flows 1$flow 60 1500 flow$flow.a
	done
}

# --- Frames -------------------------------------------------------------------------------------------

# received N - B has taken so many more than $before
received() {
	[ "$(statistic B 'queue_*_rx_frames')" -ge $((before + $1)) ]
}

in_promiscuous() {
	in_b ip link set b0 promisc "$1"
}

# What A sends, and what the tests put on the wire, comes to B; the wire shows the same with its FCS.
# One queue each, so that there is one order.
test_frames() {
	in_a ethtool -L a0 combined 1
	in_b ethtool -L b0 combined 1
	in_b ethtool -G b0 rx 4096
	in_promiscuous on
	listen 0 sent.wire
	watch sent.out A a0 out ip netns exec A
	watch came.in A b0 in ip netns exec B
	watch_begins
	send A "$SOFTTAP_OUT/odd.a"
	send A "$SOFTTAP_OUT/lengths.a"
	cat "$SOFTTAP_OUT/odd.wire" >$wires/card0/wire
	stop_watchers_of A
	stop_listening
	in_promiscuous off
	in_a ethtool -L a0 combined 4
	in_b ethtool -L b0 combined 4
	in_b ethtool -G b0 rx 256
}

# Only A sends here.
stop_watchers_of() {
	local each
	send_marker end "$1"
	for each in "${watched[@]}"; do
		within 60 marker_seen end "$1" "${each% *}"
	done
	kill -INT "${watchers[@]}"
	wait "${watchers[@]}"
	watchers=() watched=()
}

# offer NAME FEATURE… - broken frames come to B with these features on
offer() {
	local name=$1
	shift
	in_b ethtool -K b0 "$@" >/dev/null
	watch "$name.in" A b0 in ip netns exec B
	watch_begins
	crc_before=$(statistic B rx_crc_errors)
	short_before=$(statistic B rx_short)
	long_before=$(statistic B rx_long)
	cat "$SOFTTAP_OUT/broken.wire" >$wires/card0/wire
	is "$name: too short, bad FCS and too long are counted" \
		"$(($(statistic B rx_short) - short_before)) $(($(statistic B rx_crc_errors) - crc_before)) $(($(statistic B rx_long) - long_before))" \
		"$(<"$SOFTTAP_OUT/broken.counts")"
	stop_watchers_of A
	in_b ethtool -K b0 rx-all off rx-fcs off >/dev/null
}

test_bad_frames() {
	local crc_before short_before long_before
	offer dropped rx-all off
	offer all-fcs rx-all on rx-fcs on
	offer all rx-all on
	is 'the interface adds up its errors' "$(in_b cat /tmp/net-B/class/net/b0/statistics/rx_errors)" \
		"$(($(statistic B rx_crc_errors) + $(statistic B rx_short) + $(statistic B rx_long)))"
}

# A frame leaves with the FCS that its sender gave it.
test_no_fcs() {
	listen 0 no-fcs.wire
	in_a send-frames --no-fcs a0 "$SOFTTAP_OUT/short.bytes"
	stop_listening
	in_a ethtool --set-priv-flags a0 tx-pad off
	listen 0 no-pad.wire
	in_a send-frames a0 "$SOFTTAP_OUT/runts"
	stop_listening
	in_a ethtool --set-priv-flags a0 tx-pad on
}

# --- Queues and rings ---------------------------------------------------------------------------------

# How many frames each queue of B has received: "12 0 3 0"
by_queue() {
	in_b ethtool -S b0 | awk '/queue_[0-9]+_rx_frames/ { print $2 }' | xargs
}

send_flows() {
	local flow senders=()
	for ((flow = 1; flow <= flows; flow++)); do
		taskset -c $((flow - 1)) ip netns exec A send-frames a0 "$SOFTTAP_OUT/flow$flow.a" &
		senders+=($!)
	done
	wait "${senders[@]}"
}

# 16 flows from each processor, to the queues that the table says, as fast as the machine carries:
# with PAUSE not one frame is lost.
test_queues() {
	local before missed
	in_promiscuous on
	in_a ethtool -A a0 rx on tx on
	in_b ethtool -A b0 rx on tx on
	listen 0 flows.wire
	watch flows.in A b0 in ip netns exec B
	watch_begins
	before=$(statistic B 'queue_*_rx_frames') missed=$(statistic B 'queue_*_rx_missed')
	send_flows
	within 60 received $((flows * 1000))
	stop_watchers_of A
	stop_listening
	is 'with PAUSE no ring overflows' "$(statistic B 'queue_*_rx_missed')" "$missed"
	grep b0-TxRx /proc/interrupts >interrupts
	is 'interrupt n of 4 arrives on processor n' \
		"$(awk '{ for (i = 2; i <= 5; i++) if ($i > 0) printf "%s:%d ", $NF, i - 2 }' interrupts)" \
		'b0-TxRx-0:0 b0-TxRx-1:1 b0-TxRx-2:2 b0-TxRx-3:3 '
	in_promiscuous off
}

# Where the table and /proc/irq say.
test_steering() {
	local irq before arrived
	in_b ethtool -X b0 weight 0 0 1 0
	irq=$(awk -F: '/b0-TxRx-2/ { print $1 + 0 }' /proc/interrupts)
	echo 1 >"/proc/irq/$irq/smp_affinity_list"
	is 'an interrupt goes where it is sent' "$(<"/proc/irq/$irq/effective_affinity_list")" 1
	before=$(by_queue) arrived=$(awk '/b0-TxRx-2/ { print $3 }' /proc/interrupts)
	give_addresses
	in_a ping -q -c 5 -i 0.01 192.0.2.2 >/dev/null
	take_addresses
	ok 'and arrives there' test "$(awk '/b0-TxRx-2/ { print $3 }' /proc/interrupts)" -gt "$arrived"
	is 'other queues get no IP' "$(by_queue | cut -d' ' -f2,4)" "$(cut -d' ' -f2,4 <<<"$before")"
	in_b ethtool -X b0 default
}

test_rings() {
	local before missed
	in_a ethtool -A a0 rx off tx off
	in_b ethtool -A b0 rx off tx off
	in_b ethtool -G b0 rx 64 tx 64
	is 'rings have 64 descriptors' "$(in_b ethtool -g b0 | awk '/^(RX|TX):/ { print $2 }' | tail -n 2 | xargs)" '64 64'
	in_b ethtool -L b0 combined 2
	is 'two queues are in use' "$(in_b ethtool -l b0 | awk '/^Combined/ { print $2 }' | tail -n 1) $(find /tmp/net-B/class/net/b0/queues/ -name '?x-*' | wc -l)" '2 4'
	in_b ethtool -L b0 combined 1
	in_promiscuous on
	before=$(statistic B 'queue_*_rx_frames')
	missed=$(statistic B 'queue_*_rx_missed')
	echo 15 >$wires/card1/faults/rx_stalled
	send A "$SOFTTAP_OUT/flow1.a"
	is 'a ring of 64 takes 64, and says what it missed' \
		"$(statistic B 'queue_*_rx_frames') $(statistic B 'queue_*_rx_missed')" \
		"$before $((missed + 1000 - 64))"
	echo 0 >$wires/card1/faults/rx_stalled
	ok 'what is in it comes later' within 10 received 64
	is 'ip -s link tells of it' "$(cat /tmp/net-B/class/net/b0/statistics/rx_missed_errors)" \
		"$(statistic B 'queue_*_rx_missed')"
	in_b ethtool -G b0 rx 256 tx 256
	in_b ethtool -L b0 combined 4
	in_promiscuous off
}

# A frame moves when the doorbell is rung, once for a burst.
test_doorbells() {
	local before after
	modprobe -q pktgen || { skip 'doorbells of bursts' 'this kernel has no pktgen'; return 0; }
	before=$(statistic A 'queue_*_tx_doorbells')
	# shellcheck disable=SC2016
	in_a bash -c '
		mount -t proc proc /proc
		echo "add_device a0" >/proc/net/pktgen/kpktgend_0
		for word in "count 3200" "burst 32" "pkt_size 60" "dst_mac 02:74:6e:69:63:01"; do
			echo "$word" >/proc/net/pktgen/a0
		done
		echo start >/proc/net/pktgen/pgctrl
		echo rem_device_all >/proc/net/pktgen/kpktgend_0
		umount /proc'
	after=$(statistic A 'queue_*_tx_doorbells')
	ok "3200 frames in bursts of 32 need $((after - before)) doorbells" \
		test $((after - before)) -ge 100 -a $((after - before)) -le 120
}

# --- Clock --------------------------------------------------------------------------------------------

clock_of() {
	ip netns exec "$1" ethtool -T "${1,,}0" | awk '/Hardware Clock/ { print "/dev/ptp" $NF }'
}

# Seconds of a clock
seconds_of() {
	phc_ctl "$1" get | grep -o '[0-9]*\.[0-9]*' | tail -n 1
}

test_clock() {
	local clock before after stamp start started end ended
	clock=$(clock_of B)
	phc_ctl "$clock" set 1000000 >/dev/null
	phc_ctl "$clock" freq 500000000 >/dev/null 2>&1
	in_b hwstamp_ctl -i b0 -r 1 -t 1 >/dev/null
	in_b tcpdump -i b0 -c 1 -j adapter_unsynced --time-stamp-precision=nano -w stamp.pcap -Z root \
		ether proto 0x88b5 2>stamp.log </dev/null &
	within 30 grep -q 'listening on' stamp.log
	before=$(seconds_of "$clock")
	send_marker clock A
	after=$(seconds_of "$clock")
	wait $!
	stamp=$(tcpdump -tt -n -r stamp.pcap 2>/dev/null | sed -n '1s/ .*//p')
	ok "a frame has the card's time: $before, $stamp, $after" \
		awk "BEGIN { exit !($before <= $stamp && $stamp <= $after) }"
	start=$EPOCHREALTIME before=$(seconds_of "$clock") started=$EPOCHREALTIME
	sleep 1
	end=$EPOCHREALTIME after=$(seconds_of "$clock") ended=$EPOCHREALTIME
	ok "its clock is half as fast again: $before to $after" awk "BEGIN {
		passed = $after - $before
		exit !(passed / ($ended - $start) <= 1.5 && passed / ($end - $started) >= 1.5 && passed > 1.5) }"
	in_b hwstamp_ctl -i b0 -r 0 -t 0 >/dev/null
}

# ptp_on A|B OPTION… - PTP on the host's card, with hardware time on both ways
ptp_on() {
	local name=${1,,}0
	in-netns "$1" ptp4l -2 -H -m -i "$name" --uds_address "/run/ptp4l.$name" \
		--tx_timestamp_timeout 200 \
		--logSyncInterval -3 --logAnnounceInterval -2 --logMinDelayReqInterval -3 \
		"${@:2}" </dev/null >"ptp.$name" 2>&1 &
	ptp+=($!)
}

# B's clock, hours off, follows A's: by the times of frames sent and received.
test_ptp() {
	local ptp=() before between after
	phc_ctl "$(clock_of A)" set >/dev/null 2>&1
	phc_ctl "$(clock_of B)" freq 0 >/dev/null 2>&1
	ptp_on A --priority1 1
	ptp_on B --priority1 200 --first_step_threshold 1 --step_threshold 1
	ok 'a clock follows the other by PTP' within 30 grep -q 'UNCALIBRATED to SLAVE' ptp.b0
	is 'no frame was sent without a time' "$(grep -i 'timed out' ptp.a0 ptp.b0)" ''
	before=$(seconds_of "$(clock_of A)")
	between=$(seconds_of "$(clock_of B)")
	after=$(seconds_of "$(clock_of A)")
	ok "they agree to a second: A $before, B $between, A $after" \
		awk "BEGIN { exit !($before - 1 < $between && $between < $after + 1) }"
	kill "${ptp[@]}" || :
	wait "${ptp[@]}" 2>/dev/null || :
}

# --- PAUSE --------------------------------------------------------------------------------------------

test_pause() {
	local missed sent
	in_a ethtool -A a0 rx on tx off
	in_b ethtool -A b0 rx off tx on
	in_promiscuous on
	missed=$(statistic B 'queue_*_rx_missed')
	echo 15 >$wires/card1/faults/rx_stalled
	listen 1 pause.wire
	send A "$SOFTTAP_OUT/flow1.a" &
	sent=$!
	ok 'a card whose ring is full sends PAUSE' within 10 test_statistic B tx_pause
	ok 'the other obeys' within 10 test_statistic A rx_pause
	echo 0 >$wires/card1/faults/rx_stalled
	wait $sent
	is 'nothing is lost' "$(statistic B 'queue_*_rx_missed')" "$missed"
	stop_listening
	in_a ethtool -A a0 rx off
	in_b ethtool -A b0 tx off
	in_promiscuous off
}

# test_statistic A|B NAME - is above zero
test_statistic() {
	[ "$(statistic "$1" "$2")" -gt 0 ]
}

# --- Settings -----------------------------------------------------------------------------------------

# remembers NAME "SET…" "GET…" PATTERN
remembers() {
	# shellcheck disable=SC2086
	in_a ethtool $2 >/dev/null
	# shellcheck disable=SC2086
	like "$1 is remembered" "$(in_a ethtool $3 | tr -s ' \t\n' ' ')" "$4"
}

test_settings() {
	remembers speed '-s a0 speed 100 duplex full autoneg off' a0 'Speed: 100Mb/s Duplex: Full Auto-negotiation: off'
	remembers autonegotiation '-s a0 autoneg on' a0 'Speed: 1000Mb/s Duplex: Full Auto-negotiation: on'
	remembers PAUSE '-A a0 rx on tx off' '-a a0' 'RX: on TX: off'
	remembers coalescing '-C a0 rx-usecs 50 tx-frames 7' '-c a0' 'rx-usecs: 50 .*tx-frames: 7 '
	remembers Wake-on-LAN '-s a0 wol g' a0 'Wake-on: g'
	remembers EEE '--set-eee a0 eee on tx-lpi on tx-timer 77' '--show-eee a0' 'Tx LPI: 77'
	remembers 'a private flag' '--set-priv-flags a0 rx-csum-complete on' '--show-priv-flags a0' 'rx-csum-complete: on'
	in_a ethtool --set-priv-flags a0 rx-csum-complete off
	in_a ethtool -A a0 rx off
	is 'its driver has the name that it was given' "$(in_a ethtool -i a0 | sed -n 's/^driver: //p')" e1000e
}

# --- Offloads -----------------------------------------------------------------------------------------

# add_vlan A|B ADDRESS PROTOCOL - VLAN 7 on the host's card
add_vlan() {
	local name=${1,,}0
	ip -n "$1" link add link "$name" name "$name.7" type vlan proto "$3" id 7
	ip -n "$1" addr add "$2/24" dev "$name.7"
	ip -n "$1" link set "$name.7" up
}

# transfer NAME PROTOCOL - TCP with tags; NAME.wire is what the wire carries
transfer() {
	local server
	add_vlan A 198.51.100.1 "$2"
	add_vlan B 198.51.100.2 "$2"
	listen 0 "$1.wire"
	in_b socat -u tcp-listen:1234,bind=198.51.100.2 create:copy &
	server=$!
	within 20 in_a socat -u open:data tcp:198.51.100.2:1234
	wait $server
	stop_listening
	ok "$1: what was sent has come" cmp data copy
	rm copy
}

remove_vlans() {
	in_a ip link del a0.7
	in_b ip link del b0.7
}

# TCP in super-frames, tagged, both cut and merged by the cards: on the wire there are frames. The
# stack complains in its log of a sum that is not right (CHECKSUM_COMPLETE).
test_offloads() {
	local filtered
	head -c 1000000 /dev/urandom >data
	in_b ethtool -K b0 rx-gro-hw on
	transfer tcp 802.1Q
	ok 'the card merged segments' test_statistic B 'queue_*_rx_merged'
	in_b ip link del b0.7
	filtered=$(statistic B rx_filtered)
	in_a arping -c 2 -w 2 -I a0.7 198.51.100.2 >/dev/null || :
	ok 'a VLAN that nobody has is filtered' test "$(statistic B rx_filtered)" -ge $((filtered + 2))
	in_a ip link del a0.7
	in_b ethtool --set-priv-flags b0 rx-csum-complete on
	transfer tcp-complete 802.1ad
	in_b ethtool --set-priv-flags b0 rx-csum-complete off
	remove_vlans
}

# --- Faults -------------------------------------------------------------------------------------------

sent_all() {
	[ "$(statistic A 'queue_*_tx_frames')" -ge "$1" ]
}

test_faults() {
	local before busy sent
	in_promiscuous on
	before=$(statistic B 'queue_*_rx_frames') busy=$(statistic A 'queue_*_tx_busy')
	echo 3 >$wires/card0/faults/tx_busy
	send A "$SOFTTAP_OUT/flow1.a"
	is 'start_xmit was busy three times, nothing is lost' \
		"$(($(statistic A 'queue_*_tx_busy') - busy))" 3
	ok 'all frames came' within 10 received 1000
	echo 5 >$wires/card1/faults/no_memory
	send A "$SOFTTAP_OUT/flow1.a"
	is 'five frames found no memory' "$(statistic B 'queue_*_rx_no_memory')" 5
	in_a ethtool -G a0 tx 64
	in_a ethtool -L a0 combined 1
	echo 15 >$wires/card0/faults/tx_stalled
	sent=$(statistic A 'queue_*_tx_frames')
	send A "$SOFTTAP_OUT/flow1.a" &
	ok 'the watchdog resets a card that has stalled' within 20 test_statistic A tx_timeouts
	is 'nothing is sent' "$(statistic A 'queue_*_tx_frames')" "$sent"
	echo 0 >$wires/card0/faults/tx_stalled
	ok 'it counts its resets' within 10 test_statistic A resets
	wait $!
	before=$(statistic B 'queue_*_rx_frames')
	send A "$SOFTTAP_OUT/flow1.a"
	ok 'after it frames pass' within 10 received 1000
	in_promiscuous off
}

# Cards are reset, and pulled out, while frames pass both ways.
test_under_traffic() {
	local senders=() round resets busy
	touch complaints
	in_promiscuous on
	for ((round = 0; round < 4; round++)); do
		while in_a send-frames a0 "$SOFTTAP_OUT/flow$((round + 1)).a" 2>/dev/null; do :; done &
		senders+=($!)
	done
	for ((round = 0; round < 5; round++)); do
		resets=$(statistic A resets) busy=$(statistic A 'queue_*_tx_busy')
		echo 1 >$wires/card0/faults/reset
		within 10 was_reset "$resets"
		in_a ethtool -G a0 tx $((64 << round % 2))
		[ "$(statistic A 'queue_*_tx_busy')" = "$busy" ] || echo "round $round" >>complaints
		echo testnic.1 >/sys/bus/platform/drivers/testnic/unbind
		cat "$SOFTTAP_OUT/odd.wire" >$wires/card0/wire
		echo testnic.1 >/sys/bus/platform/drivers/testnic/bind
		ip link set b0 netns B
		in_b ip link set b0 up promisc on
		within 10 test_statistic B 'queue_*_rx_frames'
	done
	echo testnic.0 >/sys/bus/platform/drivers/testnic/unbind
	wait "${senders[@]}"
	echo testnic.0 >/sys/bus/platform/drivers/testnic/bind
	ip link set a0 netns A
	in_a ip link set a0 up
	ok 'cards that were reset and pulled under traffic are back' within 5 carrier_is B 1
	is 'a ring that is made anew is never sent to' "$(<complaints)" ''
}

was_reset() {
	[ "$(statistic A resets)" -gt "$1" ]
}

carrier_is() {
	[ "$(cat "/tmp/net-$1/class/net/${1,,}0/carrier")" = "$2" ]
}

test_link() {
	echo 0 >$wires/card0/connected
	ok 'a cable that is unplugged takes the carrier from both' carrier_is A 0
	ok 'from the other, too' carrier_is B 0
	echo 1 >$wires/card0/connected
	ok 'and gives it back' carrier_is B 1
	echo testnic.0 >/sys/bus/platform/drivers/testnic/unbind
	ok 'a card that disappears is gone' test ! -e /tmp/net-A/class/net/a0
	ok 'the other sees no carrier' carrier_is B 0
	echo testnic.0 >/sys/bus/platform/drivers/testnic/bind
	ip link set a0 netns A
	in_a ip link set a0 up
	ok 'it comes back' within 5 carrier_is B 1
}

# What the driver refuses, it refuses with a line and an errno.
test_lacking() {
	ok 'cards that are up can be removed' rmmod testnic
	load_nic cards=2 names=a1,b1 lacks=rx-fcs+no-fcs stamps=ptp drivers=igb
	like 'a card can lack RXFCS' "$(ethtool -k a1)" 'rx-fcs: off \[fixed\]'
	ip link set a1 up
	is 'a card that stamps PTP only refuses all' "$(hwstamp_ctl -i a1 -r 1 2>&1 | grep -c 'Numerical result out of range')" 1
	rmmod testnic
	like 'an odd number of cards is refused' "$(load_nic cards=3 2>&1)" 'Invalid'
}

guest() {
	local host
	cable_topology drivers=e1000e
	for host in A B; do
		mkdir /tmp/net-$host
		nsenter --net=/run/netns/$host mount -t sysfs net-$host /tmp/net-$host
	done
	test_frames
	test_bad_frames
	test_no_fcs
	test_queues
	test_steering
	test_rings
	test_doorbells
	test_clock
	test_ptp
	test_pause
	test_settings
	test_offloads
	test_faults
	test_link
	test_under_traffic
	umount /tmp/net-A /tmp/net-B
	test_lacking
}

# What the cables' listeners read, for all who judge it.
verify() {
	local name
	for name in sent no-pad flows tcp tcp-complete pause; do
		ok "$name: on the wire each FCS is right" wire frames $name.wire $name.wired
	done
	frames pad 60 sent.out sent.padded
	ok 'what A sent is on the wire, padded; so is what was put there' \
		frames same sent.padded,odd.pad sent.wired
	ok 'all of it comes to B, in order' frames same sent.padded,odd.pad came.in
	is 'by default no bad frame comes up' "$(frames count dropped.in)" 0
	ok 'with RXALL and RXFCS each comes up as it was' frames same broken.bytes all-fcs.in
	ok 'with RXALL alone without its FCS' frames same broken.cut all.in
	wire bytes no-fcs.wire no-fcs.bytes
	ok 'a frame leaves with the FCS that it was given' frames same short.bytes no-fcs.bytes
	ok 'without padding as short as it is' frames same runts no-pad.wired
	is 'all flows came' "$(frames count flows.in)" $((flows * 1000))
	ok 'each as it was sent' frames flows flows.wired flows.in
	like 'PAUSE frames stop and start' \
		"$(tshark -n -r pause.wire -T fields -e macc.pause_time -Y macc.opcode==1 2>/dev/null | sort -un | xargs)" '0 65535'
	for name in tcp:vlan tcp-complete:ieee8021ad; do
		is "${name%:*} on the wire: all tagged, none too long, checksums right" "$(tshark -n -r \
			"${name%:*}.wire" -o tcp.check_checksum:TRUE -o ip.check_checksum:TRUE -T fields \
			-e "${name#*:}.id" -e tcp.checksum.status -Y 'tcp && frame.len <= 1522' 2>/dev/null |
			sort | uniq -c | awk '{ print $2, $3, ($1 > 600) }')" '7 1 1'
		is "${name%:*}: no other" "$(tshark -n -r "${name%:*}.wire" -Y 'frame.len > 1522' 2>/dev/null)" ''
	done
}

run_test
