#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Seconds: 24
# Covers: tests/unit/faults.c userspace/commands/up.c userspace/commands/down.c userspace/host/* userspace/lib/*
# Covers: userspace/tap/module.[ch] userspace/tap/readers.[ch]
#
# softtap up and down on this machine, without the module: both ports are as they were in the end, also
# after either was killed at any point. In namespaces of its own (network, processes, mounts):
#
#	  p0 ==veth== q0	p1 ==veth== q1		the ports, and their cables' other ends
#
# $SOFTTAP_SYSFS is a directory of files that a faked modprobe makes, and a process plays the module.
# Programs that softtap runs are found in $bin first. They, and what is preloaded into softtap
# (faults.c), count what it changes, and kill it after any of that when told to.
# Most of the time is waiting, for links and addresses: several tests run at a time, each of them in
# namespaces of its own; $SOFTTAP_TESTS names those wanted.
set -euo pipefail

tests=$(cd "$(dirname "$0")/.." && pwd)
. "$tests/lib/tap.sh"

softtap=$tests/../userspace/softtap
work=$(mktemp -d /tmp/softtap-unit.XXXXXX)
bin=$work/bin
export SOFTTAP_CALLS=$work/calls SOFTTAP_HANDLED=$work/handled
export FAULTS=${FAULTS:-$work/faults.so}	# each test runs in a process of its own
export SOFTTAP_RUN=$work/run SOFTTAP_SYSTEM_RUN=$work/system-run SOFTTAP_SYSFS=$work/sys/softtap
unset SSH_CONNECTION SOFTTAP_KO

trap 'rm -rf "$work"' EXIT	# what runs still ends with the first process of the namespace

# --- What softtap finds in the place of a module and of programs ------------------------------------

