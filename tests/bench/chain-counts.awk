# SPDX-License-Identifier: GPL-2.0
# usage: awk -f chain-counts.awk SYMBOLS COUNTS
#
# Sums up what plugin.c counted between each pair of markers: "PAIR ALL IDLE USER
# COPIES", all instructions, and of these the idle loop's, those of programs, and
# those of the kernel's functions that copy. Input: "ADDRESS s NAME" sorted by
# address, and the plugin's file.

BEGIN {
	IDLE = 1
	COPY = 2
	# What a processor comes to only when it has nothing to do, on its way to sleep and back.
	idle_names = "^(do_idle|cpu_startup_entry|default_idle|arch_cpu_idle|native_safe_halt|" \
		     "cpuidle_|menu_|ladder_|haltpoll_|poll_idle|tick_nohz_idle_|tick_nohz_get_|" \
		     "tick_nohz_stop_|tick_nohz_next_|tick_nohz_tick_stopped|tick_nohz_restart|" \
		     "nohz_|ct_idle_|rcu_idle_|tsk_idle|rcu_needs_cpu|ct_cpuidle_|" \
		     "get_next_timer_interrupt|__get_next_timer_interrupt|" \
		     "hrtimer_next_event_without|hrtimer_get_next_event|calc_load_nohz_)"
	copy_names = "^(__memcpy|memcpy|memcpy_orig|memcpy_erms|__memmove|memmove|" \
		     "copy_user_generic_.*|copy_user_enhanced_.*|__copy_user_nocache|" \
		     "rep_movs_alternative)$"
}

function kind_of(name) {
	return name ~ idle_names ? IDLE : name ~ copy_names ? COPY : 0
}

# Of several names for an address the first.
FNR == NR {
	if ($1 != at && kind_of($3) != kind[limits]) {
		limit[++limits] = $1	# where functions of a kind begin
		kind[limits] = kind_of($3)
	}
	at = $1
	next
}

# The kind of an instruction, looked up once for each address.
function look_up(address,    low, high, middle) {
	low = 0
	high = limits
	while (low < high) {
		middle = int((low + high + 1) / 2)
		if (limit[middle] <= address)
			low = middle
		else
			high = middle - 1
	}
	return kind[low]
}

function report() {
	if (pair)
		printf "%d %.0f %.0f %.0f %.0f\n", pair, all, sum[IDLE], user, sum[COPY]
	all = user = sum[IDLE] = sum[COPY] = 0
}

$1 == "=" { report(); pair = $2; next }
{ all += $2 }
$1 == "user" { user += $2; next }
{
	if (!($1 in class))
		class[$1] = look_up($1)
	sum[class[$1]] += $2
}

END { report() }
