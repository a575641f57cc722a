# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# For tests/stress/module: what can happen, one function each. Each takes what it needs from the
# numbers of its step and says in a line what it did. What must not be is told by give_up.
#
#	 far                              this machine
#	f1 f2 f3 f4 ---- veth pairs ----- eth1 eth2 eth3 eth4
#	card0 card2 ---- cables --------- card1 card3          tests/nic
#	u1 u2 ---------- veth pairs ----- t1 t2, in namespace T, which comes and goes
#
# A port may be called otherwise for a time (eth1x), be in namespace `away`, or be missing.

tests=$(dirname "$(dirname "$(realpath "${BASH_SOURCE[0]}")")")
export PATH=$tests/lib:$tests/tools:$PATH
. "$tests/lib/tap.sh"
. "$tests/lib/nic.sh"
. "$tests/lib/softtap.sh"
. "$tests/lib/skbwatch.sh"

ports=(eth1 eth2 eth3 eth4 card1 card3)
faults=/sys/kernel/debug
senders=()
readers=()	# "PROCESS TAP FILE KIND" of each; KIND is exact if it can be asked for all it got
n_readers=0

say() {
	echo "$*" >>/out/steps
}

# What the step's numbers are drawn from: a linear congruential generator's upper bits.
# seed_step SEED STEP
seed_step() {
	random=$((($1 * 1000003 + $2 * 7919 + 12345) & 0xffffffff))
	local n
	for n in 1 2 3; do random=$(((random * 1664525 + 1013904223) & 0xffffffff)); done
}

# pick N - sets $picked: 0 to N - 1
pick() {
	random=$(((random * 1664525 + 1013904223) & 0xffffffff))
	picked=$(((random >> 8) % $1))
}

one_in() {
	pick "$1"
	[ "$picked" = 0 ]
}

# choose WORD… - sets $chosen
choose() {
	pick $#
	shift "$picked"
	chosen=$1
}

# --- Topology and frames ----------------------------------------------------------------------

# On the host.
frames_to_send() {
	build_for_tests nic
	build_for_tests skbwatch
	make-frames plain 1 60 1500 all.plain
	make-frames odd 2 60 1500 all.odd
	editcap -F pcap -r all.plain plain 1-200
	editcap -F pcap -r all.odd odd 1-200
	mkdir supers
	make-supers eth1 supers
}

silent() {
	sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
}

