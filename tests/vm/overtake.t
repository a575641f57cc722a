#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Seconds: 40
# Covers: kmod/transmit.[ch] kmod/compat/compat.h
#
# A frame never overtakes another in a port's qdisc, by whichever of the two ways it goes, while other
# processors fill that qdisc. Every second frame has a VLAN tag and goes through the stack, which may
# park it where the qdisc's length does not tell of it (Linux 6.19 and later); the one behind it would
# go past the qdisc, if that were empty. The far end of eth2 has one queue, in order; a veth has one for
# each processor that sends.
#
#	 namespace A              this machine              namespace B
#	+-----------+       +-----------------------+       +-----------+
#	|        a0 +- veth + eth1   softtap   eth2 + card -+ b0        |
#	+-----------+       +-----------------------+       +-----------+
#	 processor 1             processors 0 and 2 send out of eth2, too
#
# Processors of the test machine take turns, of 0.1 s. It goes wrong when 0 loses its turn with the
# qdisc's lock, 2 waits for that with frames of all, 0 gives it back, and 1, which had nothing to send
# so far, has several frames: so those come in bursts. One run in three finds it, with --long each.
. "$(dirname "$0")/../lib/test.sh"
. "$tests/lib/captures.sh"

# What is seen of all rounds has to have room.
machines=("--kernel 6.12 --smp 3 --mem $(count 1024 6144) --nic virtio-net-pci --nic virtio-net-pci")
rounds=$(count 1 20)
timeout=$(count 300 3600)
fillers=(0 2)

prepare() {
	local cpu
	make-frames ways 1 60 1500 frames
	for cpu in "${fillers[@]}"; do
		make-frames plain "2$cpu" 60 100 "filling.$cpu"
	done
}

# Until the file is gone.
fill() {
	while [ -e filling ]; do
		taskset -c "$1" send-frames eth2 "$SOFTTAP_OUT/filling.$1"
	done
}

frames_pass() {
	local cpu round fill=()
	touch filling
	for cpu in "${fillers[@]}"; do
		fill "$cpu" &
		fill+=($!)
	done
	for ((round = 0; round < rounds; round++)); do
		in-netns -c 1 A send-frames a0 "$SOFTTAP_OUT/frames" 50 20
	done
	rm filling
	wait "${fill[@]}"
}

topology() {
	add_namespaces
	modprobe veth
	ip link set eth0 name eth2
	ip link set eth1 netns B name b0
	ip link add a0 netns A type veth peer name eth1
	links_up
	within 30 in_b grep -q up /sys/class/net/b0/operstate
}

guest() {
	topology
	tc qdisc replace dev eth2 root pfifo limit 100000
	sysctl -qw net.core.qdisc_max_burst=100000 2>/dev/null || :	# of those it parks
	load tap=eth1:eth2 guard=0
	start_watchers
	frames_pass
	stop_watchers
	is 'the queue lost nothing' "$(tc -s qdisc show dev eth2 | sed -n 's/.*(dropped \([0-9]*\),.*/\1/p')" 0
	laws_hold
	unload
}

verify() {
	tcpdump -n -r b.in -w passed ether src 02:00:00:00:00:01 2>/dev/null
	ok 'what left is what came, in order' frames same a.out passed
	is 'there were all of them' "$(frames count passed)" $((rounds * 1000))
	ok 'others filled the queue meanwhile' [ "$(frames count b.in)" -gt $((rounds * 2000)) ]
}

run_test
