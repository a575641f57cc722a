#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Seconds: 54
# Covers: kmod/transmit.[ch] userspace/commands/post.c userspace/host/queues.[ch]
# Covers: userspace/host/interrupts.[ch] userspace/host/irqbalance.[ch]
# Covers: userspace/host/placement.[ch] userspace/lib/run.[ch] userspace/lib/cpus.[ch]
#
# Queues and processors, as softtap up sets them: what is received on queue n is sent on queue n,
# whatever XPS said before; --queues gives ports as many queues as asked for; --cpus has a card's
# interrupts, the reader and what works on captures where they are to be, and irqbalance leaves it
# so. softtap down puts all of it back.
#
#	            this machine
#	       +-----------------------+
#	 eth0 -+ eth1   softtap   eth2 +- eth3	cards, for their interrupts
#	       | many             wide +- far	a TAP device and a veth pair, for their queues
#	       +-----------------------+

# shellcheck source=tests/lib/test.sh
. "$(dirname "$0")/../lib/test.sh"

cards='--nic virtio-net-pci --nic e1000e --nic virtio-net-pci --nic e1000e'
machines=("--kernel 6.1 --smp 4 $cards" "--kernel 6.12 --smp 4 $cards")
queues=4
frames=100	# each time, on one queue

# All that is at stake.
picture() {
	grep -s . /sys/class/net/*/queues/*/{xps_cpus,xps_rxqs,rps_cpus,rps_flow_cnt} || :
	ls /run/softtap /run/softtap/ports
}

before() {
	picture >picture.before
}

as_before() {
	picture >picture.after
	ok "$1: all is as it was" diff picture.before picture.after
}

queues_of() {
	find "/sys/class/net/$1/queues/" -name "$2-*" | wc -l
}

# --- Queues -------------------------------------------------------------------------------------------

# Both steer away: every frame to transmit queue 0, and to another processor.
add_wide_ports() {
	local queue
	modprobe -a tun veth
	coproc many (send-on-queue many $queues $frames)
	said ready
	ip link add wide numrxqueues $queues numtxqueues $queues type veth \
		peer name far numrxqueues $queues numtxqueues $queues
	ip link set far up
	ip link set many up
	echo f >/sys/class/net/wide/queues/tx-0/xps_cpus
	for ((queue = 0; queue < queues; queue++)); do
		echo 8 >"/sys/class/net/many/queues/rx-$queue/rps_cpus"
		echo 64 >"/sys/class/net/many/queues/rx-$queue/rps_flow_cnt"
	done
}

said() {
	local line
	read -r -t 60 line <&"${many[0]}"
	[ "$line" = "$1" ]
}

send_on() {
	echo "$1" >&"${many[1]}"
	said sent
	within 10 frames_passed
}

frames_passed() {
	sent=$((sent_before + frames))
	[ "$(counter b/tx_frames)" = $sent ]
}

# What each transmit queue of a port has sent: "0 100 0 0"
sent_by_queue() {
	tc -s -j qdisc show dev wide |
		jq -r '[.[] | select(.kind == "pfifo")] | sort_by(.parent) | map(.packets) | join(" ")'
}

# A qdisc for each queue, which counts.
count_by_queue() {
	local queue
	{
		echo qdisc replace dev wide root handle 1: mq
		for ((queue = 1; queue <= queues; queue++)); do
			echo qdisc replace dev wide parent 1:$queue pfifo limit 1000
		done
	} | tc -batch -
}

test_straight() {
	local queue expected=
	before
	softtap up many wide
	is 'nobody chooses another processor' "$(cat /sys/class/net/many/queues/rx-*/rps_* | sort -u)" 0
	count_by_queue
	for queue in 3 1 2 0; do
		sent_before=$(counter b/tx_frames)
		send_on $queue
	done
	for ((queue = 0; queue < queues; queue++)); do
		expected+=" $frames"
	done
	is 'each queue is sent on the queue of its number' "$(sent_by_queue)" "${expected# }"
	tc qdisc delete dev wide root
	softtap down
	as_before 'straight'
}

test_number() {
	before
	ok 'up --queues 1' softtap up --queues 1 wide far
	is 'each port has one' "$(queues_of wide rx) $(queues_of wide tx) $(queues_of far rx)" '1 1 1'
	softtap down
	as_before 'up --queues'
	is 'up --queues 5' "$(softtap up --queues 5 wide far 2>&1)" 'softtap: wide can have 4 queues at most'
	like 'up --queues 1, on what has them for good' "$(softtap up --queues 1 many wide 2>&1)" \
		'^softtap: .*(which its driver cannot change|Operation not supported)'
	is 'up --queues 0' "$(softtap up --queues 0 wide far 2>&1)" \
		"softtap: --queues 0: must be a number of queues, 1 to 65536"
	as_before 'up --queues that cannot be'
}

# --- Processors ---------------------------------------------------------------------------------------

