#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Seconds: 24
# Covers: kmod/transmit.[ch] kmod/port_guard.[ch] kmod/compat/*
#
# What an administrator hangs on a port's egress holds for all frames that the tap forwards or for
# none, whichever way a frame leaves: netfilter's rules for none, tc's and qdiscs for all. On a kernel
# without the mark by which frames pass netfilter, its rules hold for all.
#
#	 namespace A             this machine             namespace B
#	+-----------+      +-----------------------+      +-----------+
#	| sends  a0 +------+ eth1   softtap   eth2 +------+ b0        |
#	+-----------+      +-----------------------+      +-----------+

# shellcheck source=tests/lib/test.sh
. "$(dirname "$0")/../lib/test.sh"
. "$tests/lib/variant.sh"

machines=('--kernel 6.1' '--kernel 6.12')

# A thousand frames, and their bytes; and the module as for a kernel without the mark.
prepare() {
	make-frames plain 1 60 1500 plain.a
	capinfos -TrM -d plain.a | cut -f 2 >bytes
	build_variant no-mark -DSOFTTAP_WITHOUT_EGRESS_MARK
}

# Each way to send some: whole; with a tag, which the stack takes out; with a checksum to finish; as
# super-frames to split.
kinds=(plain tagged partial super)

declare -A sent=([plain]=1000 [tagged]=1000 [partial]=110 [super]=110)

send_kind() {
	case $1 in
	plain) send A "$SOFTTAP_OUT/plain.a" ;;
	tagged) in_a send-frames a0.5 "$SOFTTAP_OUT/plain.a" ;;
	partial) in_a exchange-data datagrams shouter 192.0.2.2 ;;
	super) in_a exchange-data udp-segments shouter 192.0.2.2 ;;
	esac
}

# Nobody answers.
sender() {
	ip -n A -batch - <<-'END'
		addr add 192.0.2.1/24 dev a0
		neigh add 192.0.2.2 lladdr 02:00:00:00:00:0b dev a0
		link add a0.5 link a0 up type vlan id 5
	END
}

arrived() {
	local now
	sum now a/rx_frames
	[ "$now" -ge "$1" ]
}

# pass_on KIND - sets gone and dropped: of its frames
pass_on() {
	local kind=$1 received before_gone before_dropped
	sum received a/rx_frames
	sum before_gone b/tx_frames
	sum before_dropped b/tx_dropped
	send_kind "$kind"
	within 30 arrived $((received + sent[$kind]))
	sum gone b/tx_frames
	sum dropped b/tx_dropped
	gone=$((gone - before_gone)) dropped=$((dropped - before_dropped))
}

all_leave() {
	local kind gone dropped
	for kind in "${kinds[@]}"; do
		pass_on "$kind"
		is "$1, $kind: all frames leave" "$gone $dropped" "${sent[$kind]} 0"
	done
}

all_are_dropped() {
	local kind gone dropped
	for kind in "${kinds[@]}"; do
		pass_on "$kind"
		is "$1, $kind: all frames are dropped" "$gone $dropped" "0 ${sent[$kind]}"
	done
}

rule() {
	nft -f - <<-'END'
		table netdev admin {
			counter seen { }
			chain leaving {
				type filter hook egress device eth2 priority 0; policy drop
				counter name seen
			}
		}
	END
}

seen_by_rule() {
	nft list counter netdev admin seen | grep -oP '(?<=packets )[0-9]+'
}

with_netfilter() {
	rule
	all_leave "$1, a rule of netfilter"
	is "$1: the rule sees no frame of the tap" "$(seen_by_rule)" 0
	nft delete table netdev admin
}

with_tc() {
	tc qdisc add dev eth2 clsact
	tc filter add dev eth2 egress matchall action drop
	all_are_dropped "$1, a filter of tc"
	tc qdisc del dev eth2 clsact
}

# Sets packets and bytes.
counted_by_qdisc() {
	read -r bytes packets < <(tc -s qdisc show dev eth2 root |
		grep -oP 'Sent \K[0-9]+ bytes [0-9]+' | sed 's/bytes //')
}

# A size table says how much longer a frame is on the wire.
with_qdisc() {
	local kind bytes packets gone dropped
	for kind in "${kinds[@]}"; do
		tc qdisc replace dev eth2 root stab overhead 100 pfifo
		pass_on "$kind"
		counted_by_qdisc
		is "$1, a qdisc, $kind: all frames leave" "$gone $dropped" "${sent[$kind]} 0"
		is "$1, a qdisc, $kind: it counts all" "$packets" "${sent[$kind]}"
		[ "$kind" != plain ] ||
			is "$1, a qdisc with a size table" "$bytes" $(($(<"$SOFTTAP_OUT/bytes") + 100000))
		tc qdisc del dev eth2 root
	done
}

# as_guarded GUARD
as_guarded() {
	load tap=eth1:eth2 "guard=$1"
	with_netfilter "guard=$1"
	with_tc "guard=$1"
	[ "$1" = 0 ] || with_qdisc "guard=$1"
	laws_hold
	unload
}

without_mark() {
	insmod "$SOFTTAP_OUT/no-mark.ko" tap=eth1:eth2 guard=0
	rule
	all_are_dropped 'no mark, a rule of netfilter'
	nft delete table netdev admin
	all_leave 'no mark, no rule'
	with_tc 'no mark'
	laws_hold
	unload
}

guest() {
	veth_topology
	sender
	as_guarded 0
	as_guarded 1
	without_mark
}

run_test
