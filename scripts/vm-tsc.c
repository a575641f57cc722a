// SPDX-License-Identifier: GPL-2.0
/*
 * vm-tsc: prints how fast this processor's time stamp counter counts, in kHz.
 *
 * A guest finds that out by itself while it boots, by a timer that the emulator moves: on a busy
 * host it was once wrong by a factor of thirty. scripts/vm tells it instead.
 */
#include <stdio.h>
#include <time.h>
#include <x86intrin.h>

#define NS	1000000000LL
#define TRIES	100

/**
 * struct moment - counter and clock at once
 * @ticks: the counter
 * @ns: the clock, not steered by NTP
 * @width: ticks between the two readings around that of the clock
 */
struct moment {
	unsigned long long ticks;
	long long ns;
	unsigned long long width;
};

/* Of several the one that took least: nothing came between. */
static struct moment now(void)
{
	struct moment best = { .width = -1ULL };
	int i;

	for (i = 0; i < TRIES; i++) {
		unsigned long long before = __rdtsc(), width;
		struct timespec time;

		clock_gettime(CLOCK_MONOTONIC_RAW, &time);
		width = __rdtsc() - before;
		if (width < best.width)
			best = (struct moment){
				before + width / 2, time.tv_sec * NS + time.tv_nsec, width
			};
	}
	return best;
}

int main(void)
{
	const struct timespec pause = { .tv_nsec = NS / 10 };
	struct moment start = now(), end;

	nanosleep(&pause, NULL);
	end = now();
	printf("%.0f\n", (end.ticks - start.ticks) * 1e6 / (end.ns - start.ns));
	return 0;
}
