# SPDX-License-Identifier: GPL-2.0
# Makes the tables from the lines of tests/bench/storage-guest (see there) and of
# tests/bench/storage ("about", what, value). With titles.awk and common.awk. Variable: format (tsv or md).
# Exit status 1: instructions of two rounds differ by more than LIMIT of dd's figure.

BEGIN {
	LIMIT = 3	# percent
	count = split("direct cache dd zero full1514 full60 null1514 null60", order, " ")
	title["direct"] = "plain writer, O_DIRECT (xfs_io)"
	title["cache"] = "plain writer, page cache (xfs_io)"
	title["dd"] = "dd from /dev/zero, page cache"
	title["zero"] = "of that, reading /dev/zero (dd to /dev/null)"
	title["full1514"] = "softtap capture, frames of 1514 bytes"
	title["full60"] = "softtap capture, frames of 60 bytes"
	title["null1514"] = "softtap capture to /dev/null, 1514 bytes"
	title["null60"] = "softtap capture to /dev/null, 60 bytes"
}

$1 == "cpu" { cpu = $2 }
$1 == "slope" {
	n = ++rounds[$2, $3]
	cost[$2, $3, n] = ($7 - $5) / ($6 - $4)
	few[$2] = $4
	many[$2] = $6
}

function is_file(writer) {
	return writer != "zero" && writer !~ /^null/
}

function measure(    i, n, writer) {
	for (i = 1; i <= count; i++) {
		writer = order[i]
		n = sorted(cost, "instructions" SUBSEP writer, rounds["instructions", writer])
		insns[writer] = quantile(n, 0.5)
		range[writer] = a[n] - a[1]
		if (range[writer] > most)
			most = range[writer]
		if (!is_file(writer))
			continue
		n = sorted(cost, "ns" SUBSEP writer, rounds["ns", writer])
		low[writer] = rate(quantile(n, 0.75))
		rates[writer] = rate(quantile(n, 0.5))
		high[writer] = rate(quantile(n, 0.25))
		best[writer] = rate(a[1])
	}
}

# Millions of bytes a second from nanoseconds a MiB.
function rate(ns) {
	return 1024 * 1024 / ns * 1000
}

function print_tsv(    i, w) {
	print_tsv_abouts()
	print "writer\tinstructions_per_mib\tspread_percent\tmbyte_per_s\tquartile1\tquartile3\tbest\tto_direct\tto_dd"
	for (i = 1; i <= count; i++) {
		w = order[i]
		printf "%s\t%.0f\t%.2f", w, insns[w], 100 * range[w] / insns[w]
		if (is_file(w))
			printf "\t%.0f\t%.0f\t%.0f\t%.0f\t%.2f\t%.2f", rates[w], low[w], high[w], best[w],
			       rates[w] / rates["direct"], rates[w] / rates["dd"]
		print ""
	}
}

function print_instructions(    i, w) {
	print "| instructions a MiB | | ± | to O_DIRECT | to dd |"
	print "| --- | ---: | ---: | ---: | ---: |"
	for (i = 1; i <= count; i++) {
		w = order[i]
		printf "| %s | %.0f | %.1f %% | %s | %s |\n", title[w], insns[w], 50 * range[w] / insns[w],
		       ratio(w, insns[w] / insns["direct"]), ratio(w, insns[w] / insns["dd"])
	}
}

function ratio(writer, value) {
	return is_file(writer) ? sprintf("%.2f", value) : ""
}

function print_rates(    i, w) {
	print "| 10⁶ bytes a second | median | quartiles | best | to O_DIRECT | to dd |"
	print "| --- | ---: | ---: | ---: | ---: | ---: |"
	for (i = 1; i <= count; i++) {
		w = order[i]
		if (is_file(w))
			printf "| %s | %.0f | %.0f – %.0f | %.0f | %.2f | %.2f |\n", title[w], rates[w], low[w],
			       high[w], best[w], rates[w] / rates["direct"], rates[w] / rates["dd"]
	}
}

function print_md() {
	print "# What it takes to bring a capture to disk\n"
	print "Made by `tests/bench/storage`. The buffers are full before the clock starts, and the reader writes"
	print "until they are empty: no frame arrives meanwhile. All write to a new file on one ext4 on one virtual"
	print "disk, 2 MiB at once, as the reader does, and end when the file is on the disk (fsync). The plain writer"
	print "writes the same 2 MiB of its memory again and again.\n"
	print "Instructions: all that the machine executes, kernel and programs, but for when it is idle; from the"
	print "slope between " few["instructions"] " and " many["instructions"] " MiB, so that what it takes to start a program is not in them. The median"
	printf "of %d rounds, and half of what lies between the least and the most.\n\n", rounds["instructions", "direct"]
	print_instructions()
	print "\nThe reader writes whole sub-buffers out of the mapping with O_DIRECT, and by the page cache what is"
	print "less. To /dev/null it is the reader's own work, which grows with the number of records: it looks at"
	print "the head of each.\n"
	print "By the clock, in another machine: the disk is a file that the emulator writes to the host's page"
	print "cache, and every instruction is emulated. So this says how fast an emulated processor makes data"
	print "ready for a disk that is faster than it; not how fast a disk is. The order of the writers is of"
	print "use, the bytes a second are not those of real machines."
	printf "The median of %d rounds, in each of which all write %d MiB in turn; the programs' start is in it.\n\n",
	       rounds["ns", "direct"], many["ns"]
	print_rates()
	print_md_abouts()
	print "- CPU: " cpu ", without ERMS and FSRM (copies move 8 bytes an instruction), mitigations=off"
	print "- kernel: " banner "\n"
	print "```"
	print "# N MiB; FRAMES: as many as make N MiB of records"
	print "xfs_io -f -d -c 'pwrite -q -b 2m 0 Nm' -c fsync FILE"
	print "xfs_io -f -c 'pwrite -q -b 2m 0 Nm' -c fsync FILE"
	print "dd if=/dev/zero of=FILE bs=2M count=N/2 conv=fsync"
	print "insmod softtap.ko tap=in0:out0 subbufs=" many["ns"] * 2 + 4
	print "softtap capture -c FRAMES -w FILE; sync FILE"
	print "```"
}

END {
	measure()
	if (format == "md")
		print_md()
	else
		print_tsv()
	worst = 100 * most / insns["dd"]
	if (worst > LIMIT) {
		printf "storage: rounds differ by %.2f %% of what dd takes, more than %.1f %%\n", worst, LIMIT >"/dev/stderr"
		exit 1
	}
}