write_programs() {
	local program
	mkdir -p "$bin" "$work/sys" "$work/real"
	cat >"$work/real/modprobe" <<-'END'
		#!/bin/sh
		set -eu
		rm -rf "$SOFTTAP_SYSFS.new"	# of one that was killed
		mkdir -p "$SOFTTAP_SYSFS.new"
		mkfifo "$SOFTTAP_SYSFS.new/remove" "$SOFTTAP_SYSFS.new/add"
		echo 1 >"$SOFTTAP_SYSFS.new/version"
		make_tap "$SOFTTAP_SYSFS.new/tap0" "${2#tap=}"
		mv "$SOFTTAP_SYSFS.new" "$SOFTTAP_SYSFS"
	END
	cat >"$work/real/rmmod" <<-'END'
		#!/bin/sh
		mv "$SOFTTAP_SYSFS" "$SOFTTAP_SYSFS.old"
		# Whoever waits for a writer of these would wait for ever.
		for file in add remove; do : 3<>"$SOFTTAP_SYSFS.old/$file"; done
		rm -rf "$SOFTTAP_SYSFS.old"
	END
	cat >"$bin/make_tap" <<-'END'
		#!/bin/sh
		set -eu
		mkdir -p "$1/a"
		echo running >"$1/state"
		echo "${2%%:*}" >"$1/a/ifname"
		case $2 in *:*) mkdir -p "$1/b" && echo "${2##*:}" >"$1/b/ifname" ;; esac
	END
	# Each run counts among softtap's requests: faults.c.
	cat >"$bin/program" <<-END
		#!/bin/bash
		echo x >>"$SOFTTAP_CALLS"
		call=\$(wc -l <"$SOFTTAP_CALLS")
		[ "\${KILL_AT:-}" != 0 ] || { kill -KILL \$PPID; exit 1; }
		[ "\$call" != "\${FAIL_AT:-}" ] || { echo "broken on purpose"; exit 1; }
		name=\${0##*/}
		real=$work/real/\$name
		[ -x "\$real" ] || real=/usr/sbin/\$name
		[ -x "\$real" ] || real=/sbin/\$name
		[ "\$call" != "\${INTERRUPT_AT:-}" ] || kill -INT \$PPID
		"\$real" "\$@"
		status=\$?
		[ "\$call" != "\${KILL_AT:-}" ] || kill -KILL \$PPID
		exit \$status
	END
	chmod +x "$work"/real/* "$bin"/*
	for program in modprobe rmmod; do
		ln -s program "$bin/$program"
	done
}

# Plays the module's files add and remove.
play_module() {
	local file=$1 name
	while :; do
		# One that rmmod takes away just then would be waited for without an end.
		if [ -p "$SOFTTAP_SYSFS/$file" ] &&
			name=$(timeout 5 cat "$SOFTTAP_SYSFS/$file") && [ "$name" ]; then
			case $file in
			remove) rm -rf "${SOFTTAP_SYSFS:?}/$name" ;;
			add) make_tap "$SOFTTAP_SYSFS/tap1" "$name" ;;
			esac
			echo x >>"$SOFTTAP_HANDLED"
		else
			sleep 0.02
		fi
	done 2>/dev/null
}

# softtap, with what it changes counted from 1; $status and $answer are what came of it
run() {
	: >"$SOFTTAP_CALLS"
	status=0
	answer=$(timeout 60 env LD_PRELOAD="$FAULTS" "$softtap" "$@" 2>&1 </dev/null) || status=$?
}

calls() {
	wc -l <"$SOFTTAP_CALLS"
}

# --- The ports ----------------------------------------------------------------------------------------

/ip() {
	/usr/sbin/ip "$@"
}

make_ports() {
	local i
	for i in 0 1; do
		/ip link add p$i numrxqueues 4 numtxqueues 4 type veth \
			peer name q$i numrxqueues 4 numtxqueues 4
		/ip link set q$i up
	done
	echo 1 >/sys/class/net/p0/queues/tx-2/xps_cpus
	echo 1 >/sys/class/net/p1/queues/rx-3/rps_cpus
	echo 64 >/sys/class/net/p1/queues/rx-0/rps_flow_cnt
}

delete_ports() {
	/ip link delete p0 2>/dev/null || true
	/ip link delete p1 2>/dev/null || true
	/ip nexthop flush >/dev/null 2>&1 || true
	/ip route delete 10.10.0.0/16 2>/dev/null || true
}

# No waiting for the check that an address is unique.
no_dad() {
	sysctl -qw net.ipv6.conf.p0.accept_dad=0 net.ipv6.conf.p1.accept_dad=0
}

settled() {
	[ -z "$(/ip -6 address show tentative)" ]
}

# It comes when the kernel has noticed that the link is up, which may take a second.
has_link_local() {
	/ip -6 address show dev "$1" scope link -tentative | grep -q fe80
}

configure() {
	local i
	sysctl -qw net.ipv6.conf.p0.accept_ra=2 net.ipv6.conf.p0.use_tempaddr=1 \
		net.ipv4.conf.p1.rp_filter=2 net.ipv4.conf.p1.proxy_arp=1
	for i in 0 1; do
		/ip link set p$i up
		within 5 has_link_local p$i
	done
	sysctl -qw net.ipv6.conf.p0.mtu=1400
	/usr/sbin/ethtool -K p0 gro on >/dev/null
	/usr/sbin/ethtool -K p1 tx-tcp-mangleid-segmentation off >/dev/null

	/ip address add 10.0.0.1/24 dev p0 brd +
	/ip address add 10.0.0.9/24 dev p0 label p0:x
	/ip address add 10.1.0.1/32 peer 10.1.0.2 dev p0
	/ip address add 192.168.7.1/24 dev p1
	/ip address add 2001:db8::1/64 dev p0
	/ip address add 2001:db8::2/64 dev p0
	/ip address add 2001:db8:1::3/64 dev p0 metric 99 noprefixroute
	/ip address add 2001:db8:2::1/64 dev p1
	/ip address add fe80::77/64 dev p1
	within 5 settled

	/ip neighbour add 10.0.0.2 lladdr 02:00:00:00:00:01 dev p0
	/ip neighbour add 2001:db8::9 lladdr 02:00:00:00:00:03 dev p0
	/ip neighbour add proxy 10.0.0.55 dev p0

	/ip route add 10.9.0.0/16 via 10.0.0.2 dev p0 proto static metric 50
	/ip route append 10.9.0.0/16 via 10.0.0.3 dev p0 proto static metric 50
	/ip route add 10.10.0.0/16 src 10.0.0.9 dev lo
	/ip route add 10.11.0.0/16 nexthop via 10.0.0.5 nexthop via 192.168.7.9 weight 3
	/ip route add 10.12.0.0/16 via 10.0.0.2 dev p0 table 77 mtu 1300
	/ip route add local 10.13.0.0/16 dev p0
	/ip route add 10.14.0.0/16 via 172.16.0.1 dev p1 onlink
	/ip route add 10.15.0.0/16 via inet6 2001:db8::9 dev p0
	/ip -6 route add 2001:db8:5::/48 via fe80::1 dev p0 metric 77
	/ip -6 route add 2001:db8:6::/48 via 2001:db8::9 src 2001:db8::2
	/ip -6 route add 2001:db8:7::/48 nexthop via fe80::1 dev p0 nexthop via fe80::2 dev p1
	/ip nexthop add id 5 via 10.0.0.77 dev p0
	/ip nexthop add id 6 via 192.168.7.77 dev p1
	/ip nexthop add id 9 group 5/6,3
	/ip route add 10.20.0.0/16 nhid 9
	/ip route add 10.21.0.0/16 nhid 5
}

# Everything that down has to put back. Routes to the same prefix over different ports have no order.
picture() {
	local port
	for port in p0 p1; do
		echo "link show dev $port"
		echo "address show dev $port"
		echo "neighbour show nud permanent dev $port"
		echo "neighbour show proxy dev $port"
	done >"$work/shows"
	echo 'nexthop' >>"$work/shows"
	/ip -d -o -force -batch "$work/shows"
	/ip -4 -d route show table all
	/ip -6 -d route show table all | grep -v 'dev q[01]' | sort
	for port in p0 p1; do
		/usr/sbin/ethtool -k $port
		/usr/sbin/ethtool -l $port
		/usr/sbin/tc qdisc show dev $port
	done
	grep -s . /sys/class/net/p[01]/queues/*/{rps,xps}* /proc/sys/net/ipv[46]/conf/p[01]/* \
		/proc/sys/net/ipv[46]/conf/{all,default}/{forwarding,disable_ipv6} || :
	ls "$SOFTTAP_RUN" "$SOFTTAP_RUN/ports" "$SOFTTAP_SYSFS" 2>&1
}

before() {
	picture >"$work/before"
}

# as_before NAME - and what is not
as_before() {
	picture >"$work/after"
	ok "$1" diff "$work/before" "$work/after"
}

fresh() {
	delete_ports
	make_ports
	"${@:-true}"
	before
}

# --- Tests --------------------------------------------------------------------------------------------

# As the state's file has it.
netns() {
	stat -L -c %i /proc/self/ns/net
}

silent_port() {
	local port=$1
	/ip -br address show dev "$port" | grep -q "^${port}[^ ]* *UP *$" &&
		[ "$(cat /proc/sys/net/ipv6/conf/"$port"/disable_ipv6)" = 1 ] &&
		[ "$(cat /proc/sys/net/ipv6/conf/"$port"/addr_gen_mode)" = 1 ] &&
		! /usr/sbin/ethtool -k "$port" | grep -v fixed |
			grep -E '(receive|segmentation|vlan)-offload: on'
}

test_up_down() {
	fresh configure
	run up p0 p1
	is 'up: exit status' "$status" 0
	is 'up: tells the tap' "$answer" 'tap0 is up between p0 and p1'
	ok 'up: p0 is up and silent' silent_port p0
	ok 'up: p1 is up and silent' silent_port p1
	run up p0 q1
	is 'up again: exit status' "$status" 1
	like 'up again: says why' "$answer" '^softtap: p0 is a port of tap0 already$'
	run down
	is 'down: exit status' "$status" 0
	is 'down: tells it' "$answer" 'p0:p1 is as it was'
	as_before 'down: everything is as it was'
	run down
	is 'down again: exit status' "$status" 0
	is 'down again: says it' "$answer" 'softtap: nothing to take down'
}

sent() {
	/ip -s -j link show dev "$1" | jq '.[0].stats64.tx.packets'
}

# Has a group to leave, which would be told, and has nothing else to tell after a few seconds.
talkative() {
	sysctl -qw net.ipv6.conf.p0.router_solicitations=0 net.ipv6.conf.p1.router_solicitations=0
	configure
	/ip address add 239.1.2.3/32 dev p0 autojoin
}

quiet() {
	was="$(sent p0) $(sent p1)"
	sleep 3
	[ "$(sent p0) $(sent p1)" = "$was" ]
}

# Nothing leaves a port from the moment softtap touches it, and when it is up again.
test_silence() {
	local was
	fresh talkative
	within 30 quiet
	run up p0 p1
	sleep 3
	is 'up: says nothing on the wire' "$(sent p0) $(sent p1)" "$was"
	run down
}

test_named() {
	local name
	for name in tap0 p0:p1 p1; do
		fresh no_dad
		run up p0 p1
		run down "$name"
		as_before "down $name"
	done
	run down tap7
	is 'down of no tap: exit status' "$status" 1
	is 'down of no tap: says it' "$answer" "softtap: no tap \`tap7', see softtap show"
}

# Names that would be other files among those of softtap.
test_file_names() {
	local name
	for name in .lock disk .new cpus ports 'a@1' ..x $'\xc3\xa9'; do
		fresh no_dad
		/ip link set p0 name "$name"
		before
		run up "$name" p1
		is "a port called $name: up" "$status" 0
		is "a port called $name: has a file of its own" "$(find "$SOFTTAP_RUN/ports" -type f | wc -l)" 1
		run down
		as_before "a port called $name: everything is as it was"
		/ip link delete "$name"
	done
	fresh no_dad
	/ip link set p0 name .lock
	run up .lock
	is 'listening on .lock' "$answer" 'tap0 is up on .lock, listening only'
	run down .lock
	is 'and no more' "$answer" '.lock is as it was'
	/ip link delete .lock
}

test_tap_names() {
	fresh no_dad
	modprobe softtap tap=x:y
	/ip link set p0 name tap0
	run up tap0 p1
	is 'a port called as another tap: up' "$answer" 'tap1 is up between tap0 and p1'
	before
	run down tap0
	is 'a port called as another tap: which is meant?' "$answer" \
		"softtap: tap0 is a tap (x:y), and a port of another (tap0:p1): give both ports' names"
	is 'a port called as another tap: exit status' "$status" 2
	as_before 'a port called as another tap: nothing is changed'
	run down tap0:p1
	is 'by both names it is clear' "$answer" 'tap0:p1 is as it was'
	run down tap0
	is "a tap's name is that of the tap" "$answer" 'tap0 is gone, its ports stay as they are'
	run up p1 tap0
	run down tap0
	is 'a port called as its own tap' "$answer" 'p1:tap0 is as it was'
	/ip link delete tap0
}

# at B COMMAND… - in the network namespace of that process
at() {
	nsenter -t "$1" -n "${@:2}"
}

# A port is told from a device of its number elsewhere, and from one of its name.
test_namespaces() {
	local b index
	fresh configure
	unshare --net sleep 600 &
	b=$!
	within 5 test "$(readlink /proc/self/ns/net)" != "$(readlink /proc/$b/ns/net)"
	index=$(cat /sys/class/net/p0/ifindex)
	at $b ip link add p0 index "$index" type dummy
	at $b ip address add 192.0.2.7/24 dev p0
	at $b ip link set p0 up
	at $b ip -o address show dev p0 >"$work/elsewhere"
	before
	run up p0 p1
	answer=$(at $b timeout 60 "$softtap" down 2>&1) && status=0 || status=$?
	is 'down elsewhere: exit status' "$status" 0
	is 'down elsewhere: goes to where the ports are' "$answer" 'p0:p1 is as it was'
	as_before 'down elsewhere: everything is as it was'
	is 'down elsewhere: the device of that number there, too' \
		"$(at $b ip -o address show dev p0)" "$(cat "$work/elsewhere")"
	kill $b
	run up p0 p1
	mv "$SOFTTAP_RUN/ports/p0:p1@$(netns)" "$SOFTTAP_RUN/ports/p0:p1@17"
	run down
	is 'of a namespace that is gone: exit status' "$status" 1
	like 'of a namespace that is gone: says it' "$answer" 'p0:p1 is in a network namespace \(17\) that is gone'
	mv "$SOFTTAP_RUN/ports/p0:p1@17" "$SOFTTAP_RUN/ports/p0:p1@$(netns)"
	# Another device has its number.
	sed -i 's/^mac ..:/mac ff:/' "$SOFTTAP_RUN/ports/p0:p1@$(netns)"
	run down
	like 'another address: not touched' "$answer" 'p0 is gone or replaced'
}

test_second_tap() {
	fresh no_dad
	modprobe softtap tap=x:y
	before
	run up p0 p1
	is 'with the module there: exit status' "$status" 0
	ok 'with the module there: a tap is added' within 5 test -e "$SOFTTAP_SYSFS/tap1/b"
	run down tap1
	as_before 'with the module there: the other tap stays'
	run down
	is 'a tap made by hand: exit status' "$status" 1
	is 'a tap made by hand: says why' "$answer" \
		'softtap: tap0 was not made by softtap up: give its name'
	run down tap0
	is 'a tap made by hand: goes when named' "$answer" 'tap0 is gone, its ports stay as they are'
	ok 'a tap made by hand: the module goes with it' test ! -e "$SOFTTAP_SYSFS"
}

test_listen_only() {
	fresh configure
	run up p0
	is 'listen-only: up' "$answer" 'tap0 is up on p0, listening only'
	run down
	as_before 'listen-only: everything is as it was'
}

queues_of() {
	find "/sys/class/net/$1/queues/" -name '[rt]x-*' | wc -l
}

test_queues() {
	fresh configure
	run up --queues 1 --cpus rx=0,reader=0,post=0 p0 p1
	is '--queues 1: exit status' "$status" 0
	is '--queues 1: each port has one to receive and one to send' "$(queues_of p0) $(queues_of p1)" '2 2'
	is '--queues 1: nobody chooses a queue or a processor' \
		"$(cat /sys/class/net/p[01]/queues/*/{rps,xps}* 2>/dev/null | sort -u)" 0
	like '--cpus: a veth has no interrupts' "$answer" 'warning: p1 has no interrupts'
	is '--cpus: kept for whoever captures' "$(cat "$SOFTTAP_RUN/cpus/p0:p1@$(netns)")" rx=0,reader=0,post=0
	is '--cpus: show tells' "$("$softtap" show | grep -c 'processor 0$')" 3
	run down
	as_before '--queues 1: everything is as it was'
}

