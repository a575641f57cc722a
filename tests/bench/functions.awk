# SPDX-License-Identifier: GPL-2.0
# usage: sort SYMBOLS COUNTS | awk -v frames=N -v size=S -f functions.awk
#
# Gives each instruction's count to the function that it lies in. Input, sorted
# by address: "ADDRESS s NAME" and "ADDRESS x COUNT". Output: SIZE, function and
# its instructions a frame, separated by tabs.

$2 == "s" {
	if ($1 != at)	# of several names for an address the first
		name = $3
	at = $1
}
$2 == "x" { count[name] += $3 }

END {
	for (name in count)
		printf "%d\t%s\t%.2f\n", size, name, count[name] / frames
}
