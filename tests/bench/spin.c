// SPDX-License-Identifier: GPL-2.0
/*
 * spin - keep a processor busy whose clock counts instructions, and take the spinning out of it
 *
 * On the bench's machine (scripts/vm --icount) the time stamp counter is the number of instructions
 * executed since power-on as long as the processor is never idle. `chrt --idle 0 spin FILE &` sees
 * to that, and counts its own turns in FILE. `spin --work FILE` prints the instructions that were
 * executed for anything else: those of the whole machine, kernel and programs.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define INSNS_A_TURN	2

static unsigned long long *map_turns(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT, 0600);
	void *turns;

	if (fd < 0 || ftruncate(fd, sizeof(unsigned long long)))
		return NULL;
	turns = mmap(NULL, sizeof(unsigned long long), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	return turns == MAP_FAILED ? NULL : turns;
}

static void spin(unsigned long long *turns)
{
	__asm__ volatile("1: incq (%0); jmp 1b" :: "r"(turns) : "memory", "cc");
}

static unsigned long long executed(void)
{
	unsigned int low, high;

	__asm__ volatile("lfence; rdtsc" : "=a"(low), "=d"(high));
	return (unsigned long long)high << 32 | low;
}

int main(int argc, char **argv)
{
	int work = argc == 3 && !strcmp(argv[1], "--work");
	unsigned long long *turns;

	if (argc != 2 + work) {
		fputs("usage: spin FILE\n"
		      "       spin --work FILE\n", stderr);
		return 2;
	}
	turns = map_turns(argv[argc - 1]);
	if (!turns) {
		perror(argv[argc - 1]);
		return 1;
	}
	if (!work)
		spin(turns);
	printf("%llu\n", executed() - INSNS_A_TURN * *turns);
	return 0;
}
