# SPDX-License-Identifier: GPL-2.0
# usage: awk -v reader=CPU -f sharing.awk FIELDS LOG phase=idle STORES phase=recording STORES
#
# Which processors wrote which cache lines of softtap's state, from the lines of fields.awk, those of
# tests/bench/sharing-guest and those of the plugin (sharing.c). Prints a table of what was written,
# then what is wrong. Exit status 1: two processors wrote a line; 2: not all was seen that must be.

BEGIN { LINE = 64 }

$1 == "field" {
	if (!($2 in fields))
		place[$2] = ++structures
	n = ++fields[$2]
	field[$2, n] = $3
	from[$2, n] = $4
	size[$2, n] = $5
	next
}
$1 == "count" { counted[$2, $3] = $4; next }
NF == 6 { note($1, $2, $3, $4, $5, $6) }

function field_of(structure, offset,    i) {
	for (i = fields[structure]; i > 0; i--)
		if (offset >= from[structure, i] && offset < from[structure, i] + size[structure, i])
			return field[structure, i]
	return structure in fields ? "(no field)" : "(all)"
}

# The address is of 16 digits: more than a number has here, and the last two will do.
function line_of(address, offset,    digits, low) {
	digits = "0123456789abcdef"
	low = (index(digits, substr(address, 15, 1)) - 1) * 16 + index(digits, substr(address, 16)) - 1
	return int((low % LINE + offset + 16 * LINE) / LINE) - 16
}

# The processor that is meant, in terms that hold for each.
function role(owner, cpu) {
	if (cpu == owner)
		return "its CPU"
	return cpu == reader ? "the reader" : "CPU " cpu
}

# What lies in a line that the structure has a part of only.
function note(structure, owner, address, offset, cpu, count,    line, name, key, row) {
	line = line_of(address, offset)
	name = field_of(structure, offset)
	key = structure "\t" owner "\t" address "\t" line
	if (!((key, cpu) in wrote)) {
		wrote[key, cpu] = 1
		writers[key]++
	}
	if (!seen[key, name, cpu]++)
		wrote_what[key] = wrote_what[key] (wrote_what[key] ? ", " : "") name " by CPU " cpu
	if (!(key in area)) {
		area[key] = structure
		lines[++all] = key
	}
	seen[structure, owner, name, cpu] += count
	if (structure == "records" || owner == reader)
		return
	row = structure "\t" line "\t" name "\t" role(owner, cpu)
	if (!(row in rank))
		rank[row] = place[structure] * 10000 + offset
	stores[row, phase] += count
}

function need(structure, owner, name, cpu) {
	if (seen[structure, owner, name, cpu])
		return
	print "- Not seen: " name " of " structure " of CPU " owner " written by CPU " cpu "."
	missing = 1
}

function check_all_seen(    cpu) {
	for (cpu = 0; cpu < reader; cpu++) {
		need("softtap_counters", cpu, "rx_frames", cpu)
		need("softtap_counters", cpu, "tx_frames", cpu)
		need("softtap_positions", cpu, "committed", cpu)
		need("softtap_positions", cpu, "consumed", reader)
		need("softtap_positions", cpu, "handed", reader)
	}
}

# The relay's own structure is not softtap's: it is shown, and not judged.
function check_lines(    i, part) {
	for (i = 1; i <= all; i++) {
		if (writers[lines[i]] < 2)
			continue
		split(lines[i], part, "\t")
		printf "- %s: line %d of %s%s: %s.\n",
		       part[1] == "rchan_buf" ? "The relay's own" : "Shared", part[4], part[1],
		       part[2] < 0 ? "" : " of CPU " part[2], wrote_what[lines[i]]
		if (part[1] != "rchan_buf")
			shared++
	}
	for (i = 1; i <= all; i++)
		kind[area[lines[i]] == "records" ? "records" : area[lines[i]] == "rchan_buf" ? "" : "own"]++
}

function a_frame(row, phase) {
	return (row, phase) in stores ? sprintf("%.4f", stores[row, phase] / counted[phase, "rx"]) : ""
}

# The row that is next in the order of the structures and their fields; it is taken out.
function next_row(    row, first) {
	first = ""
	for (row in rank)
		if (first == "" || rank[row] < rank[first] || (rank[row] == rank[first] && row < first))
			first = row
	delete rank[first]
	return first
}

function table(    row, part) {
	print "| structure | line | field | written by | stores a frame, without a reader | recorded |"
	print "| --- | ---: | --- | --- | ---: | ---: |"
	while ((row = next_row()) != "") {
		split(row, part, "\t")
		printf "| %s | %d | %s | %s | %s | %s |\n", part[1], part[2], part[3], part[4],
		       a_frame(row, "idle"), a_frame(row, "recording")
	}
	print ""
}

END {
	table()
	check_all_seen()
	check_lines()
	printf "\n**%s**: of %d cache lines of softtap's and %d of records, %d were written by more than one CPU.\n",
	       missing ? "No result" : shared ? "Shared" : "Not shared",
	       kind["own"], kind["records"], shared
	exit missing ? 2 : shared > 0
}
