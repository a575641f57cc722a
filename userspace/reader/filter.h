/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SOFTTAP_FILTER_H
#define SOFTTAP_FILTER_H

#include <pcap/pcap.h>

int filter_compile(struct bpf_program *program, const char *expression);
char *filter_join(char **words);
void filter_refused(const char *tap);

#endif /* SOFTTAP_FILTER_H */
