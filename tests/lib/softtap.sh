# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# For tests in the test machine: the module, its counters and laws, the reader.

sysfs=/sys/kernel/softtap

# load [PARAMETER=VALUE…]
load() {
	insmod "$SOFTTAP_KO" "$@"
}

unload() {
	rmmod softtap
}

# counter [TAP/]PORT/NAME, as in `counter a/rx_frames`, `counter tap1/b/lost_frames`
counter() {
	local value
	case $1 in
	tap*) read -r value <"$sysfs/$1" ;;
	*) read -r value <"$sysfs/tap0/$1" ;;
	esac
	echo "$value"
}

# Writes all counters of a tap as lines "a/rx_frames 123", for the host to look at.
save_counters() {
	(cd "$sysfs/${1:-tap0}" && grep -r . a b 2>/dev/null | tr ':' ' ')
}

# add_up NAME… - counters together
add_up() {
	local name total=0
	for name; do
		total=$((total + $(counter "$name")))
	done
	echo $total
}

# The laws of a tap at rest, to the frame.
laws_hold() {
	local tap=${1:-tap0} p q
	for p in a b; do
		[ -d "$sysfs/$tap/$p" ] || continue
		is "$tap/$p: received = captured + filtered + lost + refused + idle" \
			"$(counter "$tap/$p/rx_frames")" \
			"$(add_up "$tap/$p"/{captured,filtered,lost,refused,idle}_frames)"
		q=$([ $p = a ] && echo b || echo a)
		[ -d "$sysfs/$tap/$q" ] || continue
		is "$tap/$p: received = sent on the other side + dropped there + refused" \
			"$(counter "$tap/$p/rx_frames")" \
			"$(add_up "$tap/$q/tx_frames" "$tap/$q/tx_dropped" "$tap/$p/refused_frames")"
	done
}

reader=
under=()

# start_reader FILE [OPTION…] - returns when a marker was recorded, or left out by the reader's
# filter, and so all that follows is. What the reader says is in FILE.log, in the current directory.
# It runs under $under, say (nice -n 19).
start_reader() {
	local file=$1 before
	shift
	before=$(add_up a/{captured,filtered}_frames)
	"${under[@]}" softtap capture -w "$file" "$@" </dev/null 2>"${file##*/}.log" &
	reader=$!
	within 60 marker_recorded "$before"
}

# marker_recorded BEFORE - sends one, looks whether more is recorded or left out than before
marker_recorded() {
	send_marker begin A
	[ "$(add_up a/{captured,filtered}_frames)" -gt "$1" ]
}

# stop_reader [SIGNAL] - the status of the reader is the status
stop_reader() {
	kill -"${1:-INT}" "$reader"
	wait "$reader"
}

# Bytes of a file that are in the page cache, in percent.
cached() {
	fincore -b -n -r -o RES,SIZE "$1" | awk '{ print int(100 * $1 / $2) }'
}
