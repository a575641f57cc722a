#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Seconds: 45
# Covers: kmod/capture_filter.[ch] userspace/reader/filter.[ch]
#
# A capture filter takes what tcpdump's would take live on the same port, frame by frame and in
# order; what it leaves out is counted, and forwarded. Super-frames are filtered by segments. The
# filter is the reader's own: the next one starts without.
#
#	 namespace A             this machine             namespace B
#	+-----------+      +-----------------------+      +-----------+
#	|        a0 +------+ eth1   softtap   eth2 +------+ b0        |
#	+-----------+ veth +-----------------------+ veth +-----------+
#	                     tcpdump, one for each expression
. "$(dirname "$0")/../lib/test.sh"
. "$tests/lib/captures.sh"

machines=('--kernel 6.1' '--kernel 6.12')
timeout=600
pieces='greater 1000 or tcp[tcpflags] & tcp-fin != 0'	# some segments of a stream

once() {
	make-filters expressions all
	make-filters frames 1 frames.a
	frames count frames.a >sent
	make-filters frames 2 frames.b
}

# All expressions on one kernel, a fifth of them on the other; all on both with --long.
prepare() {
	local each=1
	[ "$SOFTTAP_MACHINE" = '--kernel 6.1' ] || each=$(count 5 1)
	ln -s "$SOFTTAP_SHARED"/{frames.a,frames.b,sent} .
	awk -v each="$each" '(NR - 1) % each == 0' "$SOFTTAP_SHARED/all" >expressions
}

# Starts tcpdump for each expression, in numbered files.
start_tcpdumps() {
	local n
	for n in "${!expressions[@]}"; do
		tcpdump -i eth1 -n -Q in -B 1024 -Z root -U -w "tcpdump.$n" "${expressions[n]}" \
			</dev/null 2>"tcpdump.$n.log" &
		tcpdumps+=($!)
	done
	for n in "${!expressions[@]}"; do
		within 60 listens "tcpdump.$n.log"
	done
}

# tcpdump_has_all PROCESS LOG - it has taken what its filter let pass; it tells when asked
tcpdump_has_all() {
	local lines pattern='.* ([0-9]+) packets? captured, ([0-9]+) packets? received by filter'
	kill -USR1 "$1"
	mapfile -t lines <"$2"
	[[ ${lines[-1]} =~ $pattern ]] && [ "${BASH_REMATCH[1]}" = "${BASH_REMATCH[2]}" ]
}

# The port comes after tcpdump.
port_has_all() {
	local received
	read_counter received a/rx_frames
	[ "$received" = "$sent" ]
}

# What tcpdump takes live.
ask_tcpdump() {
	local expressions=("$@") tcpdumps=() n sent
	read -r sent <"$SOFTTAP_OUT/sent"
	start_tcpdumps
	send A "$SOFTTAP_OUT/frames.a"
	within 60 port_has_all
	for n in "${!expressions[@]}"; do
		within 60 tcpdump_has_all "${tcpdumps[n]}" "tcpdump.$n.log"
	done
	kill -INT "${tcpdumps[@]}"
	wait "${tcpdumps[@]}"
	is 'tcpdump saw everything' "$(grep -L '^0 packets dropped by kernel' tcpdump.*.log)" ''
}

# try N EXPRESSION - the same frames for softtap; an expression is one word or several
try() {
	local words
	save_counters >"before.$1"
	read -ra words <<<"$2"
	[ $(($1 % 2)) = 0 ] || words=(-f "$2")
	start_reader "softtap.$1" "${words[@]}"
	send A "$SOFTTAP_OUT/frames.a"
	stop_reader || fail "$2: the reader's status is $?"
	save_counters >"after.$1"
}

# to_each COMMAND - with number and expression
to_each() {
	local n
	for n in "${!all[@]}"; do
		"$1" "$n" "${all[n]}"
	done
}

super_frames() {
	watch b.out B b0 out in-netns B
	watch a.in B a0 in in-netns A
	watch_begins
	start_reader stream.pcapng -f "$pieces"
	give_addresses
	in_b exchange-data stream server 192.0.2.2 </dev/null >ready &
	within 60 test -s ready
	ok 'a stream passes, every byte of it' in_a exchange-data stream client 192.0.2.2
	ok 'and back' wait $!
	take_addresses
	stop_watchers
	ok 'the reader ends well' stop_reader
	laws_hold
}

# capture_both NAME OPTION…
capture_both() {
	save_counters >"before.$1"
	start_reader "softtap.$1" "${@:2}"
	both_ways frames
	ok "$1: the reader ends well" stop_reader
	save_counters >"after.$1"
}

came_to_b() {
	local came
	read_counter came b/rx_frames
	[ "$came" -gt "$1" ]
}

# softtap capture always sets something; cat does not.
nothing_is_set() {
	local arrived bytes
	cat /sys/kernel/debug/softtap/tap0/cpu0 >/dev/null </dev/null &
	reader=$!
	within 60 marker_recorded "$(add_up a/{captured,filtered}_frames)"
	arrived=$(counter b/rx_frames)
	bytes=$(counter b/captured_bytes)
	send_marker end B
	within 60 came_to_b "$arrived"
	is "$1: a reader that sets nothing gets whole frames of all ports" \
		$(($(counter b/captured_bytes) - bytes)) 60
	kill $reader
	wait $reader || :
}

