#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Seconds: 40
# Covers: kmod/forward.[ch] kmod/port.[ch] userspace/host/features.[ch] userspace/host/queues.[ch]
# Covers: userspace/host/interrupts.[ch] userspace/host/nic.[ch] userspace/host/ethtool.[ch] tests/nic/*
#
# A tap between cards with several queues, rings, interrupts of their own and offloads that are on:
# what is on the wire behind it is what was on the wire before it, FCS included, in order with one
# queue; with four, each flow. softtap up places queues and interrupts, and turns off what changes
# frames; softtap down puts all of it back.
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

machines=('--kernel 6.1 --smp 4' '--kernel 6.12 --smp 4')

prepare() {
	build_nic
	make-frames odd 1 60 1500 frames.a
	make-frames odd 2 60 1500 frames.b
	make-frames flows 3 60 1500 flows.a
	make-frames flows 4 60 1500 flows.b
}

# All that ethtool, tc and /proc/irq tell of the ports.
picture() {
	local port what irq
	for port in eth1 eth2; do
		for what in -k -l -g -a -c -x --show-priv-flags --show-eee; do
			ethtool $what $port
		done
		# Counts go on.
		ip link show $port | sed 's/ state .*//'
		tc qdisc show dev $port
		grep -s . /sys/class/net/$port/queues/*/{xps_cpus,rps_cpus}
		for irq in "/sys/class/net/$port/device/msi_irqs/"*; do
			cat "/proc/irq/${irq##*/}/smp_affinity_list"
		done
	done
}

# interrupts_of PORT - "QUEUE:PROCESSOR" of those that have arrived since interrupts.before
interrupts_of() {
	awk -v port="$1" '
	$NF !~ "^" port "-TxRx-" { next }
	FNR == NR { for (i = 2; i <= 5; i++) before[$NF, i] = $i; next }
	{
		for (i = 2; i <= 5; i++)
			if ($i > before[$NF, i])
				printf "%s%s:%d", n++ ? " " : "", substr($NF, length(port) + 7), i - 2
	}' interrupts.before /proc/interrupts
}

ends_see() {
	local n
	for n in 0 1 2 3; do
		listen $n "$1.card$n"
	done
}

# pass_frames NAME - both ways, captured, and as the wires carry it
pass_frames() {
	local name=$1 before_a before_b
	# Sent before this tap was there.
	before_a=$(($(statistic A 'queue_*_tx_frames') - $(counter a/rx_frames)))
	before_b=$(($(statistic B 'queue_*_tx_frames') - $(counter b/rx_frames)))
	ends_see "$name"
	cat /proc/interrupts >interrupts.before
	start_reader "$name.pcapng"
	both_ways "$name"
	within 60 all_came
	stop_listening
	ok "$name: the reader ends well" stop_reader
	laws_hold
}

# Markers are no part of it, but pass as well.
all_came() {
	[ "$(counter a/tx_frames)" = "$(counter b/rx_frames)" ] &&
		[ "$(counter b/tx_frames)" = "$(counter a/rx_frames)" ] &&
		[ "$(counter a/rx_frames)" = $(($(statistic A 'queue_*_tx_frames') - before_a)) ] &&
		[ "$(counter b/rx_frames)" = $(($(statistic B 'queue_*_tx_frames') - before_b)) ]
}

with_one_queue() {
	ok 'up, with one queue and interrupts on processor 2' \
		softtap up --queues 1 --cpus rx=2,reader=3 eth1 eth2
	is 'the ports have one queue' "$(ethtool -l eth1 | awk '/^Combined/ { n = $2 } END { print n }')" 1
	is 'flow control is off' "$(ethtool -a eth1 | grep -c off)" 3
	is 'so is EEE' "$(ethtool --show-eee eth1 | grep -c 'EEE status: disabled')" 1
	is 'rings are as large as they can be' "$(rings eth1)" '4096 4096'
	is 'the firmware does not speak LLDP' \
		"$(ethtool --show-priv-flags eth1 | awk '$1 == "fw-lldp-agent" { print $NF }')" off
	is 'its latency is as it was' "$(ethtool -c eth1 | awk '$1 == "rx-usecs:" { print $2 }')" 77
	like 'show tells it' "$(softtap show)" \
		'flow control rx off tx off, EEE off, rings rx 4096 tx 4096, rx-usecs 77'
	is 'show -j too' "$(softtap show -j | jq -c '.taps[0].a.nic.pause')" \
		'{"autoneg":"off","rx":"off","tx":"off"}'
	is 'what merges frames is off' \
		"$(ethtool -k eth1 | grep -E '^(generic-receive-offload|large-receive-offload|rx-gro-hw): on')" ''
	within 30 grep -q 1 /sys/class/net/eth2/carrier
	pass_frames frames
	is "eth1's one queue is served by processor 2" "$(interrupts_of eth1)" 0:2
	is "eth2's too" "$(interrupts_of eth2)" 0:2
	softtap down
}