test_bad_places() {
	local words
	fresh no_dad
	for words in '' 0 rx rx= rx=a rx=-1 rx=1-0 'rx=0,' rx=0,,reader=0 rx=0:1 tx=0 rx=99999; do
		run up --cpus "$words" p0 p1
		is "--cpus '$words': exit status" "$status" 2
		like "--cpus '$words': says what would be right" "$answer" 'as rx=0-1,reader=2,post=3$'
	done
	run up --cpus rx=1023 p0 p1
	is '--cpus of what is not there: says it' "$answer" \
		'softtap: --cpus: processor 1023 is not there or not online'
	for words in 0 -1 1x '' 99999999999999999999; do
		run up --queues "$words" p0 p1
		is "--queues '$words': exit status" "$status" 2
	done
	run up --queues 9 p0 p1
	is '--queues 9: says how many there can be' "$answer" 'softtap: p0 can have 4 queues at most'
	as_before 'bad places: nothing is changed'
}

test_never_up() {
	fresh
	run up p0 p1
	ok 'never up before: p0 is up' silent_port p0
	run down
	as_before 'never up before: everything is as it was'
}

addresses_while_down() {
	/ip address add 10.0.0.1/24 dev p0
	/ip link set p1 up
	/ip link set p1 down
	sysctl -qw net.ipv6.conf.p1.disable_ipv6=1
}

