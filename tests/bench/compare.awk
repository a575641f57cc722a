# SPDX-License-Identifier: GPL-2.0
# usage: awk -F '\t' -f compare.awk RESULTS NOW
# Holds figures of softtap's against those of the results, and says in the last
# line how they are. Exit status 1: one grew by more than LIMIT, and by more than
# FEW, on the same kernel package. On another it only says so.

BEGIN {
	LIMIT = 2	# percent
	FEW = 2		# instructions: of a figure near zero a percentage says nothing
}

FNR == 1 { file++ }
$1 == "# kernel package" { kernel[file] = $2 }
$1 != "forward" && $1 != "record" { next }
file == 1 { then[$1, $2] = $3; next }
($1, $2) in then {
	compared++
	growth = $3 - then[$1, $2]
	allowed = LIMIT / 100 * then[$1, $2]
	if (growth > (allowed > FEW ? allowed : FEW)) {
		printf "bench: %s at %s bytes: %.1f, was %.1f instructions\n", $1, $2, $3, then[$1, $2]
		worse++
	}
}

END {
	if (kernel[1] != kernel[2]) {
		print "bench: warning: the results are those of " kernel[1] ": no verdict"
		exit 0
	}
	if (worse)
		printf "bench: worse: %d of softtap's %d figures more than %d %% above the results\n",
		       worse, compared, LIMIT
	else
		printf "bench: good: softtap's %d figures are at most %d %% above the results\n",
		       compared, LIMIT
	exit worse > 0
}
