# SPDX-License-Identifier: GPL-2.0
# Makes the table of figures from the lines of tests/bench/cost-guest (see there) and
# of tests/bench/cost ("about", what, value). With titles.awk and common.awk.
# Variables: format (tsv or md), sizes (in the order wanted; imix is computed),
# out (dummy, pfifo, wide or veth).
# Exit status 1: repeats differ by more than LIMIT of the figure and by more than ONE.

BEGIN {
	LIMIT = 0.5	# percent
	ONE = 1		# instruction: of a figure near zero a percentage says nothing
}

$1 == "cpu" { cpu = $2; machines++ }
$1 == "clock" { clock = $3 " for a loop of " $2 }
$1 == "slope" {
	if (!seen[$2]++)
		order[++alternatives] = $2
	slope[$2, $3, ++repeats[$2, $3]] = ($7 - $5) / ($6 - $4)
	machine[$2, $3, repeats[$2, $3]] = machines
	few = $4
	many = $6
}

# The median of what was measured; of what is salted anew in each machine, the least.
function middle(name, size,    i, j, n, a, t) {
	n = repeats[name, size]
	for (i = 1; i <= n; i++) {
		t = slope[name, size, i]
		for (j = i; j > 1 && a[j - 1] > t; j--)
			a[j] = a[j - 1]
		a[j] = t
	}
	if (!must_agree(name))
		return a[1]
	return n % 2 ? a[(n + 1) / 2] : (a[n / 2] + a[n / 2 + 1]) / 2
}

# The difference between any two measurements; within one machine, or in all.
function range(name, size, within,    i, j, d, most) {
	most = 0
	for (i = 1; i <= repeats[name, size]; i++)
		for (j = 1; j < i; j++) {
			if (within && machine[name, size, i] != machine[name, size, j])
				continue
			d = slope[name, size, i] - slope[name, size, j]
			if (d < 0)
				d = -d
			if (d > most)
				most = d
		}
	return most
}

# A bridge finds addresses by a hash that is salted anew when it is made: where two fall together
# it does more. So its repeats agree within a machine only.
function must_agree(name) {
	return name != "bridge" && name != "flood"
}

# What one frame of a mix is, when middle or range gave these for its sizes.
function mixed(of60, of590, of1514) {
	return (7 * of60 + 4 * of590 + of1514) / 12
}

function middle_of(name, size) {
	if (size != "imix")
		return middle(name, size)
	repeats[name, size] = repeats[name, 60]
	return mixed(middle(name, 60), middle(name, 590), middle(name, 1514))
}

function range_of(name, size, within) {
	if (size != "imix")
		return range(name, size, within)
	return mixed(range(name, 60, within), range(name, 590, within), range(name, 1514, within))
}

# How often a spread is what it may be.
function excess(difference, of) {
	of = (of < 0 ? -of : of) * LIMIT / 100
	return difference / (of > ONE ? of : ONE)
}

function measure(    i, k, name, within) {
	for (i = 1; i <= alternatives; i++)
		for (k = 1; k <= count; k++) {
			name = order[i]
			total[name, k] = middle_of(name, size[k])
			figure[name, k] = name == "drop" ? total[name, k] : total[name, k] - total["drop", k]
			spread[name, k] = range_of(name, size[k], 0)
			within = must_agree(name) ? spread[name, k] : range_of(name, size[k], 1)
			within = excess(within, figure[name, k])
			if (within > worst)
				worst = within
		}
}

function print_tsv(    i, k) {
	print_tsv_abouts()
	print "alternative\tsize\tover_floor\ttotal\tspread\trepeats"
	for (i = 1; i <= alternatives; i++)
		for (k = 1; k <= count; k++)
			printf "%s\t%s\t%.1f\t%.1f\t%.2f\t%d\n", order[i], size[k],
			       order[i] == "drop" ? 0 : figure[order[i], k],
			       total[order[i], k], spread[order[i], k], repeats[order[i], size[k]]
}

function print_rows(    i, k) {
	printf "| instructions a frame |"
	for (k = 1; k <= count; k++)
		printf " %s | ± |", size[k] == "imix" ? "IMIX" : size[k] " bytes"
	printf "\n| --- |"
	for (k = 1; k <= count; k++)
		printf " ---: | ---: |"
	print ""
	for (i = 1; i <= alternatives; i++) {
		printf "| %s |", title_of(order[i])
		for (k = 1; k <= count; k++)
			printf " %.0f | %.1f |", figure[order[i], k], spread[order[i], k] / 2
		print ""
	}
}

# Of the numbers of repeats the least.
function fewest(    each, least) {
	for (each in repeats)
		if (!least || repeats[each] < least)
			least = repeats[each]
	return least
}

# The figures of all sizes.
function total_of(name,    k, text) {
	for (k = 1; k <= count; k++)
		text = text (k > 1 ? ", " : "") sprintf("%.0f", total[name, k])
	return text
}

function where() {
	if (out == "veth")
		return "a veth whose peer drops it by tc"
	if (out == "wide")
		return "a dummy device with two queues"
	return "a dummy device" (out == "pfifo" ? " with a pfifo" : "")
}

function out_commands() {
	if (out == "dummy")
		return "ip link add out0 type dummy"
	if (out == "pfifo")
		return "ip link add out0 type dummy; tc qdisc add dev out0 root pfifo"
	if (out == "wide")
		return "ip link add out0 numtxqueues 2 type dummy"
	return "ip link add out0 type veth peer name peer0; ip link set peer0 up; " \
	       "tc qdisc add dev peer0 clsact; tc filter add dev peer0 ingress matchall action drop"
}

function print_commands() {
	print "sysctl net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1"
	print "ip link add in0 type dummy; " out_commands() "; ip link set in0 up; ip link set out0 up"
	print_made()
}

function print_md() {
	print "# What a frame costs\n"
	print "Made by `tests/bench/cost`. Instructions that the kernel executes for a frame, from its arrival, in"
	print "batches of 64, to " where() ", beyond those of the floor, where tc drops it as it comes. From the"
	print "slope between " few " and " many " frames, of which none was lost. Where softtap records, a reader is"
	print "attached and idle: its work is not in here.\n"
	print_rows()
	printf "\nThe median of %d repeats or more in %d machine%s of each, and half of what lies between any two.\n",
	       fewest(), machines / alternatives, (machines >= 2 * alternatives ? "s" : "")
	print "A bridge finds addresses by a hash with a salt of each machine's own, and does more where two"
	print "fall together: of its repeats it is the least."
	if (seen["xdp"]) {
		print "Native XDP redirects in the driver, where no skb is made yet, which the floor does: " total_of("xdp")
		print "instructions in all, among them those with which the veth's peer takes the frame and drops it.\n" \
		      "(redirect: tests/bench/redirect.c, through a device map.)"
	}
	if ((order[1], "imix") in repeats)
		print "IMIX is seven frames of 60 bytes, four of 590 and one of 1514, computed from these sizes."
	print_md_abouts()
	print "- CPU: " cpu ", without ERMS and FSRM (memcpy moves 8 bytes an instruction), mitigations=off"
	print "- clock: counts " clock " instructions"
	print "- kernel: " banner "\n"
	print "```"
	print_commands()
	print "```"
}

END {
	count = split(sizes, size, " ")
	measure()
	if (format == "md")
		print_md()
	else
		print_tsv()
	if (worst > 1) {
		printf "bench: repeats differ by %.1f times what they may: %.1f %% of the figure, or %d instruction\n",
		       worst, LIMIT, ONE >"/dev/stderr"
		exit 1
	}
}
