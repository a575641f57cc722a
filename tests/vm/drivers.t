#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Seconds: 1
# Covers: kmod/forward.[ch] kmod/transmit.[ch] kmod/capture.[ch]
#
# With --long: frames of every layer that scapy has, over each card that the emulator makes and that
# Debian has a driver for. What the tap has received it records and sends, byte for byte, in order;
# and the far end gets of it what it gets of what tc mirred sends between the same two cards: where
# that differs it is the driver's or the emulated card's own. One of them (i82559er) sends what an
# earlier frame has left behind a shorter one; a driver (vmxnet3) drops what its headers belie.
#
#	 namespace A                this machine                 namespace B
#	+-----------+         +----------------------+          +-----------+
#	| eth0 = a0 +---------+ eth1   tap or   eth2 +----------+ b0 = eth3 |
#	+-----------+  cable  +--------mirred--------+  cable   +-----------+
#	  virtio-net              the driver's cards              virtio-net

# shellcheck source=tests/lib/test.sh
. "$(dirname "$0")/../lib/test.sh"
. "$tests/lib/captures.sh"

[ "${SOFTTAP_LONG:-}" ] || [ "${SOFTTAP_MACHINE:-}" ] || {
	echo '1..0 # SKIP takes minutes: with --long'
	exit
}

cards() {
	local end=virtio-net-pci
	printf -- ' --nic %s' "$end" "$1" "$1" "$end"
}

machines=()
for model in e1000 e1000e virtio-net-pci vmxnet3 rtl8139 tulip pcnet i82559er; do
	machines+=("--kernel 6.12$(cards $model)")
done
timeout=600
rate=1000	# frames a second, as cards of 1995 take them here

# Those that fit into every card without a tag.
once() {
	tshark -n -r "$(scapy_frames)/frames.pcap" -Y 'frame.len >= 60 && frame.len <= 1514' \
		-F pcap -w corpus.a 2>/dev/null
	ok "there are $(frames count corpus.a+) of them" [ "$(frames count corpus.a+)" -gt 10000 ]
}

prepare() {
	cp "$SOFTTAP_SHARED/corpus.a" .
	cp corpus.a corpus.b
}

redirect() {
	tc qdisc add dev "$1" clsact
	tc filter add dev "$1" ingress matchall action mirred egress redirect dev "$2"
	ip link set "$1" promisc on
}

# pass_corpus NAME - the corpus, both ways: what leaves eth1 and eth2, and what arrives beyond
pass_corpus() {
	local file
	start_watchers
	watch_port eth2 out
	watch_port eth1 out
	both_ways corpus $rate
	stop_watchers
	for file in eth2.out eth1.out b.in a.in; do
		mv $file "$1.$file"
	done
}

guest() {
	local port
	for port in eth1 eth2; do
		ethtool -K $port rxvlan off txvlan off 2>/dev/null || :
		ethtool -K $port gro off gso off tso off 2>/dev/null || :
	done
	card_topology
	redirect eth1 eth2
	redirect eth2 eth1
	pass_corpus mirred
	for port in eth1 eth2; do
		tc qdisc del dev $port clsact
		ip link set $port promisc off
	done
	load tap=eth1:eth2 subbufs=128
	start_reader capture.pcapng
	pass_corpus tap
	ok 'the reader ends well' stop_reader
	laws_hold
	is 'nothing was lost' "$(counter a/lost_frames) $(counter b/lost_frames)" '0 0'
	unload
}

# direction FROM TO INTERFACE PORT - a card loses some when the machine is busy
direction() {
	ok "$1 to $2: the tap sends what it records" \
		frames same "capture.pcapng:$3" "tap.$4.out"
	ok "$1 to $2: of that arrives what arrives of what tc mirred sends" \
		frames alike "mirred.$4.out" "mirred.$2.in" "tap.$4.out" "tap.$2.in"
	frames same "corpus.$1" "tap.$2.in" >differs 2>&1 ||
		diag "$1 to $2: the card's or driver's own: $(head -n 1 differs)"
}

verify() {
	direction a b 0 eth2
	direction b a 1 eth1
	file_is_valid capture.pcapng
}

run_test