# Whatever it had set.
gone_with_reader() {
	local signal
	for signal in INT KILL; do
		start_reader "nothing.$signal" -s 20 --direction a ether proto 0x1234
		stop_reader $signal 2>/dev/null || :
		nothing_is_set "after $signal"
		capture_both "all.$signal"
	done
}

# Of this libpcap makes what the kernel does not take; tcpdump would filter by itself then.
not_for_kernel() {
	local status=0
	timeout 60 softtap capture -w none.pcapng vlan and pppoes and ip </dev/null 2>none.log || status=$?
	is 'a program that the kernel does not take: exit status' $status 1
	is 'it says so' "$(<none.log)" \
		'softtap: tap0: the kernel does not take the filter: Invalid argument'
	ok 'no file is made' test ! -e none.pcapng
}

# hosts N - an expression for so many of IPv6, each of which is several reads
hosts() {
	local i
	printf 'host 2001:db8::1'
	for ((i = 2; i <= $1; i++)); do
		printf ' or host 2001:db8::%x' $i
	done
}

# Frames wait for the filter.
too_long() {
	local status=0
	timeout 60 softtap capture -w none.pcapng "$(hosts 200)" </dev/null 2>none.log || status=$?
	is 'a filter that frames would wait for: exit status' $status 1
	is 'it says so' "$(<none.log)" 'softtap: tap0: the filter would delay frames too long: use a shorter one'
	start_reader long.pcapng "$(hosts 100) or ip"
	ok 'a long one is taken' stop_reader
}

listens_only() {
	local status=0
	unload
	load tap=eth1
	timeout 60 softtap capture -w one.pcapng --direction b </dev/null 2>one.log || status=$?
	is 'the other port of a tap that has one: exit status' $status 1
	is 'it says so' "$(<one.log)" 'softtap: tap0 has only port a'
	ok 'no file is made' test ! -e one.pcapng
	start_reader one.pcapng --direction a
	ok 'its own is one' stop_reader
}

guest() {
	mapfile -t all <"$SOFTTAP_OUT/expressions"
	veth_topology
	load tap=eth1:eth2
	ask_tcpdump "${all[@]}"
	to_each try
	capture_both direction.a --direction a
	capture_both direction.b --direction b
	capture_both direction.b.udp --direction b udp
	gone_with_reader
	laws_hold
	super_frames
	not_for_kernel
	too_long
	listens_only
}

# grown N NAME… - by how much counters have, together
grown() {
	local n=$1 name total=0
	shift
	for name; do
		total=$((total + $(saved "after.$n" "$name") - $(saved "before.$n" "$name")))
	done
	echo $total
}

# accounted N PORT PEER NAME - what did not come into the file is filtered, the laws hold
accounted() {
	local n=$1 port=$2 interface arrived
	interface=$([ "$port" = a ] && echo 0 || echo 1)
	arrived=$(grown "$n" "$port/rx_frames")
	is "$4: the rest is filtered, and all of it sent; nothing else" \
		"$(grown "$n" "$port/filtered_frames") $(grown "$n" "$3/tx_frames") $arrived" \
		"$((arrived - $(grown "$n" "$port/idle_frames") -
			$(frames count "softtap.$n+:$interface"))) $arrived $(
			grown "$n" "$port"/{captured,filtered,idle}_frames)"
}

hold_against_tcpdump() {
	ok "$2: what tcpdump takes" frames same "tcpdump.$1" "softtap.$1"
	accounted "$1" a b "$2"
	ok "$2: that is not all" test "$(frames count "softtap.$1")" -lt "$(<sent)"
}

# says N - what the reader says at the end
says() {
	local captured
	captured=$(frames count "softtap.$1+")
	is 'what the reader says' "$(grep -v ^listening "softtap.$1.log")" "$(cat <<-END
		$captured packets captured
		$captured packets received by filter
		0 packets dropped by kernel
		eth1: $captured captured, 0 dropped
		eth2: 0 captured, 0 dropped
		END
	)"
}

directions() {
	ok 'direction a: all that came on port a' frames same frames.a softtap.direction.a
	ok 'direction b: all that came on port b' frames same frames.b softtap.direction.b
	tcpdump -r frames.b -w udp.b 'udp or (vlan and udp)' 2>/dev/null
	ok 'direction b and udp: both hold' frames same udp.b softtap.direction.b.udp
	for name in direction.a direction.b direction.b.udp; do
		accounted "$name" a b "$name, port a"
		accounted "$name" b a "$name, port b"
	done
}

after_the_reader() {
	local signal
	for signal in INT KILL; do
		ok "after $signal: the next reader gets all of port a" \
			frames same frames.a "softtap.all.$signal:0"
		ok "after $signal: and of port b" frames same frames.b "softtap.all.$signal:1"
	done
}

pieces_of_stream() {
	frames segments b.out 1500 segments
	tcpdump -r segments -w expected "$pieces" 2>/dev/null
	ok 'super-frames: what left is what came' frames same b.out a.in
	is 'there were some' "$(frames lengths b.out | awk '{ print ($2 > 1518) }')" 1
	ok 'super-frames: each segment by itself' frames cut 0 expected stream.pcapng:1
	ok 'some are left out' test "$(frames count expected)" -lt "$(frames count segments)"
}

verify() {
	local n all name
	mapfile -t all <expressions
	to_each hold_against_tcpdump
	says 1
	directions
	after_the_reader
	pieces_of_stream
	file_is_valid softtap.1
	file_is_valid stream.pcapng
}

run_test