test_down_before() {
	fresh addresses_while_down
	run up p0 p1
	run down
	as_before 'down before: everything is as it was'
}

no_link_local() {
	no_dad
	/ip link set p0 up
	/ip link set p1 up
	/ip -6 address flush dev p0
}

test_no_link_local() {
	fresh no_link_local
	run up p0 p1
	run down
	as_before 'a link-local address that was removed does not come back'
}

lifetimes() {
	no_dad
	/ip link set p0 up
	/ip address add 10.0.0.1/24 dev p0 valid_lft 1000 preferred_lft 500
	/ip address add 2001:db8::1/64 dev p0 valid_lft 1000 preferred_lft 500
	/ip -6 route add 2001:db8:8::/48 via fe80::1 dev p0 expires 500
}

seconds_left() {
	{ /ip -d -o address show dev p0; /ip -6 -d route; } |
		grep -o -e '_lft [0-9]\+' -e 'expires [0-9]\+'
}

# A lifetime goes on while the tap is there, 3 seconds here; this may be a slow machine.
went_on() {
	paste "$work/left" <(seconds_left) |
		awk '$1 != $3 || $2 - $4 < 2 || $2 - $4 > 20 { exit 1 } END { exit NR != 6 }'
}

test_lifetimes() {
	fresh lifetimes
	seconds_left >"$work/left"
	run up p0 p1
	sleep 3
	run down
	ok 'what is left of lifetimes is kept' went_on
}

