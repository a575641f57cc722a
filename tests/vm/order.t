#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Seconds: 200
# Covers: kmod/forward.[ch] kmod/transmit.[ch] userspace/host/queues.[ch]
# Covers: userspace/host/interrupts.[ch] userspace/host/placement.[ch]
#
# In order, on 1, 2 and 4 processors. Between cards with one queue each, whose interrupts softtap
# up has placed on the last processor: all that a port receives leaves in that order, across flows,
# while both hosts send several flows from several processors at once; and no TCP segment overtakes
# another. Between veth pairs, whose frames are handled where they are sent: each flow by itself.
#
#	 namespace A              this machine              namespace B
#	+-----------+       +-----------------------+       +-----------+
#	|        a0 +-------+ eth1   softtap   eth2 +-------+ b0        |
#	+-----------+       +-----------------------+       +-----------+

# shellcheck source=tests/lib/test.sh
. "$(dirname "$0")/../lib/test.sh"
. "$tests/lib/captures.sh"

cards='--nic virtio-net-pci,rx_queue_size=1024'
cards="$cards $cards $cards $cards"
machines=("--kernel 6.1 --smp 1 $cards" "--kernel 6.1 --smp 2 $cards"
	"--kernel 6.12 --smp 4 $cards" "--kernel 6.1 --smp 4" "--kernel 6.12 --smp 2")
flows=4
rate=$((250 / slowness))	# frames a second and flow; the emulator's cables carry 1000 in order

has_cards() {
	[[ $SOFTTAP_MACHINE == *--nic* ]]
}

prepare() {
	local flow
	for ((flow = 1; flow <= flows; flow++)); do
		make-frames plain 1$flow 60 1500 flow$flow.a
		make-frames plain 2$flow 60 1500 flow$flow.b
	done
}

# Each flow from a processor of its own, as far as there are.
send_flows() {
	local flow host senders=()
	for ((flow = 1; flow <= flows; flow++)); do
		for host in A B; do
			taskset -c $((flow % $(nproc))) ip netns exec $host send-frames \
				${host,,}0 "$SOFTTAP_OUT/flow$flow.${host,,}" "$@" &
			senders+=($!)
		done
	done
	wait "${senders[@]}"
}

# TCP says so when a segment comes before one that was sent earlier. As fast as the cables carry.
transfer() {
	give_addresses
	in_b iperf3 -s -1 --forceflush >iperf.log 2>&1 </dev/null &
	within 60 grep -q listening iperf.log
	ok 'a TCP transfer' timeout 120 ip netns exec A \
		iperf3 -c 192.0.2.2 -b 4M -P 2 -n "$(count 2M 40M)"
	take_addresses
	is 'TCP: no segment overtook another' \
		"$(in_b nstat -asz TcpExtTCPOFOQueue | awk '/OFO/ { print $2 }')" 0
}

between_cards() {
	local last=$(($(nproc) - 1)) port
	card_topology 1024
	softtap up --queues 1 --cpus "rx=$last,reader=0" eth1 eth2
	for port in eth1 eth2; do
		watch_port $port in
		watch_port $port out
	done
	start_watchers
	start_reader capture.pcapng
	send_flows $rate
	transfer
}

between_veths() {
	veth_topology
	softtap up eth1 eth2
	start_watchers
	start_reader capture.pcapng
	send_flows
}

guest() {
	if has_cards; then between_cards; else between_veths; fi
	stop_watchers
	ok 'the reader ends well' stop_reader
	laws_hold
	softtap down
}

verify() {
	if has_cards; then
		ok 'eth2 sends what eth1 received, in order' frames same eth1.in eth2.out
		ok 'eth1 sends what eth2 received, in order' frames same eth2.in eth1.out
		ok 'the capture is what eth1 received, in order' frames same eth1.in capture.pcapng:0
		ok 'the capture is what eth2 received, in order' frames same eth2.in capture.pcapng:1
	fi
	ok 'a to b: each flow is in order, at the far end' frames flows a.out b.in
	ok 'b to a: each flow is in order, at the far end' frames flows b.out a.in
	ok 'the capture has each flow of A in order' frames flows a.out capture.pcapng:0
	ok 'the capture has each flow of B in order' frames flows b.out capture.pcapng:1
	ok 'there were all of them' [ "$(frames count a.out)" -ge $((flows * 1000)) ]
	file_is_valid capture.pcapng
}

run_test
