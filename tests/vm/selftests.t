#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# usage: tests/vm/selftests.t [SCRIPT…]
# Seconds: 18
# Covers: kmod/forward.[ch] kmod/port_link.[ch] kmod/transmit.[ch] kmod/capture.[ch] tests/lib/mreceive tests/lib/msend
#
# The kernel's own selftests of bridging and routing (tools/testing/selftests/net/forwarding) cannot
# tell whether there is a tap in each of their cables: each script has the same results as with
# plain veth cables. They are those of the kernel that runs, as scripts/setup takes them out of
# Debian's package of its source. Both run at the same time, and the taps are recorded.
#
#	     namespace plain              namespace tapped           this machine
#	+---------------------+       +--------------------+       +---------------+
#	|   +- swp1   swp2 -+ |       |               swp1 +-------+ port1         |
#	|   |               | |       |                    | veth  |    softtap    |
#	|   +---------------+ |       |               swp2 +-------+ port2         |
#	+--------- veth ------+       +--------------------+       +---------------+
#	          swp3   swp4, and so on                            port3   port4
#
# What does not pass on plain cables, either, is explained (reason). Taps for a script that wants a
# link to go down at both ends of a cable follow their links.

# shellcheck source=tests/lib/test.sh
. "$(dirname "$0")/../lib/test.sh"
. "$tests/lib/captures.sh"

[[ ${SOFTTAP_KERNEL:-} != debug* ]] || {
	echo '1..0 # SKIP the scripts fail on the debug kernel on plain cables, too'
	exit
}

# Some scripts have seconds until a timer ends, which a busy host may take away.
machines=('--kernel 6.1 --steady')
[ -z "${SOFTTAP_LONG:-}" ] || machines+=('--kernel 6.12 --steady')
timeout=1800		# for the longest; they sleep most of the time

scripts=(router.sh)
[ -z "${SOFTTAP_LONG:-}" ] || scripts=(bridge_igmp.sh bridge_mld.sh bridge_vlan_aware.sh
	bridge_vlan_unaware.sh local_termination.sh mirror_gre_lag_lacp.sh router.sh
	router_multicast.sh tc_vlan_modify.sh)
[ $# = 0 ] || scripts=("$@")

parts() {
	printf '%s\n' "${scripts[@]}"
}

# Where scripts/setup puts those of the kernel that runs.
selftests() {
	echo "${SOFTTAP_CACHE:-/var/cache/softtap}/selftests/$(uname -r | cut -d. -f1,2)/net/forwarding"
}

add_host() {
	ip netns add "$1"
	ip -n "$1" link set lo up
}

follow=
[ "${SOFTTAP_PART:-}" != mirror_gre_lag_lacp.sh ] || follow=--link-follow

# plug TAP - cable number TAP, plain and with a tap
plug() {
	local a=$((2 * $1 + 1)) b=$((2 * $1 + 2)) end
	ip -n plain link add swp$a type veth peer name swp$b
	for end in $a $b; do
		ip link add "port$end" type veth peer name "swp$end" netns tapped
	done
	softtap up ${follow:+"$follow"} port$a port$b >"up$1.log" 2>&1
}

readers=()

# read_tap TAP - returns when its file has begun
read_tap() {
	softtap capture -i "tap$1" -w "tap$1.pcapng" </dev/null 2>"tap$1.log" &
	readers+=($!)
	within 60 test -s "tap$1.pcapng"
}

# jq takes long to start, and is started often; this one knows the same language.
quick_jq() {
	mkdir bin
	ln -s "$(command -v gojq)" bin/jq
	PATH=$PWD/bin:$PATH
}

# Seconds that a script gives links to become ready; most of it is for hardware. Addresses are
# checked for two of them, and pings have five more.
wait_time=$(count 2 5)

# run_script HOST INTERFACES - in a /run and among processes of its own, as some of them end all
# daemons of a name; prints what it says and its status
run_script() {
	local status=0
	cd "$(selftests)"
	ip netns exec "$1" unshare --pid --fork --mount-proc sh -c 'mount -t tmpfs run /run && exec "$@"' \
		sh env NETIF_CREATE=no WAIT_TIME="$wait_time" "./$SOFTTAP_PART" $(seq -f swp%g "$2") || status=$?
	echo "EXIT: $status"
}

# What a host still says by itself would be counted on one side only.
pull_cables() {
	local port
	for ((port = 1; port <= $1; port++)); do
		ip -n tapped link set swp$port down
	done
}

plug_cables() {
	local tap
	modprobe veth
	add_host plain
	add_host tapped
	for ((tap = 0; tap < $1; tap++)); do
		plug $tap
		read_tap $tap
	done
}

run_both() {
	local script
	run_script plain "$1" >plain.out 2>plain.err </dev/null &
	script=$!
	(run_script tapped "$1") >tapped.out 2>tapped.err </dev/null
	wait $script
}

# passed_frames TAP - one word for each way that frames took
passed_frames() {
	local port
	for port in a b; do
		[ "$(counter "$1/$port/tx_frames")" = 0 ] || echo "$port"
	done | paste -sd' '
}

guest() {
	local cables tap
	cables=$(($(sed -n 's/^NUM_NETIFS=//p' "$(selftests)/$SOFTTAP_PART") / 2))
	quick_jq
	silence env
	plug_cables $cables
	run_both $((2 * cables))
	pull_cables $((2 * cables))
	kill -INT "${readers[@]}"
	ok 'the readers end well' wait "${readers[@]}"
	for ((tap = 0; tap < cables; tap++)); do
		laws_hold tap$tap
		is "tap$tap: frames passed both ways" "$(passed_frames tap$tap)" 'a b'
	done
}

# Lines "PASS NAME" and so on, for each result.
results() {
	sed -nE "s/^TEST: (.*[^ ]) +\[ *([A-Z]+) *\]\$/\2 \1/; s/^OK /PASS /
		s/^(SKIP|WARN): /SKIP /
		s/^EXIT: /EXIT /
		/^(PASS|FAIL|XFAIL|SKIP|EXIT) /p" "$1"
}

count_of() {
	grep -c "^$1 " "$2" || :
}

summary() {
	echo "$(count_of PASS "$1") passed, $(count_of SKIP "$1") skipped, $(count_of FAIL "$1") failed," \
		"$(count_of XFAIL "$1") xfailed"
}

# Why a result is none that passes, on any veth; nothing when nobody knows.
reason() {
	case $SOFTTAP_PART,$1 in
	*,'SKIP Could not test offloaded functionality')
		echo 'veth has no hardware to do it' ;;
	local_termination.sh,*FAIL*' to unknown '*)
		echo 'veth and bridges have no filter for addresses' ;;
	esac
}

# Lines "NUMBER RESULT: REASON"
explain() {
	local result known
	sed -nE '/^(SKIP|X?FAIL) /p' "$1" | while read -r result; do
		known=$(reason "$result")
		if [ "$known" ]; then
			echo "${result%% *}: $known"
		else
			echo "$result: nobody knows why"
		fi
	done | sort | uniq -c
}

verify() {
	local file
	results plain.out >plain.results
	results tapped.out >tapped.results
	ok "$(summary tapped.results)" grep -q '^PASS' tapped.results
	ok "the same with plain cables: $(summary plain.results)" diff plain.results tapped.results
	diag "$SOFTTAP_PART: $(summary plain.results); with taps: $(summary tapped.results)"
	explain plain.results >explained
	sed 's/^/# /' explained >&2
	is 'what does not pass is explained' "$(grep 'nobody knows' explained)" ''
	for file in tap*.pcapng; do
		file_is_valid "$file"
	done
}

run_test