virtual_nic() {
	/ip link delete p1
	/ip tuntap add p1 mode tap
	"$@"
}

test_qdisc() {
	local default
	fresh virtual_nic /ip link set p1 up
	default=$(/usr/sbin/tc qdisc show dev p1 | cut -d ' ' -f 2)
	run up p0 p1
	is 'qdisc: a port that has one gets pfifo' \
		"$(/usr/sbin/tc qdisc show dev p1 | cut -d ' ' -f 2)" pfifo
	run down
	as_before "qdisc: $default is there again"
	for action in 'set p1 up' 'set p1 down'; do
		# shellcheck disable=SC2086
		/ip link $action
	done
	before
	run up p0 p1
	run down
	as_before 'qdisc: also on a port that was down'
	fresh virtual_nic true
	run up p0 p1
	run down
	as_before 'qdisc: also on a port that had never been up'
}

own_fifo() {
	/usr/sbin/tc qdisc replace dev p0 root handle 5: pfifo limit 77
	/usr/sbin/tc qdisc replace dev p1 root handle 6: htb
}

test_own_qdisc() {
	fresh own_fifo
	run up p0 p1
	is 'a qdisc of the user: exit status' "$status" 1
	like 'a qdisc of the user: says which' "$answer" 'p1 has a root qdisc of your own \(htb\)'
	as_before 'a qdisc of the user: nothing is changed'
	run up --force p0 p1
	is 'a qdisc of the user: --force' "$status" 0
	run down
	as_before 'a qdisc of the user: stays with --force'
}

# refused NAME REGEX ARGUMENT…
refused() {
	local name=$1 reason=$2 lines
	shift 2
	run up "$@"
	lines=$(echo "$answer" | wc -l)
	is "refused, $name: exit status" "$((status > 0 && status < 3)), $lines line" '1, 1 line'
	like "refused, $name: says why" "$answer" "^softtap: $reason"
	as_before "refused, $name: nothing is changed"
}

test_refused_ports() {
	fresh no_dad
	/ip link add br9 type bridge
	/ip link set p1 master br9
	/ip tuntap add tun9 mode tun
	before
	refused 'no port' 'give the names of two ports'
	refused 'three ports' 'give the names of two ports' p0 p1 q0
	refused 'no such port' 'nix: there is no such port' p0 nix
	refused 'twice the same' 'p0 twice' p0 p0
	refused loopback 'lo is the loopback device' lo p0
	refused 'not Ethernet' 'tun9 is not an Ethernet port' p0 tun9
	refused 'a bridge port' 'p1 is a member of bridge br9' p0 p1
	refused 'too long' ".abcdefghijklmnop' is too long" p0 abcdefghijklmnop
	refused 'no name' ".a/b' cannot be the name" p0 a/b
	refused 'unknown option' 'unrecognized option' --nonsense p0 p1
	/ip link set p1 nomaster
	/ip link add link p1 name mac9 type macvlan
	before
	refused 'macvlan on it' 'p1 has the macvlan device mac9 on it' p0 p1
	refused 'a macvlan' 'mac9 is a device of the kind macvlan' p0 mac9
	/ip link delete br9
	/ip link delete tun9
}

# managed NAME WORDS FILE [LINE] - by whom, which a file tells
managed() {
	mkdir -p "$(dirname "$SOFTTAP_SYSTEM_RUN/$3")"
	printf '%s\n' '[device]' "${4:-}" >"$SOFTTAP_SYSTEM_RUN/$3"
	run up p0 p1
	is "$1: exit status" "$status" 0
	is "$1: up warns" "$(grep -c 'warning: p0 is managed by' <<<"$answer")" "$([ -z "$2" ]; echo $?)"
	like "$1: by whom, and what helps" "$answer" "$2"
	run down
	as_before "$1: as before"
	rm -r "$SOFTTAP_SYSTEM_RUN"
}

