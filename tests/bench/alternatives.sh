# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# The alternatives, made in a test machine between two ports, in0 and out0:
#
#   inject ──► in0 ──[ALTERNATIVE]──► out0
#
# out0 is a dummy, which frees what it is given; such a one with a pfifo, as a card
# has it, or with two transmit queues; or a veth whose peer drops it.
# Sourced; needs tools (the directory of the bench's programs), alternative, out, and die.
# shellcheck disable=SC2154,SC2034 # the variables of who sources this, and for it

module=${SOFTTAP_BENCH_KO:-$SOFTTAP_KO}
tap=/sys/kernel/softtap/tap0

# Runs what makes the alternative, and says so. Words are simple ones.
make() {
	local words=("${@/#$module/softtap.ko}")
	printf 'command\t%s\t%s\n' "$alternative" "${words[*]/#$tools\//}"
	"$@"
}

make_out() {
	case $1 in
	dummy) ip link add out0 type dummy ;;
	wide) ip link add out0 numtxqueues 2 type dummy ;;
	pfifo)
		ip link add out0 type dummy
		tc qdisc add dev out0 root pfifo
		;;
	veth)
		ip link add out0 type veth peer name peer0
		ip link set peer0 up
		tc qdisc add dev peer0 clsact
		tc filter add dev peer0 ingress matchall action drop
		;;
	esac
}

# Nothing but the injected frames may pass: no host of ours, no IPv6.
make_ports() {
	sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
	ip link add in0 type dummy
	make_out "$out"
	ip link add spare0 type veth peer name spare1
	ip link set in0 up
	ip link set out0 up
}

# The least that can be done to a frame: the floor.
make_drop() {
	make tc qdisc add dev in0 clsact
	make tc filter add dev in0 ingress matchall action drop
}

# Snooping would send queries of its own.
make_flood() {
	make ip link add br0 type bridge mcast_snooping 0
	make ip link set in0 master br0
	make ip link set out0 master br0
	make ip link set br0 up
}

# The receiver's address is known, as it is a moment after the start of any talk.
make_bridge() {
	make_flood
	make bridge fdb add 02:00:00:00:00:02 dev out0 master static
}

make_mirred() {
	make tc qdisc add dev in0 clsact
	make tc filter add dev in0 ingress matchall action mirred egress redirect dev out0
}

# As taps are commonly made: the copy goes to a device for the capturing program.
make_mirror() {
	make ip link add mirror0 type dummy
	make ip link set mirror0 up
	make tc qdisc add dev in0 clsact
	make tc filter add dev in0 ingress matchall action mirred egress mirror dev mirror0 \
		action mirred egress redirect dev out0
}

# For cards whose drivers know no XDP.
make_xdpgeneric() {
	make "$tools/redirect" --generic in0 out0
}

# In the driver, before there is an skb. A dummy takes no such frames.
make_xdp() {
	if [ "$out" != veth ]; then
		make ip link del out0
		make ip link add out0 type veth peer name peer0
		make ip link set peer0 up
		make ip link set out0 up
	fi
	make "$tools/redirect" --native out0 peer0
}

make_forward() {
	make insmod "$module" tap=in0:out0
}

# What the guard costs is the difference: the tap's own frames carry its mark.
make_unguarded() {
	make insmod "$module" tap=in0:out0 guard=0
}

make_listen() {
	make insmod "$module" tap=in0
}

# A program that takes frames from one port and sends them out of the other.
make_daemonlogger() {
	make daemonlogger -d -i in0 -o out0
}

# A buffer that holds all $1 frames of the sizes that follow: a record is 44 bytes
# longer than its frame.
make_buffer() {
	local most=$1 largest
	shift
	largest=$(printf '%s\n' "$@" | sort -n | tail -n 1)
	make insmod "$module" tap=in0:out0 subbufs=$((most * (largest + 48) / (500 * 1024) + 3))
}

# A reader that is attached and does nothing, as its own work is not to be counted here.
make_record() {
	make_buffer "$@"
	printf 'command\t%s\t%s\n' record 'exec 3</sys/kernel/debug/softtap/tap0/cpu0'
	exec 3</sys/kernel/debug/softtap/tap0/cpu0
}

# await_reader BEFORE LOG - until the tap records more than BEFORE frames. The clock may leap while
# the disk works, so tries are what is limited.
await_reader() {
	local tries=0
	until [ "$(<$tap/a/captured_frames)" -gt "$1" ]; do
		[ $((tries += 1)) -lt 1000 ] || die "the reader does not record: $(cat "$2")"
		"$tools/inject" in0 spare0 1 60 >/dev/null
	done
}

# A reader at work beside it, whose file is on the disk that the machine has for it. It
# records once it counts what comes.
make_capture() {
	mkfs.ext4 -q -E lazy_itable_init=0,lazy_journal_init=0 /dev/vda
	mkdir /tmp/disk
	mount /dev/vda /tmp/disk
	make_buffer "$@"
	make softtap capture -w /tmp/disk/capture.pcapng </dev/null 2>/tmp/disk/log &
	await_reader 0 /tmp/disk/log
}

# What the reader that does nothing leaves there.
empty_record() {
	dd iflag=nonblock bs=1M <&3 >/dev/null 2>&1 || :
}

# dropped_by_tc [DEVICE]
dropped_by_tc() {
	tc -s filter show dev "${1:-in0}" ingress | awk '$1 == "Sent" { print $4 }'
}

# Prints the counters that say where frames went, and what they count.
counters() {
	case $alternative in
	drop) echo "dropped $(dropped_by_tc)" ;;
	mirror) echo "mirror0.tx_packets $(</sys/class/net/mirror0/statistics/tx_packets)" ;;
	forward | unguarded | record | capture)
		echo "rx_frames $(<$tap/a/rx_frames)"
		echo "tx_frames $(<$tap/b/tx_frames)"
		[[ "$alternative" != @(forward|unguarded) ]] || echo "idle_frames $(<$tap/a/idle_frames)"
		[[ "$alternative" = @(forward|unguarded) ]] || echo "captured_frames $(<$tap/a/captured_frames)"
		;;
	esac
	[ "$alternative" = drop ] || echo "out0.tx_packets $(</sys/class/net/out0/statistics/tx_packets)"
}

# Holds every counter's growth between $1 and $2 against $3 frames.
compare() {
	local name before after
	[ "$1" ] || die "nothing counts the frames"
	while read -r name before && read -r _ after <&4; do
		[ $((after - before)) = "$3" ] || die "$name: $((after - before)) of $3 frames: no result"
	done <<<"$1" 4<<<"$2"
}

# Injects $1 frames of $2 bytes, $3 times (once), none of which may be missing, and sets
# injected to what the program says of them, a line each time.
inject() {
	local before after
	before=$(counters)
	injected=$("$tools/inject" in0 spare0 "$1" "$2" 64 "${3:-1}")
	after=$(counters)
	compare "$before" "$after" $(($1 * ${3:-1}))
	[ "$alternative" != record ] || empty_record
}
