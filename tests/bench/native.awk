# SPDX-License-Identifier: GPL-2.0
# Makes the tables from the lines of tests/bench/native-guest (see there) and of
# tests/bench/native ("about", what, value). With titles.awk and common.awk.
# Variables: format (tsv or md), sizes (in the order wanted).

$1 == "least" {
	if (!seen[$3]++)
		order[++alternatives] = $3
	rounds = $2
	total[$3, $4, $2] = $6 / $5
	if (!(($3, $4) in least) || least[$3, $4] > $6 / $5)
		least[$3, $4] = $6 / $5
	frames = $5
}

function least_over(name, bytes) {
	return least[name, bytes] - least["drop", bytes]
}

# Beyond the floor, and all of it to all of mirred: each within its round.
function measure(    i, k, r, name) {
	for (i = 1; i <= alternatives; i++)
		for (k = 1; k <= count; k++)
			for (r = 1; r <= rounds; r++) {
				name = order[i]
				over[name, size[k], r] = total[name, size[k], r] - total["drop", size[k], r]
				ratio[name, size[k], r] = total[name, size[k], r] / total["mirred", size[k], r]
			}
}

# Median, quartiles and what is least as columns, by a format for each number.
function columns(values, name, bytes, number, lowest,    n) {
	n = sorted(values, name SUBSEP bytes, rounds)
	return sprintf(number "\t" number "\t" number "\t" number, quantile(n, 0.5), quantile(n, 0.25),
		       quantile(n, 0.75), lowest)
}

function print_tsv(    i, k, name, bytes) {
	print_tsv_abouts()
	print "alternative\tsize\ttotal_ns\tquartile1\tquartile3\tleast\tover_floor_ns\tquartile1\tquartile3\tleast" \
	      "\tto_mirred\tquartile1\tquartile3\tof_least\trounds"
	for (i = 1; i <= alternatives; i++)
		for (k = 1; k <= count; k++) {
			name = order[i]
			bytes = size[k]
			print name, bytes, columns(total, name, bytes, "%.1f", least[name, bytes]),
			      columns(over, name, bytes, "%.1f", least_over(name, bytes)),
			      columns(ratio, name, bytes, "%.2f", least[name, bytes] / least["mirred", bytes]),
			      rounds
		}
}

# The same in three cells of a table.
function cells(values, name, bytes, number, lowest,    part) {
	split(columns(values, name, bytes, number, lowest), part, "\t")
	return part[1] " | " part[2] " – " part[3] " | " part[4]
}

function print_rows(bytes,    i, name) {
	print "| " bytes " bytes: ns a frame | all | quartiles | least | over the floor | quartiles | least" \
	      " | to mirred | quartiles | of the least |"
	print "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
	for (i = 1; i <= alternatives; i++) {
		name = order[i]
		printf "| %s | %s |", title_of(name), cells(total, name, bytes, "%.0f", least[name, bytes])
		print " " cells(over, name, bytes, "%.0f", least_over(name, bytes)) " | " \
		      cells(ratio, name, bytes, "%.2f", least[name, bytes] / least["mirred", bytes]) " |"
	}
	print ""
}

function print_md(    i, k) {
	print "# What a frame costs at native speed\n"
	print "Made by `tests/bench/native`. Nanoseconds that the kernel takes for a frame, from its arrival, in"
	print "batches of 64, to a dummy device: the kernel's code on this machine's processor, in User-mode Linux."
	print "None was lost. Where softtap records, a reader is attached and idle: its work is not in here.\n"
	print "In each of " rounds " rounds all alternatives were made, measured and unmade in turn; a figure of a round"
	print "is the least of 16 tries with " frames " frames. What is over the floor, a drop by tc, and the ratio of"
	print "all to all of mirred are of figures of one round; then the median and the quartiles of all rounds."
	print "Other work of the machine spreads them, and what is over the floor is a small part of the whole:"
	print "so beside them stands the least of all rounds, what it comes to when nothing came between. Below"
	print "zero: the floor, which has a classifier, takes longer.\n"
	print "Records go to a buffer that holds all tries, of which no cache holds the place of the next record"
	print "any more: their figures are those of memory.\n"
	for (k = 1; k <= count; k++)
		print_rows(size[k])
	print "What is not as in a kernel that drives the machine itself:\n"
	print "- One processor: no locked instructions, no RPS and XPS. No preemption."
	print "- No mitigations, no stack protector. Functions of FORTIFY_SOURCE, allocations that are zeroed,"
	print "  hardened free lists and user copies are as Debian's. So are direct calls and 32-bit addresses; but"
	print "  static branches are tested at run time, and tracepoints are left out."
	print "- All memory is mapped by pages of 4 KiB, by the host: more misses of the TLB, most where much"
	print "  memory is gone through, as by records. memcpy and memset move 8 bytes an instruction, where a"
	print "  kernel that drives the machine takes string instructions if the processor is good at them."
	print "- Interrupts are signals: switching them off is a variable, not an instruction."
	print_md_abouts()
	print "- kernel: " banner "\n"
	print "```"
	print_made()
	print "```"
}

END {
	OFS = "\t"
	count = split(sizes, size, " ")
	measure()
	if (format == "md")
		print_md()
	else
		print_tsv()
}
