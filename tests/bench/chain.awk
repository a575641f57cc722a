# SPDX-License-Identifier: GPL-2.0
# Makes the tables of the whole chain from the lines of tests/bench/chain:
#   about, what, value; command, alternative or reader, command;
#   check, processors, of them receive, four sums as below, processors, turns of the loop on each
#   run, processors, of them receive, instructions, of them idle, of them programs', of them
#   copying, alternative, reader, size, frames, of them passed, of them in the file, what the
#   reader said
# Variables: format (tsv or md), sizes (two for the table of copies). With titles.awk and common.awk.
# Exit status 1: softtap lost a frame, or the plugin does not count each instruction.

BEGIN {
	LOOP = 1000000	# instructions of a turn of inject --check
	title["forward"] = "softtap, forward"
	title["listen"] = "softtap, listen only"
	title["daemonlogger"] = "daemonlogger, tap mode"
}

$1 == "command" && !told[$2]++ { command_of[++command_sets] = $2 }
$1 == "check" && !counted[$2] {
	if (check_turns[$2] && check_turns[$2] < $9)
		counted[$2] = ($6 - check_user[$2]) / ($9 - check_turns[$2]) / $2
	check_turns[$2] = $9
	check_user[$2] = $6
}
$1 == "run" || $1 == "warm-up" {
	machine = $2 SUBSEP $3
	row = machine SUBSEP $8 SUBSEP $9
	if (!machine_seen[machine]++)
		machine_of[++machines] = machine
	if (!row_seen[row]++)
		row_of[++rows] = row
	look_for_loss(row, $10, $11, $12, $13)
}
$1 == "run" {
	keep(row, $10, $11, $4 - $5, $6, $7)
	if (!few_of[machine] || $11 < few_of[machine])
		few_of[machine] = $11
	if ($11 > many_of[machine])
		many_of[machine] = $11
}

function look_for_loss(row, size, frames, passed, written) {
	if (passed != frames && !lost[row, size])
		lost[row, size] = passed " of " frames " passed"
	if (written != "-" && written != frames && !lost[row, size])
		lost[row, size] = written " of " frames " in the file"
}

# A run with few frames, then one with more, make one measurement.
function keep(row, size, frames, busy, user, copying,    n, more) {
	if (!((row, size) in first) || first[row, size] >= frames) {
		first[row, size] = frames
		busy_few[row, size] = busy
		user_few[row, size] = user
		copying_few[row, size] = copying
		return
	}
	more = frames - first[row, size]
	n = ++repeats[row, size]
	slope[row, size, n] = (busy - busy_few[row, size]) / more
	user_sum[row, size] += (user - user_few[row, size]) / more
	copy_sum[row, size] += (copying - copying_few[row, size]) / more
	first[row, size] = frames
}

# Sets total and range of a row's measurements.
function settle(row, size,    n) {
	n = sorted(slope, row SUBSEP size, repeats[row, size])
	total[row, size] = quantile(n, 0.5)
	range[row, size] = a[n] - a[1]
}

function field(row, which,    part) {
	split(row, part, SUBSEP)
	return part[which]
}

function floor_of(row) {
	return field(row, 1) SUBSEP field(row, 2) SUBSEP "drop" SUBSEP "alone"
}

# A row's instructions a frame beyond the floor; the floor's own are all of them.
function figure(row, size) {
	return row == floor_of(row) ? total[row, size] : total[row, size] - total[floor_of(row), size]
}

# Half of what lies between any two measurements, the floor's too, in instructions.
function spread(row, size,    all) {
	all = range[row, size]
	if (row != floor_of(row))
		all += range[floor_of(row), size]
	return all / 2
}

function row_title(row,    name) {
	name = title_of(field(row, 3))
	if (field(row, 4) == "softtap")
		return name " + softtap capture"
	return field(row, 4) == "alone" ? name : name " + " field(row, 4)
}

function print_tsv(    i, k, row) {
	print_tsv_abouts()
	print "processors\treceive\talternative\treader\tsize\tover_floor\ttotal\tprograms\t" \
	      "spread\trepeats\tlost"
	for (i = 1; i <= rows; i++)
		for (k = 1; k <= count; k++) {
			row = row_of[i]
			printf "%s\t%s\t%s\t%s\t%s\t", field(row, 1), field(row, 2), field(row, 3),
			       field(row, 4), size[k]
			if (lost[row, size[k]])
				printf "-\t-\t-\t-\t%d\t%s\n", repeats[row, size[k]], lost[row, size[k]]
			else
				printf "%.1f\t%.1f\t%.1f\t%.1f\t%d\t-\n", figure(row, size[k]),
				       total[row, size[k]], user_sum[row, size[k]] / repeats[row, size[k]],
				       spread(row, size[k]), repeats[row, size[k]]
		}
}

function print_table(machine,    i, k, row) {
	printf "| instructions a frame |"
	for (k = 1; k <= count; k++)
		printf " %s bytes | ± |", size[k]
	printf "\n| --- |"
	for (k = 1; k <= count; k++)
		printf " ---: | ---: |"
	print ""
	for (i = 1; i <= rows; i++) {
		row = row_of[i]
		if (field(row, 1) SUBSEP field(row, 2) != machine)
			continue
		printf "| %s |", row_title(row)
		for (k = 1; k <= count; k++)
			if (lost[row, size[k]])
				printf " no result: %s | |", lost[row, size[k]]
			else
				printf " %.0f | %.0f |", figure(row, size[k]), spread(row, size[k])
		print ""
	}
}

