#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# usage: tests/vm/corpus.t [--corpus DIRECTORY]…
# Seconds: 35
# Covers: kmod/forward.[ch] kmod/capture.[ch] tests/skbwatch/*
#
# Captures replayed through the tap, both ways at once: each frame comes to the far side and into
# the record as it was, in order. By default they are frames of every layer that scapy has, and a
# directory of odd files. Otherwise all .pcap, .pcapng and .cap files (.gz, too) below other
# directories, in any of these ways:
#
#	tests/vm/corpus.t --corpus DIRECTORY --corpus DIRECTORY
#	tests/run --corpus DIRECTORY --corpus DIRECTORY
#	SOFTTAP_CORPUS=DIRECTORY:DIRECTORY tests/vm/corpus.t
#
# A large corpus is cut into parts, each for a machine of its own, which bounds what one needs of
# memory and time. What cannot be replayed is counted and said: what is not Ethernet, shorter than
# its header or longer than a veth's MTU; and what the stack drops as it says that it has a VLAN
# tag, but ends before (README.md). That the tap would not see these is tested here, too.
#
#	 namespace A             this machine             namespace B
#	+-----------+      +-----------------------+      +-----------+
#	|        a0 +------+ eth1   softtap   eth2 +------+ b0        |
#	+-----------+ veth +-----------------------+ veth +-----------+

# shellcheck source=tests/lib/test.sh
. "$(dirname "$0")/../lib/test.sh"
. "$tests/lib/captures.sh"
# shellcheck source=tests/lib/nic.sh
. "$tests/lib/nic.sh"
. "$tests/lib/skbwatch.sh"

machines=('--kernel 6.1' '--kernel 6.12')
timeout=600		# for the largest part; a usual one takes a tenth
least=20000		# frames of scapy's

