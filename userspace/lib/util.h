/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SOFTTAP_UTIL_H
#define SOFTTAP_UTIL_H

/**
 * ARRAY_SIZE - number of elements
 * @array: an array, not a pointer
 */
#define ARRAY_SIZE(array) (sizeof(array) / sizeof(*(array)))

#endif /* SOFTTAP_UTIL_H */
