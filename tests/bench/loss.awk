# SPDX-License-Identifier: GPL-2.0
# Makes the tables from the lines of tests/bench/loss-guest (see there) and of tests/bench/loss
# ("about", what, value). With titles.awk and common.awk. Variables: format (tsv or md), seconds
# (of a held disk), wanted (sizes), curves (those with a held disk), shares.
# Exit status 1: a frame did not come to the far end, a minute lost some, or a run is missing.

$1 == "cpu" { cpu = $2 }
$1 == "buffers" {
	buffers = $2
	split(buffers, word, " ")
	buffer = 1024 * word[1] / word[6]	# KiB of buffers on N CPUs
}
$1 == "run" {
	if ($6 != $7)
		complain($3 ": " $7 " of " $6 " frames came to the far end")
	if ($2 == "minute")
		note_minute()
	if ($2 == "curve")
		note_curve()
}

function complain(what) {
	print "loss: " what > "/dev/stderr"
	bad = 1
}

# The last of a size is the one that counts.
function note_minute() {
	if (!tried[$3]++)
		order[++sizes] = $3
	minute[$3] = sprintf("%d\t%.1f\t%.1f\t%d\t%d\t%d\t%d\t%d", $6 / $10 * 1e9,
			     $6 * bytes_of($3) * 8 / $10 * 1e3, $10 / 1e9, $6, $7, $8, $9, $12)
	lost[$3] = $9 + $12
}

function note_curve(    came, disk) {
	came = $6 * record_of($3)
	disk = $5 * $10 / 1e9
	if ($10 / 1e9 > longest)
		longest = $10 / 1e9
	seen[$3, $4]++
	curve[++points] = sprintf("%s\t%d\t%.2f\t%d\t%d\t%d\t%.1f\t%.1f\t%.1f", $3, $4, $5 / 1e6, $6, $7, $9,
				  100 * $9 / $6, missing(disk / came), missing((disk + buffer) / came))
}

# Percent that are not in that part of what came.
function missing(part) {
	return part < 1 ? 100 * (1 - part) : 0
}

# Of IMIX, what one is on average.
function bytes_of(size) {
	return size == "imix" ? (7 * 60 + 4 * 590 + 1514) / 12 : size
}

function record_of(size) {
	if (size == "imix")
		return (7 * record_of(60) + 4 * record_of(590) + record_of(1514)) / 12
	return int((size + 47) / 4) * 4
}

function name_of(size) {
	return size == "imix" ? "IMIX" : size + 4
}

function print_tsv(    i) {
	print_tsv_abouts()
	print "# buffers\t" buffers
	if (absent)
		print "# not measured\t" absent
	print "size\tframes_per_s\tmbit_per_s\tseconds\toffered\tarrived\tcaptured\tlost\tverify_status\tminutes_tried"
	for (i = 1; i <= sizes; i++)
		print order[i] "\t" minute[order[i]] "\t" tried[order[i]]
	print "size\tdisk_percent\tdisk_mbyte_per_s\toffered\tarrived\tlost\tlost_percent\texpected\texpected_with_buffer"
	for (i = 1; i <= points; i++)
		print curve[i]
}

function print_minutes(    i, f) {
	print "| bytes of a frame | frames a second | Mbit/s | seconds | offered | at the far end | captured | lost | verify | runs |"
	print "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
	for (i = 1; i <= sizes; i++) {
		split(minute[order[i]], f, "\t")
		printf "| %s | %s | %s | %s | %s | %s | %s | %s | %s | %s |\n", name_of(order[i]), f[1],
		       f[2], f[3], f[4], f[5], f[6], f[7], f[8], tried[order[i]]
	}
}

function print_curves(    i, f) {
	print "| bytes of a frame | disk | 10⁶ bytes/s | frames offered | at the far end | lost | lost, % | 1 - disk/offered, % | less the buffer, % |"
	print "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
	for (i = 1; i <= points; i++) {
		split(curve[i], f, "\t")
		printf "| %s | %s %% | %s | %s | %.4g %% | %s | %s | %s | %s |\n", name_of(f[1]), f[2], f[3],
		       f[4], 100 * f[5] / f[4], f[6], f[7], f[8], f[9]
	}
}

# Sets absent to what an interrupted run has not come to.
function find_absent(    size, share, i, j, n, m) {
	n = split(wanted, size, " ")
	for (i = 1; i <= n; i++)
		if (!(size[i] in tried))
			absent = absent ", " name_of(size[i])
	n = split(curves, size, " ")
	m = split(shares, share, " ")
	for (i = 1; i <= n; i++)
		for (j = 1; j <= m; j++)
			if (!((size[i], share[j]) in seen))
				absent = absent ", " name_of(size[i]) " with " share[j] " % of the disk"
	absent = substr(absent, 3)
}

function print_md() {
	print "# What is lost, and when\n"
	print "Made by `tests/bench/loss`. Frames arrive on a port as a driver's poll hands them up, in bursts of 256,"
	print "on one processor, and leave by a virtual cable, at the end of which they are counted. On the other"
	print "processor `softtap capture` writes them to ext4 on a virtual disk. The buffers are the default ones.\n"
	print "The rates are those of an emulated machine that shares its host: they say nothing of what a real one"
	print "carries. That nothing is lost, and how loss grows, is what this is about.\n"
	print "## A disk that keeps up\n"
	print "The frame sizes of RFC 2544, section 9.1, with FCS, and IMIX (bursts of 64, 594 and 1518 bytes, 7:4:1),"
	print "at the highest rate that was carried: what the source brings at most, or if that was lost the highest"
	print "that halving found; then lowered by a tenth until as many frames as that brings in a minute were"
	print "captured, all of them. `runs` says how many there were of that length. Where it took longer, the"
	print "machine had become slower. `verify` is the exit status of `softtap verify --fail-on-loss FILE`.\n"
	print_minutes()
	print "\n## A disk that does not\n"
	printf "As many frames as the same rates bring in %d seconds (%.1f at most, by the clock). The disk is held to\n", seconds, longest
	print "the given percentage of the bytes a second that the minute's file grew by (io.max). What is not written"
	print "can only be lost: 1 - disk/offered, less what the buffer keeps to the end. The far end gets all in any"
	print "case.\n"
	print_curves()
	if (absent)
		print "\n**Not measured:** " absent "."
	print_md_abouts()
	print "- machine: 2 processors (" cpu "), 1024 MiB, mitigations=off; a virtio disk, a file that the"
	print "  emulator writes to the host's page cache"
	print "- buffers: " buffers " (subbuf_kb and subbufs not given); frames arrive on one"
	print "- kernel: " banner "\n"
	print "```"
	printf "%s", commands["loss"]
	print "softtap capture --cpu 1 -w FILE; softtap verify --fail-on-loss FILE"
	print "```"
}

END {
	find_absent()
	if (format == "md")
		print_md()
	else
		print_tsv()
	for (i = 1; i <= sizes; i++)
		if (lost[order[i]])
			complain(order[i] ": frames are lost at each rate")
	if (absent)
		complain("not measured: " absent)
	exit bad
}
