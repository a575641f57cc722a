#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Seconds: 46
# Covers: kmod/forward.[ch] kmod/transmit.[ch] userspace/host/queues.[ch]
# Covers: userspace/host/interrupts.[ch] userspace/host/placement.[ch]
#
# In order, on 1, 2 and 4 processors. Between cards with one queue each, whose interrupts softtap
# up has placed on the last processor: all that leaves one host comes to the other in that order,
# across flows, while both send several flows from several processors at once, as fast as the cards
# take them; and no TCP segment overtakes another. Between veth pairs, whose frames are handled
# where they are sent: each flow by itself.
#
#	 namespace A              this machine              namespace B
#	+-----------+       +-----------------------+       +-----------+
#	|        a0 +-------+ eth1   softtap   eth2 +-------+ b0        |
#	+-----------+       +-----------------------+       +-----------+

# shellcheck source=tests/lib/test.sh
. "$(dirname "$0")/../lib/test.sh"
. "$tests/lib/captures.sh"

cards='--nic virtio-net-pci'
cards="$cards $cards $cards $cards"
machines=("--kernel 6.1 --smp 1 $cards" "--kernel 6.1 --smp 2 $cards"
	"--kernel 6.12 --smp 4 $cards" "--kernel 6.1 --smp 4" "--kernel 6.12 --smp 2")
flows=4

has_cards() {
	[[ $SOFTTAP_MACHINE == *--nic* ]]
}

once() {
	local flow
	for ((flow = 1; flow <= flows; flow++)); do
		make-frames plain 1$flow 60 1500 flow$flow.a
		make-frames plain 2$flow 60 1500 flow$flow.b
	done
}

prepare() {
	cp "$SOFTTAP_SHARED"/* .
}

# Each flow from a processor of its own, as far as there are.
send_flows() {
	local flow host senders=()
	for ((flow = 1; flow <= flows; flow++)); do
		for host in A B; do
			taskset -c $((flow % $(nproc))) ip netns exec $host send-frames \
				${host,,}0 "$SOFTTAP_OUT/flow$flow.${host,,}" &
			senders+=($!)
		done
	done
	wait "${senders[@]}"
}

# TCP says so when a segment comes before one that was sent earlier.
transfer() {
	give_addresses
	in_b iperf3 -s -1 --forceflush >iperf.log 2>&1 </dev/null &
	within 60 grep -q listening iperf.log
	ok 'a TCP transfer' timeout 120 ip netns exec A \
		iperf3 -c 192.0.2.2 -P 2 -n "$(count 2M 40M)"
	take_addresses
	is 'TCP: no segment overtook another' \
		"$(in_b nstat -asz TcpExtTCPOFOQueue | awk '/OFO/ { print $2 }')" 0
}

between_cards() {
	card_topology
	softtap up --queues 1 --cpus "rx=$(($(nproc) - 1)),reader=0" eth1 eth2
	start_watchers
	start_reader capture.pcapng
	send_flows
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
	local same=flows how='each flow in order'
	! has_cards || same=same how='all in order, across flows'
	ok "a to b: $how, at the far end" frames $same a.out b.in
	ok "b to a: $how, at the far end" frames $same b.out a.in
	ok "the capture has what A sent, $how" frames $same a.out capture.pcapng:0
	ok "the capture has what B sent, $how" frames $same b.out capture.pcapng:1
	ok 'there were all of them' [ "$(frames count a.out)" -ge $((flows * 1000)) ]
	file_is_valid capture.pcapng
}

run_test