# far_end PORT - sets $far
far_end() {
	case $1 in
	eth*) far=f${1#eth} ;;
	card*) far=card$((${1#card} - 1)) ;;
	t*) far=u${1#t} ;;
	esac
}

add_veth() {
	far_end "$1"
	ip link add "$1" type veth peer name "$far" netns far || return 1
	ip -n far link set "$far" up
	ip link set "$1" up
}

topology() {
	local port
	modprobe veth
	silent
	ip netns add far
	ip netns add away
	in-netns far sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
	load_nic cards=4 names=card0,card1,card2,card3
	ip link set card0 netns far
	ip link set card2 netns far
	ip -n far link set card0 up
	ip -n far link set card2 up
	ip link set card1 up
	ip link set card3 up
	for port in eth1 eth2 eth3 eth4; do
		add_veth $port
	done
}

# Sets $chosen: most often a port that a tap has, by its first name.
choose_arrival() {
	local file name used=()
	if ! one_in 3; then
		for file in "$sysfs"/tap*/[ab]/ifname; do
			! read -r name 2>/dev/null <"$file" || used+=("${name%x}")
		done
	fi
	[ ${#used[@]} -gt 0 ] || used=("${ports[@]}" t1 t2)
	choose "${used[@]}"
}

# Three of the far ends send a file's frames, in some hundred milliseconds or at once.
frames_begin() {
	local n file
	for n in 1 2 3; do
		choose_arrival
		far_end "$chosen"
		choose plain plain odd
		file=/out/$chosen
		choose 200 1000 ''
		# shellcheck disable=SC2086 # none, or a word
		in-netns far send-frames "$far" "$file" $chosen >/dev/null 2>&1 &
		senders+=($!)
	done
}

# Later a sender may fail: its port is away.
frames_can_be_sent() {
	local file
	for file in plain odd; do
		in-netns far send-frames f1 /out/$file >>/out/steps 2>&1 || return 1
	done
}

frames_end() {
	[ ${#senders[@]} = 0 ] || wait "${senders[@]}" || :
	senders=()
}

# --- The module and its taps ------------------------------------------------------------------

loaded() {
	[ -e /sys/module/softtap ]
}

# Sets $tap to the name of one that there is.
choose_tap() {
	local all=("$sysfs"/tap*)
	[ -d "${all[0]}" ] || return 1
	choose "${all[@]##*/}"
	tap=$chosen
}

# Sets $chosen: any port, most often one that is there, by the name that it has now.
choose_port() {
	local each there=()
	for each in "${ports[@]}" "${ports[@]/%/x}"; do
		[ ! -e "/sys/class/net/$each" ] || there+=("$each")
	done
	if one_in 8 || [ ${#there[@]} = 0 ]; then there=("${ports[@]}"); fi
	choose "${there[@]}"
}

# Sets $pair: two ports, or one; seldom one twice.
choose_pair() {
	choose_port
	pair=$chosen
	one_in 6 && return
	choose_port
	[ "$chosen" != "$pair" ] || choose_port
	pair+=:$chosen
}

# Sets $parameters, good ones unless the ports are bad.
choose_parameters() {
	choose_pair
	parameters=("tap=$pair")
	choose 128 128 256
	parameters+=("subbuf_kb=$chosen")
	choose 2 3 8 16
	parameters+=("subbufs=$chosen")
	choose wire wire record flight
	parameters+=("policy=$chosen")
	choose 0 0 64 1500
	parameters+=("snaplen=$chosen")
	one_in 4 && parameters+=(guard=0)
	one_in 8 && parameters=("${parameters[@]:1}")
	return 0
}

# tries WHAT COMMAND… - says what came of it
tries() {
	local what=$1 said
	shift
	if said=$("$@" 2>&1); then
		say "	$what"
	else
		say "	$what: ${said##*: }"
		return 1
	fi
}

write_to() {
	echo "$2" >"$1"
}

load_module() {
	choose_parameters
	tries "insmod ${parameters[*]}" load "${parameters[@]}" || :
}

load_badly() {
	local before=no
	loaded && before=yes
	choose tap=eth1:eth1 tap=nosuch:eth2 tap=lo policy=odd subbufs=0 subbufs=1000000 subbuf_kb=3 \
		snaplen=-1 guard=7 nothing=1 tap=eth1:eth2:eth3 tap=eth1:eth2,eth2:eth3
	tries "insmod $chosen" load "$chosen" && [ "$chosen" != nothing=1 ] &&
		give_up "$chosen was taken"
	[ "$before" = yes ] || ! loaded || { [ "$chosen" = nothing=1 ] || give_up "$chosen left a module"; }
}

# Somebody reads, or has a file of a tap open.
held() {
	local each
	for each in "${readers[@]}"; do
		[ ! -e "/proc/${each%% *}" ] || return 0
	done
	return 1
}

# No reader has a file of the module open: $each is one that has.
nothing_open() {
	local files
	for each in "${readers[@]}"; do
		files=$(readlink "/proc/${each%% *}/fd/"* 2>/dev/null) || :
		[[ $files != */softtap/tap* ]] || return 1
	done
}

unload_module() {
	local each
	if tries rmmod rmmod softtap; then
		nothing_open || give_up "rmmod succeeds although there is a reader: $each"
		return
	fi
	held || within 20 rmmod softtap || give_up 'rmmod fails although nobody has anything open'
}

load_or_unload() {
	if loaded; then unload_module; else load_module; fi
}

add_tap() {
	loaded || { load_module; return; }
	choose_pair
	tries "add $pair" write_to $sysfs/add "$pair" || :
}

remove_tap() {
	choose_tap || return 0
	tries "remove $tap" write_to $sysfs/remove "$tap" || :
}

change_setting() {
	choose_tap || return 0
	choose 'policy wire' 'policy record' 'policy flight' 'guard 0' 'guard 1' 'snaplen 0' \
		'snaplen 60' 'snaplen 99999' 'policy odd' 'guard 2'
	tries "$tap: $chosen" write_to "$sysfs/$tap/${chosen% *}" "${chosen#* }" || :
}

look_at_all() {
	loaded || return 0
	cat $sysfs/tap*/* $sysfs/tap*/[ab]/* /sys/kernel/debug/softtap/tap*/header >/dev/null 2>&1 || :
	softtap show >/dev/null 2>&1 || :
}

# --- Readers ----------------------------------------------------------------------------------

# begin_reader KIND COMMAND… - of $tap, into a file of its own
begin_reader() {
	local kind=$1 file=/tmp/stress/$((++n_readers))
	shift
	"${@//FILE/$file}" </dev/null >"$file.said" 2>&1 &
	readers+=("$! $tap $file $kind")
	say "	reader $n_readers of $tap: ${*//FILE/$n_readers}"
}

add_reader() {
	[ ${#readers[@]} -lt 4 ] || { stop_a_reader; return; }
	choose_tap || return 0
	choose whole whole filter filter snaplen order cat flight trigger full interval
	case $chosen in
	whole) begin_reader exact softtap capture -i "$tap" -w FILE ;;
	filter)
		choose 'ip' 'udp port 53 or arp' 'not ip' 'ether[0] & 1 = 1' 'less 100'
		begin_reader exact softtap capture -i "$tap" -w FILE "$chosen"
		;;
	snaplen) begin_reader exact softtap capture -i "$tap" -s 70 -w FILE ;;
	order) begin_reader exact softtap capture -i "$tap" --order buffer -w FILE ;;
	interval) begin_reader exact softtap capture -i "$tap" --interval 500 -w FILE ;;
	cat) begin_reader any cat "/sys/kernel/debug/softtap/$tap/cpu0" ;;
	flight) begin_reader any softtap snapshot -i "$tap" -w FILE ;;
	trigger) begin_reader any softtap snapshot -i "$tap" -w FILE --on 'ether[0] = 1' --after 0.2 ;;
	full) begin_reader any softtap capture -i "$tap" -w /dev/full ;;
	esac
}

# Whoever has a tap's file open may have been told that the tap went, or that memory is short.
all_readers_are_excused() {
	readers=("${readers[@]/%exact/any}")
}

# A file that adds up; in one with status 6, frames are missing, which is told there.
adds_up() {
	local status=0
	softtap verify "$1" >"$1.verified" 2>&1 || status=$?
	[ $status = 0 ] || [ $status = 6 ]
}

# was_refused FILE - the reader came too late for its tap, or the tap keeps its records
was_refused() {
	grep -qE 'has policy flight|no tap |softtap is not loaded' "$1.said"
}

# look_at_file FILE STATUS - of a reader that was asked to end
look_at_file() {
	case $2 in
	0) adds_up "$1" || give_up "reader ${1##*/}: verify says $(tail -n 3 "$1.verified")" ;;
	4 | 5) return 0 ;;	# the tap is gone, or another one reads
	esac
	[ "$2" = 0 ] || was_refused "$1" || give_up "reader ${1##*/} ended with $2: $(<"$1.said")"
}