while [ "${1:-}" = --corpus ] && [ $# -ge 2 ]; do
	SOFTTAP_CORPUS=${SOFTTAP_CORPUS:+$SOFTTAP_CORPUS:}$2
	shift 2
done
[ $# = 0 ] || { sed -n 's/^# //; 3p' "$0" >&2; exit 2; }
[ -z "${SOFTTAP_CORPUS:-}" ] ||
	SOFTTAP_CORPUS=$(tr ':' '\n' <<<"$SOFTTAP_CORPUS" | xargs -rd '\n' realpath -m | paste -sd:)
export SOFTTAP_CORPUS=${SOFTTAP_CORPUS:-}

# What public captures may be.
odd_captures() {
	make-frames plain 1 14 1500 plain.pcap
	mv edges/captures odd
	editcap -F nsecpcap plain.pcap odd/nanoseconds.pcap
	editcap -F modpcap plain.pcap odd/modified.CAP
	editcap -F snoop plain.pcap odd/snoop.cap
	editcap -s 60 plain.pcap odd/snaplen.pcapng
	editcap -T linux-sll plain.pcap cooked.pcap
	mergecap -w odd/interfaces.pcapng plain.pcap cooked.pcap
	{ editcap -F pcapng cooked.pcap -; editcap -F pcapng plain.pcap -; } | cat >odd/sections.pcapng
	mkdir 'odd/below this'
	gzip -c plain.pcap >'odd/below this/zipped.pcap.gz'
	head -c -10 plain.pcap >odd/truncated.pcap
	: >odd/empty.pcap
	echo 'This is no capture.' >odd/text.pcap
	echo 'Nor is this, but nobody says so.' >odd/readme.txt
}

# Of these 7 are within.pcap's; a thousand are in each of eight others, but for the last of one.
odd_summary() {
	cat <<'END'
8006 frames of 12 files taken
2000 frames left out: link type 113 is not Ethernet, in 2 files
12 frames left out: of a VLAN type, but too short for the tag and a type behind it
3 frames left out: longer than an MTU of 65535 allows
1 frames left out: shorter than an Ethernet header of 14 bytes
3 files are empty, broken or no captures
odd/empty.pcap: no frames in it (0 frames taken)
odd/interfaces.pcapng: 1000 frames of link type 113 left out
odd/sections.pcapng: 1000 frames of link type 113 left out
odd/text.pcap: The file "odd/text.pcap" isn't a capture file in a format editcap understands. (0 frames taken)
odd/truncated.pcap: The file "odd/truncated.pcap" appears to have been cut short in the middle of a packet. (999 frames taken)
END
}

own_corpus() {
	local cache frames layers all bound
	cache=$(scapy_frames)
	read -r frames layers all bound <"$cache/counts"
	ok "scapy makes $frames frames of $layers of its $all layers, $bound of them bound to Ethernet" \
		[ "$frames" -ge $least ]
	odd_captures
	corpus collect odd.parts odd
	is 'of a directory of odd files what can be replayed is taken' \
		"$(<odd.parts/summary)" "$(odd_summary)"
	corpus collect parts "$cache" odd
}

once() {
	local directories
	IFS=: read -ra directories <<<"$SOFTTAP_CORPUS"
	corpus edges edges
	if [ ${#directories[@]} -gt 0 ]; then
		corpus collect parts "${directories[@]}"
	else
		own_corpus
	fi
	ok "the corpus: $(head -n 1 parts/summary)" [ -e parts/1 ]
	diag "$(head -n 100 parts/summary)"
}

parts() {
	local count
	count=$(find "$SOFTTAP_SHARED/parts" -name '*.index' | wc -l)
	case $count in
	0) ;;
	1) echo ;;
	*) seq -f "%g of $count" "$count" ;;
	esac
}

# The file of part "3 of 7", or of all.
part_file() {
	local part=${SOFTTAP_PART:-1}
	echo "$SOFTTAP_SHARED/parts/${part%% *}"
}

prepare() {
	build_for_tests skbwatch
	ln -s "$(part_file)" corpus.a
	ln -s "$(part_file)" corpus.b
}

# The hosts only watch what comes: none of them answers.
deaf() {
	in-netns "$1" tc qdisc add dev "$2" ingress
	in-netns "$1" tc filter add dev "$2" ingress matchall action drop
}

# What is left out the tap would not see: no wider is what selects it.
left_out() {
	local before file
	before=$(counter a/rx_frames)
	send A "$SOFTTAP_SHARED/edges/dropped"
	is 'the stack drops what is left out as too short for its tag' "$(counter a/rx_frames)" "$before"
	for file in "$SOFTTAP_SHARED"/edges/refused.*; do
		if send A "$file" 2>/dev/null; then fail "${file##*/} is left out, but can be sent"; fi
	done
}

guest() {
	marker_note=" $(od -An -N 4 -tx4 /dev/urandom | tr -d ' ')"
	echo "$marker_note" >note
	veth_topology
	set_mtu 65535
	deaf A a0
	deaf B b0
	watch a.in B a0 in in-netns A
	watch b.in A b0 in in-netns B
	watch_begins
	load tap=eth1:eth2 subbufs=128
	left_out
	watch_skbs
	start_reader capture.pcapng
	both_ways corpus
	stop_watchers
	ok 'the reader ends well' stop_reader
	skbs_unchanged corpus
	laws_hold
	unload
}

# came FROM TO INTERFACE COUNT
came() {
	local note
	note=$(<note)
	ok "$1 to $2: $4 frames came as they were, in order" corpus same "$(part_file)" "$2.in" "$note"
	ok "$1 to $2: so they are in the record" corpus same "$(part_file)" "capture.pcapng:$3" "$note"
}

results() {
	local count
	count=$(frames count "$(part_file)+")
	came a b 0 "$count"
	came b a 1 "$count"
	ok 'every record says inbound' frames inbound capture.pcapng
	ok 'the record is in the order of time' frames sorted capture.pcapng
}

# What is as it should be need not be kept: all parts together may be large.
verify() {
	results | tee results
	grep -q '^not ok' results || rm -f a.in b.in capture.pcapng
}

run_test
