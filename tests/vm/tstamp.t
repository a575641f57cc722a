#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Seconds: 100
# Covers: kmod/phc.[ch] kmod/translation.[ch] kmod/port_stamps.[ch] userspace/reader/sorting.[ch]
# Covers: userspace/host/stamping.[ch] tests/nic/*
#
# Times of arrival by the cards' clocks, which are seconds apart and drift away from each other by
# 100 ppm: the cards know when frames arrived in truth. Four queues a port: the kernel looks at
# frames in another order than that in which they came, a file has them as they came. And what
# becomes of times when a clock is stepped, a card stamps nothing, or a reader dies.
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
error_max=1000	# ns
rounds=$(count 2 40)

prepare() {
	build_nic
	make-frames flows 3 60 1500 flows.a
	make-frames flows 4 60 1500 flows.b
}

clock_of() {
	ethtool -T "$1" | awk '/Hardware Clock/ { print "/dev/ptp" $NF }'
}

# How many frames a card has noted.
noted() {
	echo $(($(wc -c <"$wires/card$1/faults/arrivals") / 8))
}

# times FILE PORT - of its records, ns
times() {
	tshark -n -r "$1" -Y "frame.interface_id == $2" -T fields -e frame.time_epoch 2>/dev/null | tr -d .
}

# truth CARD FROM - when frames arrived there, ns, from that one on
truth() {
	od -An -v -tu8 -w8 -j $(($2 * 8)) "$wires/card$1/faults/arrivals" | tr -d ' '
}

# judge FILE PORT CARD FROM - how many frames arrived since; how many of these have no record whose
# time is wrong by $error_max at most; and the most by which one of the others is
judge() {
	awk -v max=$error_max '
		BEGIN { at = n = 0 }
		{ time = substr($1, 6) + 0 }
		FNR == NR { recorded[n++] = time; next }
		{
			frames++
			while (at < n && recorded[at] < time - max)
				at++
			if (at == n || recorded[at] > time + max) {
				wrong++
				next
			}
			off = recorded[at++] - time
			off = off < 0 ? -off : off
			most = off > most ? off : most
		}
		END { print frames, wrong + 0, most + 0 }' <(times "$1" "$2") <(truth "$3" "$4")
}

is_known() {
	[ "$(cat /sys/kernel/softtap/tap0/{a,b}/clock_error | grep -c '^[0-9]*$')" = 2 ]
}

# Where the cards and the counters are before frames are sent.
begin_truth() {
	from=("$(noted 1)" "$(noted 2)")
	before=("$(counter a/unstamped_frames)" "$(counter b/unstamped_frames)")
}

# in_truth FILE FRAMES - its times are those of arrival, but for frames that were longer in the
# machine than a stamp is believed
in_truth() {
	local port frames wrong most unstamped names=(a b)
	for port in 0 1; do
		read -r frames wrong most <<<"$(judge "$1" $port $((port + 1)) "${from[port]}")"
		unstamped=$(($(counter "${names[port]}/unstamped_frames") - before[port]))
		ok "$1, port ${names[port]}: $frames times, within $most ns; $unstamped of the software" \
			test "$frames" -ge "$2" -a "$wrong" -le $unstamped -a $unstamped -lt $(($2 / 2))
	done
}

all_came() {
	[ "$(counter a/rx_frames)" = $((rx_a + $(statistic A 'queue_*_tx_frames'))) ] &&
		[ "$(counter b/rx_frames)" = $((rx_b + $(statistic B 'queue_*_tx_frames'))) ]
}

test_truth() {
	listen 0 wire0
	listen 3 wire3
	start_reader truth.pcapng
	begin_truth
	both_ways flows
	both_ways flows
	within 60 all_came
	stop_listening
	ok 'the reader ends well' stop_reader
	in_truth truth.pcapng 2000
	printf '%s\n' "a $(counter a/unstamped_frames)" "b $(counter b/unstamped_frames)" >unstamped
	like 'the file says whose times they are' "$(capinfos truth.pcapng)" \
		"Times are those of arrival, by the card's clock, which is followed within [0-9]+ ns"
	like 'stat tells how long frames were in the machine' "$(softtap stat)" 'below [0-9]+ '
	is 'all of them' "$(softtap stat -j | jq '[.taps[0] | .a, .b | .residence[].frames] | add')" \
		$(($(add_up {a,b}/captured_frames) - $(add_up {a,b}/unstamped_frames)))
}

not() {
	! "$@" 2>/dev/null
}

# Readers die, and others go on in the same file.
test_killed() {
	local i captured sender
	captured=$(add_up {a,b}/captured_frames)
	for ((i = 0; i < rounds; i++)); do
		softtap capture -w killed.pcapng </dev/null 2>killed.log &
		reader=$!
		within 30 grep -q '^listening' killed.log
		both_ways flows &
		sender=$!
		pause 0.$((RANDOM % 400 + 100))
		kill -KILL $reader
		wait $reader 2>/dev/null || :
		wait $sender
	done
	start_reader killed.pcapng
	ok 'the last reader ends well' stop_reader
	ok 'the file is whole and in order' softtap verify killed.pcapng
	is "each frame that was recorded is in it once, after $rounds readers died" \
		"$(capinfos -c -M -T -r killed.pcapng | awk '{ print $NF }')" \
		$(($(add_up {a,b}/captured_frames) - captured))
}