# The cheapest capture program beside tc redirect. Return: its row, or "".
function best_beside(machine, size,    i, row, best) {
	for (i = 1; i <= rows; i++) {
		row = row_of[i]
		if (field(row, 1) SUBSEP field(row, 2) == machine && field(row, 3) == "mirred" &&
		    field(row, 4) != "alone" && !lost[row, size] &&
		    (best == "" || total[row, size] < total[best, size]))
			best = row
	}
	return best
}

function print_ratios(machine,    k, row, best) {
	row = machine SUBSEP "forward" SUBSEP "softtap"
	for (k = 1; k <= count; k++) {
		best = best_beside(machine, size[k])
		if (best != "" && repeats[row, size[k]] && !lost[row, size[k]])
			printf "- %s, against the cheapest of tc redirect and a capture program (%s), " \
			       "at %s bytes: %.2f\n", row_title(row), field(best, 4), size[k],
			       figure(row, size[k]) / figure(best, size[k])
	}
}

function growth(sum, row) {
	return (sum[row, size[2]] / repeats[row, size[2]] -	\
		sum[row, size[1]] / repeats[row, size[1]]) / (size[2] - size[1])
}

# The floor copies each frame once, in the injection: what that takes for a byte is a copy.
function print_copies(machine,    i, row, base) {
	base = machine SUBSEP "drop" SUBSEP "alone"
	print "| for each byte of a frame | kernel's copies | programs' instructions |\n| --- | ---: | ---: |"
	for (i = 1; i <= rows; i++) {
		row = row_of[i]
		if (field(row, 1) SUBSEP field(row, 2) == machine && row != base &&
		    !lost[row, size[1]] && !lost[row, size[2]])
			printf "| %s | %.2f | %.2f |\n", row_title(row),
			       growth(copy_sum, row) / growth(copy_sum, base) - 1,
			       growth(user_sum, row) - growth(user_sum, base)
	}
}

function print_machine(machine,    part) {
	split(machine, part, SUBSEP)
	printf "\n## %d processor%s", part[1], part[1] == 1 ? "" : "s"
	print part[1] == 1 ? "" : part[2] == 1 ? ", one receives, another reads" : ", all receive"
	print "\nSlope between " few_of[machine] " and " many_of[machine] " frames.\n"
	print_table(machine)
	print ""
	print_ratios(machine)
}

# The loop's instructions, and the few that take the time around it.
function verify(    count, wrong) {
	for (count in counted)
		if (counted[count] < LOOP || counted[count] > 1.001 * LOOP) {
			printf "chain: the plugin counts %.0f for %d instructions, processors: %d\n",
			       counted[count], LOOP, count >"/dev/stderr"
			wrong = 1
		}
	return wrong
}

function print_verified(    i, count) {
	for (i = 1; i <= machines; i++) {
		count = field(machine_of[i], 1)
		if (count in counted && !shown[count]++)
			printf "- the plugin counts %.1f instructions for a loop of %d%s\n", counted[count], LOOP,
			       count == 1 ? "" : " on each of " count " processors at once"
	}
}

function print_head() {
	print "# What the whole chain costs\n"
	print "Made by `tests/bench/chain`. Instructions for a frame, on all processors, of the kernel and of all"
	print "programs, all that is not the idle loop's: from its arrival to the last byte in a file on ext4 on"
	print "a virtio disk, `sync` included; beyond those of the floor, where tc drops it as it comes. Frames"
	print "come in bursts of 256. The figure is the median, beside it half of what lies between any two"
	print "measurements, the floor's too. There is one only if each frame left and is in the file.\n"
	print "A single processor makes 1000 instructions a microsecond, and a burst starts each 5 ms (51,200"
	print "frames a second). Several take turns in one thread of the emulator, each some hundred times"
	print "slower, and a burst starts each 0.1 s."
}

function print_md(    i) {
	print_head()
	for (i = 1; i <= machines; i++)
		print_machine(machine_of[i])
	if (count == 2) {
		print "\n## Copies of the payload\n"
		print "What grows with a frame's size, between " size[1] " and " size[2] " bytes, beyond the floor:"
		print "instructions of the kernel's functions that copy memory, where the copy that the floor has, the"
		print "injection's, is 1. Programs copy by themselves, too: 8 to 32 bytes an instruction.\n"
		print_copies(machine_of[1])
	}
	print "\n## Conditions"
	print_md_abouts()
	print "- CPU: emulated, without ERMS and FSRM, mitigations=off"
	print_verified()
	print "- Suricata's af-packet tap is missing: Debian 12 has no Suricata.\n\n```"
	for (i = 1; i <= command_sets; i++)
		printf "# %s\n%s", title_of(command_of[i]),
		       commands[command_of[i]]
	print "```"
}

END {
	count = split(sizes, size, " ")
	failed = verify()
	for (i = 1; i <= rows; i++)
		for (k = 1; k <= count; k++) {
			settle(row_of[i], size[k])
			if (lost[row_of[i], size[k]] && (field(row_of[i], 3) ~ /^(forward|listen)$/)) {
				print "chain: softtap: " lost[row_of[i], size[k]] >"/dev/stderr"
				failed = 1
			}
		}
	if (format == "md")
		print_md()
	else
		print_tsv()
	exit failed
}