test_managed() {
	local ifindex
	fresh no_dad
	ifindex=$(/ip -json link show p0 | jq '.[].ifindex')
	managed NetworkManager 'p0 is managed by NetworkManager, which may give it addresses again \(nmcli device set p0 managed no\)' \
		"NetworkManager/devices/$ifindex" managed=true
	managed networkd 'p0 is managed by systemd-networkd, .*matches p0' \
		"systemd/netif/links/$ifindex" NETWORK_FILE=/etc/systemd/network/p0.network
	managed dhcpcd 'managed by dhcpcd, .*denyinterfaces p0' dhcpcd/p0-4.pid
	managed dhclient 'managed by dhclient, .*dhclient -r p0' dhclient.p0.pid
	run up p0:p1
	is 'both ports in one word' "$status, $answer" '0, up: p0:p1'
	run down
	managed 'one that leaves it alone' '' "NetworkManager/devices/$ifindex" managed=false
}

with_address() {
	no_dad
	/ip link set p0 up
	within 5 has_link_local p0
	/ip address add 10.0.0.1/24 dev p0
	/ip address add 2001:db8::1/64 dev p0
	within 5 settled
	"$@"
}

test_refused_default() {
	local route reason='p0 carries the default route; --force taps it all the same'
	for route in '-4 route add default via 10.0.0.2' '-4 route add default dev p0 table 77' \
		'-6 route add default via fe80::1 dev p0' '-4 route add default dev lo src 10.0.0.1' \
		'-4 route add default nexthop via 10.0.0.2 nexthop via 10.0.0.3'; do
		# shellcheck disable=SC2086
		fresh with_address /ip $route
		refused "$route" "$reason" p1 p0
		run up --force p1 p0
		is "--force, $route: exit status" "$status" 0
		like "--force, $route: warns" "$answer" 'warning: p0 carries the default route'
		run down
		as_before "--force, $route: down"
		# shellcheck disable=SC2086
		/ip ${route/add/delete}
	done
}

test_refused_session() {
	local reason='p0 carries your own ssh session from 10.0.0.77'
	fresh with_address
	export SSH_CONNECTION='10.0.0.77 50000 10.0.0.1 22'
	refused 'ssh to its address' "$reason" p0 p1
	SSH_CONNECTION='10.0.0.77 50000 10.99.0.1 22'
	refused 'ssh by its route' "$reason" p0 p1
	SSH_CONNECTION='2001:db8::77 50000 2001:db8:99::1 22'
	refused 'ssh over IPv6' 'p0 carries your own ssh session from 2001:db8::77' p0 p1
	SSH_CONNECTION='127.0.0.1 50000 127.0.0.1 22'
	run up p0 p1
	is 'ssh elsewhere: exit status' "$status" 0
	run down
	unset SSH_CONNECTION
}

# A process that is called sshd and has a connection to p0's address.
connect_sshd() {
	cat >"$work/connect.pl" <<-'END'
		use IO::Socket::INET;
		my $s = IO::Socket::INET->new(Listen => 1, LocalAddr => "10.0.0.1:2222", ReuseAddr => 1);
		my $c = IO::Socket::INET->new(PeerAddr => "10.0.0.1:2222");
		my $a = $s->accept;
		open my $f, ">", $ARGV[0];
		close $f;
		sleep 60;
	END
	ln -s "$(command -v perl)" "$work/sshd"
	"$work/sshd" "$work/connect.pl" "$work/connected" >/dev/null &
	sshd=$!
	within 5 test -e "$work/connected"
}

test_refused_sshd() {
	fresh with_address
	connect_sshd
	refused 'a connection of sshd' 'p0 carries a login session \(sshd\) from 10.0.0.1' p0 p1
	run up --force p0 p1
	is 'a connection of sshd: --force' "$status" 0
	run down
	kill $sshd
	wait $sshd 2>/dev/null || true
}

# Each test in turn: all is as it was, whatever happens at call number n.
fast() {
	no_dad
	configure
	/usr/sbin/tc qdisc replace dev p1 root handle 7: bfifo
}

test_failures() {
	local n total
	fresh fast
	run up p0 p1
	total=$(calls)
	run down
	for ((n = 1; n <= total; n++)); do
		FAIL_AT=$n run up p0 p1
		is "call $n of up fails: exit status" "$status" 1
		like "call $n of up fails: says which" "$answer" 'softtap: .*: (broken on purpose|Level 2 halted)'
		as_before "call $n of up fails: everything is as it was"
	done
}

test_interrupted() {
	local n
	fresh fast
	for n in 3 6; do
		INTERRUPT_AT=$n run up p0 p1
		is "interrupted at call $n of up: exit status" "$status" 1
		like "interrupted at call $n of up: says it" "$answer" 'softtap: interrupted'
		as_before "interrupted at call $n of up: everything is as it was"
	done
}

test_up_killed() {
	local n total
	fresh fast
	run up p0 p1
	total=$(calls)
	run down
	for ((n = 0; n <= total; n++)); do
		KILL_AT=$n run up p0 p1
		is "up killed after call $n: status" "$status" 137
		run down
		is "up killed after call $n: down" "$status" 0
		as_before "up killed after call $n: everything is as it was"
	done
}

