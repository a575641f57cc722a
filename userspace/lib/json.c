// SPDX-License-Identifier: GPL-2.0
/* JSON on standard output. */
#include <stdio.h>

#include "lib/json.h"

/**
 * json_add - add something to an object
 * @object: to add to
 * @key: its name
 * @value: belongs to the object afterwards; NULL is null
 */
void json_add(struct json_object *object, const char *key, struct json_object *value)
{
	json_object_object_add(object, key, value);
}

/**
 * json_add_text - add a text to an object
 * @object: to add to
 * @key: its name
 * @text: NULL for null
 */
void json_add_text(struct json_object *object, const char *key, const char *text)
{
	json_add(object, key, text ? json_object_new_string(text) : NULL);
}

/**
 * json_add_number - add a number that is not negative to an object
 * @object: to add to
 * @key: its name
 * @number: all 64 bits of it are printed, though many a reader keeps only 53
 */
void json_add_number(struct json_object *object, const char *key, __u64 number)
{
	json_add(object, key, json_object_new_uint64(number));
}

/**
 * json_add_signed - add a number of either sign to an object
 * @object: to add to
 * @key: its name
 * @number: as json_add_number() has it
 */
void json_add_signed(struct json_object *object, const char *key, __s64 number)
{
	json_add(object, key, json_object_new_int64(number));
}

/**
 * json_add_flag - add true or false to an object
 * @object: to add to
 * @key: its name
 * @flag: which
 */
void json_add_flag(struct json_object *object, const char *key, bool flag)
{
	json_add(object, key, json_object_new_boolean(flag));
}

static void print(struct json_object *object, int flags)
{
	puts(json_object_to_json_string_ext(object, flags));
	json_object_put(object);
}

/**
 * json_print - print an object over several lines, and let go of it
 * @object: what to print
 */
void json_print(struct json_object *object)
{
	print(object, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED);
}

/**
 * json_print_line - print an object in one line, and let go of it
 * @object: what to print
 */
void json_print_line(struct json_object *object)
{
	print(object, JSON_C_TO_STRING_PLAIN);
}
