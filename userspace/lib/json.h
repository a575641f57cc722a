/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SOFTTAP_JSON_H
#define SOFTTAP_JSON_H

#include <stdbool.h>
#include <json-c/json.h>
#include <linux/types.h>

/* Of all that is printed: larger when a key goes, or means something else. */
#define JSON_SCHEMA	1

void json_add(struct json_object *object, const char *key, struct json_object *value);
void json_add_text(struct json_object *object, const char *key, const char *text);
void json_add_number(struct json_object *object, const char *key, __u64 number);
void json_add_signed(struct json_object *object, const char *key, __s64 number);
void json_add_flag(struct json_object *object, const char *key, bool flag);
void json_print(struct json_object *object);
void json_print_line(struct json_object *object);

#endif /* SOFTTAP_JSON_H */
