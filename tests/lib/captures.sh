# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# On the host: frames to be sent, and for `verify` what the watchers saw, what softtap recorded and
# counted.

# saved FILE NAME - a counter that the guest saved
saved() {
	local name value
	while read -r name value; do
		[ "$name" != "$2" ] || echo "$value"
	done <"$1"
}

# passed_unchanged FROM TO PORT PEER FILE - frames from host FROM came to TO as they were, and
# FILE and the counters of PORT, where they arrived, tell the same.
passed_unchanged() {
	local from=$1 to=$2 port=$3 peer=$4 file=$5
	local interface
	interface=$([ "$port" = a ] && echo 0 || echo 1)
	ok "$from to $to: what left is what came, byte for byte, once, in order" \
		frames same "$from.out" "$to.in"
	ok "$from to $to: the capture is what came" frames same "$from.out" "$file:$interface"
	counters_agree "$from" "$port" "$peer"
}

# counters_agree FROM PORT PEER
counters_agree() {
	local from=$1 port=$2 peer=$3 n bytes
	n=$(frames count "$from.out+")
	bytes=$(frames bytes "$from.out+")
	is "rx_frames of port $port is what $from sent" "$(saved counters "$port/rx_frames")" "$n"
	is "rx_bytes of port $port, too" "$(saved counters "$port/rx_bytes")" "$bytes"
	is "tx_frames of port $peer is as many" "$(saved counters "$peer/tx_frames")" "$n"
	is "tx_bytes of port $peer, too" "$(saved counters "$peer/tx_bytes")" "$bytes"
	is "nothing was lost on port $port" "$(saved counters "$port/lost_frames")" 0
}

# A softtap file is what it should be, for us and for all that read it.
file_is_valid() {
	local file=$1 reader
	ok "$file: every record says inbound" frames inbound "$file"
	ok "$file: in the order of time" frames sorted "$file"
	for reader in 'tshark -n' 'capinfos' 'tcpdump -n'; do
		ok "$file: ${reader%% *} reads it without a complaint" reads "$reader" "$file"
	done
}

# reads PROGRAM FILE - without a word on standard error, but for what these say in any case
reads() {
	local words=$1 said status=0
	[[ $words == capinfos* ]] || words+=' -r'
	# shellcheck disable=SC2086
	said=$($words "$2" 2>&1 >/dev/null </dev/null) || status=$?
	if grep -vE '^(reading from file|Running as user "root")' <<<"$said" | grep .; then return 1; fi
	return $status
}

# Scapy takes its time, but makes the same frames each time. Prints where they are.
scapy_frames() {
	local key cache
	key=$(cat "${tests:?set by test.sh}"/lib/{make-corpus,captures.py} | sha256sum - |
		cut -c-16)-$(dpkg-query -W -f '${Version}' python3-scapy)
	cache=${tests%/tests}/build/corpus/$key
	if [ ! -e "$cache/frames.pcap" ]; then
		rm -rf "${cache%/*}"
		mkdir -p "$cache"
		make-corpus "$cache/new" >"$cache/counts"
		mv "$cache/new" "$cache/frames.pcap"
	fi
	echo "$cache"
}
