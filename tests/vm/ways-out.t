#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Seconds: 25
# Covers: kmod/forward.[ch] kmod/transmit.[ch]
#
# A frame leaves by the driver at once, or through the stack where something hangs on the port.
# What hangs there gets to see all of it, and whatever comes and goes meanwhile, not one number is
# missing, late or doubled.
#
#	 namespace A             this machine             namespace B
#	+-----------+      +-----------------------+      +-----------+
#	| flood  a0 +------+ eth1   softtap   eth2 +------+ b0  flood |
#	+-----------+      +-----------------------+      +-----------+

# shellcheck source=tests/lib/test.sh
. "$(dirname "$0")/../lib/test.sh"
# shellcheck source=tests/tools/flood.sh
. "$tests/tools/flood.sh"

machines=('--kernel 6.1 --smp 2' '--kernel 6.12 --smp 2')
rounds=$(count 4 100)

# seen NAME PATTERN COMMAND… - what hangs on a port says, by a number that PATTERN picks, that
# frames passed
seen() {
	local name=$1 pattern=$2 number
	shift 2
	frames_pass tx_frames 1000
	number=$("$@" | grep -oPm 1 "$pattern" || echo 0)
	is "$name saw what left ($number)" "$([ "$number" -ge 1000 ] && echo yes)" yes
}

# A qdisc that comes or goes, clsact too, stops the port for a moment (qdisc_graft()): frames are
# lost then, and counted.
change_qdisc() {
	begin_gap
	tc qdisc "$@"
	end_gap
}

with_pfifo() {
	change_qdisc replace dev eth2 root pfifo
	seen 'a pfifo' '(?<=bytes )[0-9]+(?= pkt)' tc -s qdisc show dev eth2 root
}

without_pfifo() {
	change_qdisc replace dev eth2 root noqueue
	frames_pass tx_frames 100
}

with_filter() {
	change_qdisc add dev eth2 clsact
	tc filter add dev eth2 egress matchall action ok
	seen 'a filter for what leaves' '(?<=bytes )[0-9]+(?= pkt)' tc -s filter show dev eth2 egress
	switch_guard
	change_qdisc del dev eth2 clsact
	frames_pass tx_frames 100
}

with_listener() {
	timeout 60 tcpdump -ni eth2 -Q out -c 1000 -w listened </dev/null 2>listened.log || :
	is 'a packet socket saw what left' "$(grep -c '^1000 packets captured' listened.log)" 1
	frames_pass tx_frames 100
}

# The tap's own frames pass it in any case.
switch_guard() {
	echo 0 >$sysfs/tap0/guard
	frames_pass tx_frames 100
	echo 1 >$sysfs/tap0/guard
	frames_pass tx_frames 100
}

one_round() {
	switch_guard
	with_filter
	with_listener
	with_pfifo
	with_filter
	with_listener
	without_pfifo
}

# The first filter, hook and listener of a machine patch the kernel's code. The emulator at times
# goes on executing what was there, for ever, if that happens under traffic: so they are here.
patch_code() {
	nft -f - <<-'END'
		table netdev first {
			chain leaving {
				type filter hook egress device lo priority 0
			}
		}
	END
	tc qdisc add dev lo clsact
	tcpdump -ni lo -w lo.pcap </dev/null 2>lo.log &
	first_listener=$!
	within 30 grep -q 'listening on' lo.log
}

guest() {
	veth_topology
	patch_code
	load tap=eth1:eth2
	start_flood
	frames_pass tx_frames 100
	for ((round = 0; round < rounds; round++)); do
		one_round
	done
	stop_flood
	kill -INT $first_listener
	wait $first_listener
	flood_is_good
	laws_hold
	is "the guard stopped nothing of the tap's" "$(add_up a/blocked_frames b/blocked_frames)" 0
	ok 'the module can be unloaded' unload
}

run_test