test_step() {
	phc_ctl "$(clock_of eth1)" adj 0.003 >/dev/null
	within 10 dmesg_says 'eth1: its clock ptp[0-9]+ was stepped by (2999|3000)[0-9]{3} ns'
	within 10 is_known
	start_reader step.pcapng
	begin_truth
	both_ways flows
	within 60 all_came
	ok 'after a step of a clock: the reader ends well' stop_reader
	in_truth step.pcapng 1000
}

dmesg_says() {
	dmesg | grep -Eq "$1"
}

# A card that stops to stamp: the software's time, in the same order.
test_unstamped() {
	local stamped
	stamped=$(counter a/unstamped_frames)
	start_reader mixed.pcapng
	hwstamp_ctl -i eth1 -r 0 >/dev/null
	both_ways flows
	within 60 all_came
	ok 'without stamps: the reader ends well' stop_reader
	ok 'they are counted' test "$(counter a/unstamped_frames)" -gt $((stamped + 400))
	ok 'and in order' softtap verify mixed.pcapng
	hwstamp_ctl -i eth1 -r 1 >/dev/null
}

# Cards that cannot: refused, or made the best of; nothing has changed then.
test_incapable() {
	ok 'a card that stamps frames of PTP is refused' not says up --tstamp hw a0
	like 'with the reason' "$(<said)" '--tstamp hw: a0 stamps frames of PTP only: --tstamp sw has'
	ok 'auto does it with the software' says up --tstamp auto a0
	like 'and says so' "$(<said)" '--tstamp auto: a0 stamps frames of PTP only: times are'
	in_a softtap down >/dev/null
}

says() {
	in_a softtap "$@" >/dev/null 2>said
}

test_refused() {
	ok 'sub-buffers have no order of time' not sorts_nothing
	like 'it says why' "$(<said)" 'tap0 has times of its cards, which --order buffer does not sort'
	ok 'policy flight is refused' not write_setting policy flight
	is 'both cards stamp all frames' "$(filter_of eth1) $(filter_of eth2)" '1 1'
	softtap down
	is 'down puts the stamping back' "$(filter_of eth1) $(filter_of eth2)" '0 0'
	ok 'insmod tstamp=hw policy=flight is refused' not load tap=eth1:eth2 tstamp=hw policy=flight
	ok 'with the reason' dmesg_says 'tstamp=hw does not go with policy flight: sw does'
	ok 'so is another word' not load tap=eth1:eth2 tstamp=phc
	ok 'which is told, too' dmesg_says 'tstamp: "phc" is an invalid value: sw or hw'
	ip link add dummy0 type dummy
	load tap=eth1,dummy0 tstamp=hw subbuf_kb=128 subbufs=4
	ok 'a port without a clock is told of' dmesg_says 'dummy0: softtap: has no clock'
	ip link set eth1 up
	within 30 grep -q 1 /sys/class/net/eth1/carrier
	softtap capture -i eth1 -a duration:0.1 -w small.pcapng 2>said
	like 'buffers that are small for sorting are told of' "$(<said)" \
		'records wait 10 ms to be sorted: .* gets all of eth1, make the tap with subbufs=[0-9]+'
	unload
}

sorts_nothing() {
	softtap capture --order buffer -w no.pcapng 2>said
}

# What it is now: hwstamp_ctl tells when it is told nothing.
filter_of() {
	hwstamp_ctl -i "$1" 2>/dev/null | awk '/rx_filter/ { print $2; exit }'
}

write_setting() {
	echo "$2" 2>/dev/null >"/sys/kernel/softtap/tap0/$1"
}

guest() {
	add_namespaces
	sysctl -qw net.core.gro_normal_batch=1	# see cable_topology
	load_nic cards=4 names=a0,eth1,eth2,b0 stamps=ptp,all,all,none
	for host in A:a0 B:b0; do
		ip link set "${host#*:}" netns "${host%:*}"
		ip -n "${host%:*}" link set "${host#*:}" up
	done
	test_incapable
	phc_ctl "$(clock_of eth1)" set 1000 freq 50000 >/dev/null
	phc_ctl "$(clock_of eth2)" -- set 5000000 freq -50000 >/dev/null
	ok 'up, with times of the cards' softtap up --tstamp hw --cpus rx=0-1 eth1 eth2
	within 30 grep -q 1 /sys/class/net/eth2/carrier
	within 10 is_known
	like 'show tells how far their clocks are known' "$(softtap show)" \
		'tstamp +hw: eth1 within [0-9]+ ns, eth2 within [0-9]+ ns'
	rx_a=$(($(counter a/rx_frames) - $(statistic A 'queue_*_tx_frames')))
	rx_b=$(($(counter b/rx_frames) - $(statistic B 'queue_*_tx_frames')))
	test_truth
	test_step
	test_unstamped
	test_killed
	test_refused
}

verify() {
	local port
	for port in 0 3; do
		ok "frames of wire $port: each FCS is right" wire frames wire$port wired$port
	done
	# But for those that were too long in the machine.
	ok 'as on the wire from A, over four queues' frames late "$(saved unstamped a)" wired0 truth.pcapng:0
	ok 'as on the wire from B' frames late "$(saved unstamped b)" wired3 truth.pcapng:1
	file_is_valid truth.pcapng
}

run_test