test_down_killed() {
	local n total
	fresh fast
	run up p0 p1
	run down
	total=$(calls)
	for ((n = 0; n <= total; n++)); do
		run up p0 p1
		KILL_AT=$n run down
		is "down killed after call $n: status" "$status" 137
		run down
		is "down killed after call $n: down again" "$status" 0
		as_before "down killed after call $n: everything is as it was"
	done
}

# killed_after MILLISECONDS ARGUMENT…
killed_after() {
	(
		timeout -s KILL "$(printf '0.%03d' "$1")" "$softtap" "${@:2}" </dev/null || true
	) >/dev/null 2>&1
}

# Between the calls too: after parts of the time that it takes.
test_killed_any_time() {
	local bad=0 part parts=13 start whole ms
	[ ! "${SOFTTAP_LONG:-}" ] || parts=160
	fresh fast
	start=${EPOCHREALTIME/[.,]/}
	run up --queues 1 p0 p1
	whole=$(((${EPOCHREALTIME/[.,]/} - start) / 1000))
	run down
	for ((part = 0; part < parts; part++)); do
		ms=$((whole * part / parts + 2))
		killed_after $ms up --queues 1 p0 p1
		killed_after $((ms / 2)) down
		run down
		picture >"$work/after"
		diff "$work/before" "$work/after" >&2 || bad=$((bad + 1))
	done
	is 'killed at any time: everything is as it was' "$bad" 0
}

start_reader() {
	mkdir -p /sys/kernel/debug/softtap/tap0
	: >/sys/kernel/debug/softtap/tap0/cpu0
	tail -f /dev/null 9</sys/kernel/debug/softtap/tap0/cpu0 >/dev/null &
	reader=$!
	# Until then it is a shell that has not opened the file, or forgets what it is asked.
	until [ "$(cat "/proc/$reader/comm")" = tail ]; do
		sleep 0.02
	done
}

test_reader() {
	fresh no_dad
	run up p0 p1
	is 'a reader: up' "$answer" 'tap0 is up between p0 and p1'
	start_reader
	run down
	is 'a reader: down' "$status" 0
	status=0
	timeout 30 tail --pid=$reader -f /dev/null || kill -KILL $reader
	wait $reader || status=$?
	is 'a reader: is ended' "$status" 143
}

test_gone_port() {
	fresh no_dad
	run up p0 p1
	is 'a port that is gone: up' "$answer" 'tap0 is up between p0 and p1'
	/ip link delete p1
	run down
	is 'a port that is gone: exit status' "$status" 1
	is 'a port that is gone: says it' "$answer" 'softtap: warning: p1 is gone or replaced, its settings are not put back
softtap: softtap down tries again, softtap down --force forgets it'
	is 'a port that is gone: what is kept' "$(grep -h '^port' "$SOFTTAP_RUN"/ports/*)" 'port p1'
	/ip link set p0 down
	run down
	is 'a port that is gone: the other one is done with' \
		"$status $(/ip -br link show dev p0 | awk '{ print $2 }')" '1 DOWN'
	run down --force
	is 'a port that is gone: --force' "$status" 0
	/ip link add p1 type veth peer name q1
	/ip link set q1 up
	as_before_ports p0
}

# replug p1 - the device goes, and comes again as the kernel makes it; with the same address or another
replug() {
	local address
	address=$(cat "/sys/class/net/$1/address")
	/ip link delete "$1"
	/ip link add "$1" numrxqueues 4 numtxqueues 4 address "${2:-$address}" type veth \
		peer name "q${1#p}" numrxqueues 4 numtxqueues 4
	/ip link set "q${1#p}" up
}

# But for numbers of devices, and addresses that come from hardware's.
numberless() {
	sed -E 's/^[0-9]+: //; s/link-netnsid [0-9]+//; s/(iflink|ifindex|sec) [0-9]+/\1/g' "$1"
}

test_plugged_again() {
	fresh configure
	run up p0 p1
	replug p1
	like 'plugged in again: show' "$("$softtap" show)" 'tap0: degraded'
	like 'plugged in again: why' "$("$softtap" show)" 'p1, .*
 +not as it was prepared: is down, has IPv6, .*; run softtap up again'
	is 'plugged in again: stat tells it, too' "$("$softtap" stat -j | jq -r '.taps[].state')" degraded
	is 'plugged in again: which port' \
		"$("$softtap" show -j | jq -c '.taps[] | [.a.degraded, .b.degraded != null]')" '[null,true]'
	/ip link show dev p0 >"$work/p0"
	run up p0 p1
	is 'up once more: exit status' "$status" 0
	is 'up once more: says what it did' "$answer" 'tap0: p1 is prepared again'
	ok 'up once more: p1 is up and silent' silent_port p1
	is 'up once more: show' "$("$softtap" show | sed -n 2p)" 'tap0: running'
	run up p0 p1
	is 'up a third time' "$status $answer" '1 softtap: p0 is a port of tap0 already'
	run down
	is 'down of it: exit status' "$status" 0
	is 'down of it: says so' "$answer" 'p0:p1 is as it was'
	picture >"$work/after"
	ok 'down of it: everything is as it was, by another number' \
		diff <(numberless "$work/before" | sort) <(numberless "$work/after" | sort)
}

