/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SOFTTAP_RUN_H
#define SOFTTAP_RUN_H

int run_quietly(const char *const argv[], char **output);
const char *run_reason(int err, char *output);
int run_argv(const char *const argv[], char **output);

/* run - run a program with the arguments given, see run_argv() */
#define run(...) run_argv((const char *const[]){ __VA_ARGS__, NULL }, NULL)

#endif /* SOFTTAP_RUN_H */
