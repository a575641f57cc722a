#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Seconds: 20
# Covers: userspace/host/takers.[ch] userspace/host/link.[ch]
# Covers: userspace/commands/show.c userspace/commands/stat.c userspace/commands/up.c
#
# What stands before the tap and eats frames is named by up, show and stat, and what it has dropped is
# told where the kernel counts it: XDP programs (native and generic), tc filters, nft chains. All of
# them drop everything, so that the far end gets nothing.
#
#	 namespace A              this machine              namespace B
#	+-----------+  veth  +-----------------------+  veth  +-----------+
#	|        a0 +--------+ eth1   softtap   eth2 +--------+ b0        |
#	+-----------+        +-----------------------+        +-----------+

# shellcheck source=tests/lib/test.sh
. "$(dirname "$0")/../lib/test.sh"
. "$tests/lib/guest.sh"

machines=('--kernel 6.1 --smp 2' '--kernel 6.12 --smp 2')

xdp=

start_xdp() {
	attach-xdp "$1" eth1 >attached 2>&1 &
	xdp=$!
	within 10 grep -q attached attached
}

stop_xdp() {
	kill "$xdp"
	wait "$xdp" 2>/dev/null || :
}

start_clsact() {
	tc qdisc add dev eth1 clsact
	tc filter add dev eth1 ingress matchall action drop
}

stop_clsact() {
	tc qdisc del dev eth1 clsact
}

# start_nft FAMILY
start_nft() {
	nft -f - <<-END
		table $1 eater {
			chain mouth {
				type filter hook ingress device eth1 priority 0
				ip saddr 192.0.2.77 counter drop
				counter accept
			}
		}
	END
}

stop_nft() {
	nft delete table "$1" eater
}


# eats WHAT COUNTED START STOP - words of show; the line of stat, but for its beginning
eats() {
	local what=$1 counted=$2 before
	"${@:3:2}"
	softtap up eth1 eth2 >said 2>warned
	like "$what: up warns" "$(<warned)" \
		"^softtap: warning: eth1: $what comes before the tap, which neither sees nor counts what that drops\$"
	like "$what: show" "$(softtap show)" "before the tap: $what"
	like "$what: show as JSON" "$(softtap show -j | jq -r '.taps[].a.before_tap[]')" "^$what\$"
	before=$(add_up a/rx_frames)
	in_a ping -q -i 0.2 192.0.2.9 >/dev/null &
	within 30 has_dropped "$what" "$counted"
	kill $!
	wait $! 2>/dev/null || :
	is "$what: the tap gets none of them" "$(add_up a/rx_frames)" "$before"
	like "$what: stat" "$(softtap stat)" "  eth1, $what: $counted"
	softtap down >said
	"${@:5:2}"
}

has_dropped() {
	sleep 1
	softtap stat | grep -qE "  eth1, $1: $2"
}

guest() {
	modprobe veth
	modprobe nf_tables
	add_namespaces
	ip -batch - <<-'END'
		link add a0 netns A type veth peer name eth1
		link add b0 netns B type veth peer name eth2
	END
	ip -n A addr add 192.0.2.77/24 dev a0
	ip -n A link set a0 up
	ip -n A neigh add 192.0.2.9 lladdr 02:00:00:00:00:09 dev a0
	ip -n B link set b0 up
	eats 'XDP program [0-9]+ \(native\)' '[1-9][0-9]* \(ethtool -S eth1, xdp_drop\)' \
		start_xdp native stop_xdp ''
	eats 'XDP program [0-9]+ \(generic\)' unknown start_xdp generic stop_xdp ''
	eats 'tc filters \(ingress or clsact\)' '[1-9][0-9]* \(tc -s qdisc show dev eth1\)' \
		start_clsact '' stop_clsact ''
	eats 'nft chain netdev eater mouth' '[1-9][0-9]* \(nft list chain netdev eater mouth\)' \
		start_nft netdev stop_nft netdev
	eats 'nft chain inet eater mouth' '[1-9][0-9]* \(nft list chain inet eater mouth\)' \
		start_nft inet stop_nft inet
	softtap up eth1 eth2 >said 2>warned
	is 'nothing before the tap: no warning' "$(<warned)" ''
	is 'nothing before the tap: nothing is listed' "$({ softtap show; softtap stat; } | grep -c 'before the tap')" 0
	softtap down >said
	log_is_clean
}

run_test