test_plugged_again_down() {
	fresh configure
	run up p0 p1
	replug p1
	run down
	is 'plugged in again, down: exit status' "$status" 0
	picture >"$work/after"
	ok 'plugged in again, down: everything is as it was' \
		diff <(numberless "$work/before" | sort) <(numberless "$work/after" | sort)
}

test_replaced_port() {
	fresh no_dad
	run up p0 p1
	replug p1 02:00:00:00:00:99
	run down
	is 'another device of its name: down' "$status" 1
	is 'another device of its name: is not touched' "$(/ip -br link show dev p1 | awk '{ print $2 }')" DOWN
	run down --force
	fresh no_dad
	run up p0 p1
	replug p1 02:00:00:00:00:99
	/ip address add 10.0.0.1/24 dev p1
	picture | grep p1 | grep -v '^[0-9]*: p0' >"$work/p1"
	run up p0 p1
	is 'another device of its name: up once more' "$answer" "softtap: warning: p1 is another device now: \
this one's settings are kept, not those of the one before
tap0: p1 is prepared again"
	ok 'another device of its name: is up and silent' silent_port p1
	run down
	is 'another device of its name: down then' "$status $answer" '0 p0:p1 is as it was'
	is 'another device of its name: has its address' "$(/ip -4 -br address show dev p1 | wc -w)" 3
}

as_before_ports() {
	picture | grep "^.*$1" | grep -v ifindex >"$work/after"
	grep "^.*$1" "$work/before" >"$work/expected"
	ok 'a port that is gone: the other is as it was' diff "$work/expected" "$work/after"
}

test_renamed_port() {
	fresh fast
	run up p0 p1
	/ip link set p0 down
	/ip link set p0 name r0
	run down
	is 'a renamed port: down' "$status" 0
	/ip link set r0 down
	/ip link set r0 name p0
	/ip link set p0 up
	is 'a renamed port: its addresses are back' "$(/ip -4 -br address show dev p0 | wc -w)" 7
}

test_busy() {
	fresh no_dad
	exec 9>"$SOFTTAP_RUN/.lock"
	flock 9
	status=0
	answer=$(timeout 1 "$softtap" up p0 p1 2>&1 9>&-) || status=$?
	exec 9>&-
	is 'another at work: says it' "$answer" 'softtap: another softtap up or down is at work'
	as_before 'another at work: nothing is changed'
}

test_damaged_state() {
	fresh no_dad
	echo nonsense >"$SOFTTAP_RUN/ports/p0:p1@$(netns)"
	run down
	is 'a damaged state: exit status' "$status" 1
	like 'a damaged state: says it' "$answer" 'p0:p1@[0-9]+: not a state file of this version'
	run down --force
	is 'a damaged state: --force' "$status" 0
	as_before 'a damaged state: is forgotten'
}

# Those that take longest first.
all_tests="test_file_names test_tap_names test_namespaces test_down_killed test_up_killed test_refused_default test_failures test_silence
	test_killed_any_time test_queues test_up_down test_named test_second_tap test_listen_only
	test_bad_places test_never_up test_down_before test_no_link_local test_lifetimes test_qdisc
	test_own_qdisc test_refused_ports test_refused_session test_refused_sshd test_interrupted
	test_reader test_gone_port test_plugged_again test_plugged_again_down test_replaced_port
	test_renamed_port test_busy test_damaged_state"

# run_alone TEST - in namespaces that are there for it
run_alone() {
	PATH=$bin:/usr/sbin:/usr/bin:/sbin:/bin
	mount -t sysfs sysfs /sys 2>/dev/null || true
	mount -t tmpfs tmpfs /sys/kernel/debug 2>/dev/null || true
	write_programs
	/ip link set lo up
	mkdir -p "$SOFTTAP_RUN/ports"
	: >"$SOFTTAP_RUN/.lock"
	play_module add >/dev/null &
	play_module remove >/dev/null &
	$1 || fail "$1 ended early"
}

# start TEST - what it has to say goes into a file of its name
start() {
	timeout 600 unshare --net --mount --pid --fork --kill-child --mount-proc "$0" --alone "$1" \
		>"$work/$1" </dev/null || echo "not ok - $1 ended early, status $?" >>"$work/$1"
}

# Not many more at a time than this machine has processors: kills have their times.
run_all() {
	local test
	for test in "$@"; do
		while [ "$(jobs -pr | wc -l)" -ge $((2 * $(nproc))) ]; do
			wait -n
		done
		start "$test" &
	done
	wait
	for test in "$@"; do cat "$work/$test"; done
}

if [ "${1:-}" = --alone ]; then
	run_alone "$2"
	exit
fi
[ "$(id -u)" = 0 ] || { echo '1..0 # SKIP needs root'; exit 0; }
[ "${SOFTTAP_BUILT:-}" ] || "$tests/../scripts/build-userspace" >&2 </dev/null
cc -std=gnu11 -D_GNU_SOURCE -O1 -Wall -Wextra -Werror -shared -fPIC -o "$FAULTS" \
	"$tests/unit/faults.c" -lmnl
# shellcheck disable=SC2086 # words
run_all ${SOFTTAP_TESTS:-$all_tests} | number
