# SPDX-License-Identifier: GPL-2.0
# usage: awk -F '\t' -f compare.awk RESULTS NOW
# Exit status 1: a figure of softtap's grew by more than LIMIT on the same kernel
# package. On another it only says so.

BEGIN { LIMIT = 2 }	# percent

FNR == 1 { file++ }
$1 == "# kernel package" { kernel[file] = $2 }
$1 != "forward" && $1 != "record" { next }
file == 1 { then[$1, $2] = $3; next }
($1, $2) in then {
	growth = 100 * ($3 / then[$1, $2] - 1)
	if (growth > LIMIT) {
		printf "bench: %s at %d bytes: %.1f, was %.1f instructions: %.1f %% more\n",
		       $1, $2, $3, then[$1, $2], growth >"/dev/stderr"
		worse = 1
	}
}

END {
	if (kernel[1] != kernel[2]) {
		print "bench: the results are those of " kernel[1] ": only a warning" >"/dev/stderr"
		exit 0
	}
	exit worse
}