# A shell starts what is to run beside it with SIGINT ignored: a program may not have got so far.
is_gone() {
	kill -0 "$1" 2>/dev/null || return 0
	[ "$2" != INT ] || kill -INT "$1" 2>/dev/null
	return 1
}

# Ends reader number $1 by signal $2; those that are no capture do not know SIGINT.
end_reader() {
	local process tap file kind status=0
	read -r process tap file kind <<<"${readers[$1]}"
	[ "$kind$2" != anyINT ] || set -- "$1" KILL
	say "	reader ${file##*/} of $tap gets $2"
	kill -"$2" "$process" 2>/dev/null || :
	kill -CONT "$process" 2>/dev/null || :
	within 60 is_gone "$process" "$2" || give_up "reader ${file##*/} does not end: $(<"$file.said")"
	wait "$process" 2>/dev/null || status=$?
	unset "readers[$1]"
	readers=("${readers[@]}")
	[ "$kind$2" != exactINT ] || look_at_file "$file" "$status"
	rm -f "$file" "$file".*
}

stop_a_reader() {
	[ ${#readers[@]} -gt 0 ] || return 0
	pick ${#readers[@]}
	local which=$picked
	choose INT INT INT KILL TERM STOP CONT
	case $chosen in
	STOP | CONT)
		say "	reader ${readers[which]} gets $chosen"
		kill -"$chosen" "${readers[which]%% *}" 2>/dev/null || :
		;;
	*) end_reader "$which" "$chosen" ;;
	esac
}

end_readers() {
	while [ ${#readers[@]} -gt 0 ]; do
		end_reader 0 INT
	done
}

# --- Ports ------------------------------------------------------------------------------------

# Sets $port and $place: here, away or nowhere; $name is what it is called.
find_port() {
	choose "${ports[@]}"
	port=$chosen name=$chosen place=here
	[ ! -e "/sys/class/net/$port" ] || return 0
	name=${port}x
	[ ! -e "/sys/class/net/$name" ] || return 0
	name=$port place=away
	[ ! -e "/sys/class/net/$port" ] && ip -n away link show "$port" >/dev/null 2>&1 || place=nowhere
}

bring_back() {
	case $place in
	away)
		tries "$port comes back" ip -n away link set "$port" netns 1 || :
		ip link set "$port" up || :
		;;
	nowhere)
		case $port in
		eth*) tries "$port is made again" add_veth "$port" || : ;;
		card*) tries "$port is bound again" plug_in "$port" || : ;;
		esac
		;;
	esac
}