interrupts_of() {
	local device
	device=$(realpath "/sys/class/net/$1/device")
	[ -d "$device/msi_irqs" ] || device=${device%/*}
	ls "$device/msi_irqs"
}

# Where the interrupts of both ports may go, without repetition.
affinities() {
	local irq files=()
	for irq in $(interrupts_of eth1) $(interrupts_of eth2); do
		files+=("/proc/irq/$irq/smp_affinity_list")
	done
	sort -u "${files[@]}" | paste -sd ' '
}

# What irqbalance leaves alone: "24 25"
banned() {
	echo setup | timeout 10 socat -t 5 - UNIX-CONNECT:"$(echo /run/irqbalance/irqbalance*.sock)" |
		grep -oP '(?<=IRQ )\d+' | paste -sd ' '
}

# It looks every second, and with nothing to do places all that it may.
start_irqbalance() {
	mkdir -p /run/irqbalance
	irqbalance --foreground --interval=1 --banirq=1 </dev/null >irqbalance.log 2>&1 &
	balancer=$!
	within 30 is_balanced
}

is_balanced() {
	[ "$(banned)" = 1 ]
}

rounds() {
	sleep 4
	kill -0 "$balancer"
}

# traffic PER_SECOND - each way
traffic() {
	send-frames eth0 "$SOFTTAP_OUT/plain" "$1" &
	send-frames eth3 "$SOFTTAP_OUT/plain" "$1"
	wait $!
}

runs_on() {
	[ "$(taskset -cp "$2" | sed 's/.*: //')" = "$1" ]
}

# Those of both ports that came to each processor: "0 0 0 312"
interrupts() {
	awk -v irqs="$(interrupts_of eth1; interrupts_of eth2)" '
	BEGIN { split(irqs, list); for (i in list) wanted[list[i] ":"] }
	NR == 1 { cpus = NF }
	$1 in wanted { for (i = 1; i <= cpus; i++) sum[i] += $(i + 1) }
	END { for (i = 1; i <= cpus; i++) printf "%d%s", sum[i], i < cpus ? " " : "\n" }' /proc/interrupts
}

test_processors() {
	local were are
	start_irqbalance
	before
	softtap up --queues 1 --cpus rx=3,reader=1,post=0,2 eth1 eth2
	is 'interrupts go where they are to' "$(affinities)" 3
	is 'irqbalance is told so' "$(banned | wc -w)" \
		$(($(interrupts_of eth1 | wc -l) + $(interrupts_of eth2 | wc -l) + 1))
	softtap capture -w capture.pcapng </dev/null 2>capture.log &
	reader=$!
	ok 'the reader runs where it is to' within 30 runs_on 1 "$reader"
	is 'what softtap post starts has two processors' "$(softtap post nproc)" 2
	ip link set eth0 up
	ip link set eth3 up
	within 30 grep -q 1 /sys/class/net/eth1/carrier
	within 30 grep -q 1 /sys/class/net/eth3/carrier
	# The first of each after a change may still come where the last one did.
	traffic 5000
	were=$(interrupts)
	traffic 500 &
	ok 'irqbalance is there for some rounds' rounds
	wait $!
	are=$(interrupts)
	is 'interrupts still go where they are to' "$(affinities)" 3
	is 'none came elsewhere' "${are% *}" "${were% *}"
	ok 'they came' [ $((${are##* } - ${were##* })) -gt 100 ]
	is 'softtap show' "$(softtap show -j | jq -c '.taps[0].cpus')" '{"rx":"3","reader":"1","post":"0,2"}'
	stop_reader
	softtap down
	is 'down: irqbalance has them back' "$(banned)" 1
	kill "$balancer"
	wait "$balancer" || :
	as_before 'up --cpus'
}

# One that leaves so many alone that its list is longer than what it takes. What it is asked is noted.
pretend_irqbalance() {
	seq -f 'IRQ %g LOAD 0 DIFF 0 CLASS 0' 900 1019 | paste -sd ' ' >banned.list
	mkdir -p /run/irqbalance
	socat UNIX-LISTEN:/run/irqbalance/irqbalance1.sock,fork \
		SYSTEM:'head -c 5 >>asked; cat banned.list' </dev/null 2>/dev/null &
	balancer=$!
	within 30 test -S /run/irqbalance/irqbalance1.sock
}

test_long_list() {
	rm -f /run/irqbalance/*.sock
	pretend_irqbalance
	before
	is 'a list too long for irqbalance: up fails' \
		"$(softtap up --cpus rx=1 eth1 eth2 >/dev/null 2>up.log; echo $?)" 1
	is 'and says why' "$(grep '^softtap: irqbalance' up.log)" \
		'softtap: irqbalance takes no list of so many interrupts: stop it first'
	like 'irqbalance gets no half of it' "$(cat asked)" '^(setup)+$'
	as_before 'up --cpus that irqbalance does not take'
	kill $balancer
}

# Without irqbalance they are where they were. A card of one queue has them on one of the processors.
test_processors_alone() {
	local was
	echo 2 >"/proc/irq/$(interrupts_of eth1 | head -n 1)/smp_affinity_list"
	was=$(grep . /proc/irq/*/smp_affinity_list)
	before
	softtap up --cpus rx=1,3 eth1 eth2
	is 'on the first of several processors' "$(affinities)" 1
	softtap down
	is 'down: interrupts go where they went' "$(grep . /proc/irq/*/smp_affinity_list)" "$was"
	as_before 'up --cpus without irqbalance'
	is 'no such processor' "$(softtap up --cpus rx=3-5 eth1 eth2 2>&1)" \
		'softtap: --cpus: processor 4-5 is not there or not online'
	like 'no such word' "$(softtap up --cpus tx=3 eth1 eth2 2>&1)" '^softtap: --cpus tx=3: must be'
	as_before 'up --cpus that cannot be'
	is 'a port without interrupts' "$(softtap up --cpus rx=1 wide far 2>&1 | head -n 1)" \
		'softtap: warning: wide has no interrupts: its frames are received where they are sent'
	softtap down
}

prepare() {
	make-frames plain 1 60 1500 plain
}

guest() {
	mkdir -p /run/softtap/ports
	add_wide_ports
	test_straight
	test_number
	test_processors
	test_long_list
	test_processors_alone
}

run_test