# As many as there are, of the kinds that ethtool -g tells last.
rings() {
	ethtool -g "$1" | awk '/^Current/ { now = 1 } now && /^RX:/ { rx = $2 } now && /^TX:/ { tx = $2 } END { print rx, tx }'
}

with_four_queues() {
	softtap up --cpus rx=0-3 --rings keep --latency low eth1 eth2 2>up.log
	is 'rings can be kept' "$(rings eth1)" '1024 256'
	is 'and latency be low' "$(ethtool -c eth1 | awk '$1 == "rx-usecs:" { print $2 }')" 0
	within 30 grep -q 1 /sys/class/net/eth2/carrier
	pass_frames flows
	like 'four queues are served by four processors' "$(interrupts_of eth1)" '0:0 1:1 2:2 3:3'
	softtap down
}

# What a driver keeps on all the same is told, and hinders nothing.
with_kept_feature() {
	ethtool -K eth1 rx-vlan-hw-parse on
	ethtool --set-priv-flags eth1 keep-vlan on
	ok 'up on a port whose driver keeps a feature on' up_that_says
	like 'says which' "$(<said)" \
		'eth1: its driver does not switch rx-vlan-hw-parse off, which changes frames'
	softtap down
	ethtool --set-priv-flags eth1 keep-vlan off
}

up_that_says() {
	softtap up eth1 eth2 2>said
}

guest() {
	add_namespaces
	sysctl -qw net.core.gro_normal_batch=1	# see cable_topology
	load_nic cards=4 names=a0,eth1,eth2,b0 drivers=igb,igc,ixgbe,igb
	for host in A:a0 B:b0; do
		ip link set "${host#*:}" netns "${host%:*}"
		ip netns exec "${host%:*}" ethtool -K "${host#*:}" gro off
		ip netns exec "${host%:*}" ethtool -L "${host#*:}" combined 1
		ip -n "${host%:*}" link set "${host#*:}" up
	done
	ethtool -C eth1 rx-usecs 77
	ethtool -G eth2 rx 1024
	ethtool -G eth1 rx 1024 tx 256
	ethtool -A eth1 autoneg on rx on tx on
	ethtool --set-eee eth1 eee on
	ip link set eth1 up
	ip link set eth2 up
	within 30 grep -q up /sys/class/net/eth1/operstate
	within 30 grep -q up /sys/class/net/eth2/operstate
	picture >before
	with_one_queue
	picture >between
	with_four_queues
	picture >after
	ok 'down puts back what was there' diff before between
	ok 'again' diff before after
	with_kept_feature
	rmmod testnic
}

# wired NAME CARD - the frames on that wire, without FCS, which was right
wired() {
	ok "$1: each FCS on wire $2 is right" wire frames "$1.card$2" "$1.wired$2"
}

verify() {
	local name how=same card
	for name in frames flows; do
		for card in 0 1 2 3; do
			wired $name $card
		done
		ok "$name: from A to B, wire to wire" frames $how $name.wired0 $name.wired2
		ok "$name: from B to A, wire to wire" frames $how $name.wired3 $name.wired1
		ok "$name: the capture has those of A" frames $how $name.wired0 $name.pcapng:0
		ok "$name: the capture has those of B" frames $how $name.wired3 $name.pcapng:1
		file_is_valid $name.pcapng
		how=flows
	done
}

run_test