# Both ends of a cable are one device of the bus.
plug_in() {
	local card=${1#card}
	[ -e "/sys/class/net/$1" ] || echo "testnic.$card" >/sys/bus/platform/drivers/testnic/bind
	ip link set "$1" up
}

delete_port() {
	find_port
	[ "$place" = here ] || { bring_back; return; }
	case $name in
	eth*) tries "$name is deleted" ip link del "$name" || : ;;
	card*) tries "$name is unbound" write_to /sys/bus/platform/drivers/testnic/unbind \
		"testnic.${port#card}" || : ;;
	esac
}

rename_port() {
	local to
	find_port
	[ "$place" = here ] || { bring_back; return; }
	to=$port
	[ "$name" != "$port" ] || to=${port}x
	ip link set "$name" down || :
	tries "$name becomes $to" ip link set "$name" name "$to" || to=$name
	ip link set "$to" up || :
}

move_port() {
	find_port
	if [ "$place" != here ] || [ "$name" != "$port" ]; then
		bring_back
		return
	fi
	tries "$port is moved" ip link set "$port" netns away || :
}

change_port() {
	find_port
	[ "$place" = here ] || { bring_back; return; }
	choose down up 'mtu 1400' 'mtu 9000' 'mtu 1500' 'promisc on' 'promisc off' gro nogro lro tso vlan \
		bridge qdisc
	case $chosen in
	gro) tries "$name: gro on" ethtool -K "$name" gro on || : ;;
	nogro) tries "$name: gro off" ethtool -K "$name" gro off || : ;;
	lro) tries "$name: lro on" ethtool -K "$name" lro on || : ;;
	tso) tries "$name: tso off" ethtool -K "$name" tso off || : ;;
	vlan)
		tries "VLAN on $name" ip link add v5 link "$name" type vlan id 5 || :
		ip link del v5 2>/dev/null || :
		;;
	bridge)
		ip link add br0 type bridge
		tries "bridge over $name" ip link set "$name" master br0 || :
		ip link del br0
		;;
	qdisc) tries "$name: pfifo" tc qdisc replace dev "$name" root pfifo limit 1000 || : ;;
	*)
		# shellcheck disable=SC2086 # words
		tries "$name: $chosen" ip link set "$name" $chosen || :
		ip link set "$name" up || :
		;;
	esac
}

# Super-frames of all kinds, as cards hand them up, and whether capturing changes them.
super_frames() {
	loaded && [ -e /sys/class/net/eth1 ] || return 0
	local each
	tries 'super-frames' watch_skbs || return 0
	for each in /out/supers/*; do
		cat "$each" >$skbwatch/inject 2>/dev/null || :
	done
	cat $skbwatch/kinds >kinds
	[ -z "$(awk '$1 != "missed" && $4' kinds)" ] || give_up "capturing changed frames: $(<kinds)"
	rmmod skbwatch
}

# --- Namespaces and processors ----------------------------------------------------------------

end_namespace() {
	[ -e /run/netns/T ] || return 0
	tries 'namespace T ends' ip netns del T || :
}

make_or_end_namespace() {
	[ ! -e /run/netns/T ] || { end_namespace; return; }
	ip netns add T
	in-netns T sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
	ip -n far link del u1 2>/dev/null || :
	ip -n far link del u2 2>/dev/null || :
	ip -n T link add t1 type veth peer name u1 netns far || return 0
	ip -n T link add t2 type veth peer name u2 netns far || return 0
	printf 'link set %s up\n' t1 t2 | ip -n T -batch -
	printf 'link set %s up\n' u1 u2 | ip -n far -batch -
	loaded || return 0
	tries 'a tap in namespace T' in-netns T sh -c "echo t1:t2 >$sysfs/add" || :
}

switch_processor() {
	local online=/sys/devices/system/cpu/cpu1/online state
	read -r state <$online
	tries "processor 1: $((1 - state))" write_to $online $((1 - state)) || :
}

# --- Memory that is short ---------------------------------------------------------------------

# let_fail TASKS_ONLY PROBABILITY TIMES - some of the next allocations: of tasks that are marked, or
# whoever makes one that cannot wait
let_fail() {
	local what wait=Y
	[ "$1" = N ] || wait=N
	for what in failslab fail_page_alloc; do
		echo 0 >$faults/$what/verbose
		echo "$1" >$faults/$what/task-filter
		echo $wait >$faults/$what/ignore-gfp-wait
		echo "$3" >$faults/$what/times
		echo "$2" >$faults/$what/probability
	done
	echo 0 >$faults/fail_page_alloc/min-order
}

end_of_faults() {
	[ -e $faults/failslab ] || return 0
	echo 0 >$faults/failslab/probability
	echo 0 >$faults/fail_page_alloc/probability
}

# What frames need fails, until the step ends.
short_for_frames() {
	[ -e $faults/failslab ] || return 0
	choose '5 30' '20 30' '50 5' '10 1000'
	say "	allocations for frames fail: percent, times $chosen"
	let_fail N "${chosen% *}" "${chosen#* }"
}

# The next allocations of this process, or one to come, fail.
fail_here() {
	if one_in 3; then
		choose 5 20 50
		let_fail Y "$chosen" 3
		echo 1 >"/proc/$BASHPID/make-it-fail"
	else
		let_fail Y 0 0
		pick 150
		echo $((picked + 1)) >"/proc/$BASHPID/fail-nth"
	fi
}

# One that does not fork, as forking would fail first.
refused_memory() {
	case $1 in
	insmod)
		choose_parameters
		fail_here
		exec insmod "$SOFTTAP_KO" "${parameters[@]}"
		;;
	add)
		choose_pair
		fail_here
		echo "$pair" >$sysfs/add
		;;
	remove)
		choose_tap
		fail_here
		echo "$tap" >$sysfs/remove
		;;
	policy)
		choose_tap
		choose wire record flight
		fail_here
		echo "$chosen" >"$sysfs/$tap/policy"
		;;
	open)
		choose_tap
		fail_here
		: <"/sys/kernel/debug/softtap/$tap/cpu0"
		: <>"/dev/softtap/$tap"
		;;
	capture)
		choose_tap
		fail_here
		exec softtap capture -i "$tap" -a duration:1 -w /tmp/stress/short 'arp or ip'
		;;
	processor)
		echo 0 >/sys/devices/system/cpu/cpu1/online
		fail_here
		echo 1 >/sys/devices/system/cpu/cpu1/online
		;;
	esac
}

# Something of a program's is refused memory.
short_for_programs() {
	local action
	[ -e $faults/failslab ] || return 0
	all_readers_are_excused
	choose add add add remove policy policy open capture processor
	action=$chosen
	loaded || [ "$action" = processor ] || action=insmod
	(refused_memory "$action") </dev/null >short.said 2>&1 || :
	say "	without memory: $action: $(tail -n 1 short.said)"
	end_of_faults
}

# --- All together -----------------------------------------------------------------------------

# Those named more often happen more often.
actions=(load_or_unload load_badly add_tap add_tap add_tap add_tap remove_tap change_setting
	change_setting change_setting look_at_all add_reader add_reader add_reader add_reader add_reader
	add_reader add_reader add_reader
	stop_a_reader stop_a_reader stop_a_reader stop_a_reader delete_port delete_port rename_port
	rename_port move_port change_port change_port change_port super_frames make_or_end_namespace
	make_or_end_namespace switch_processor switch_processor short_for_frames short_for_frames
	short_for_programs short_for_programs)
declare -A happened=()

do_something() {
	local action
	choose "${actions[@]}"
	action=$chosen
	happened[$action]=$((${happened[$action]:-0} + 1))
	"$action"
}
