/* The bound with jansson: each line is parsed, the user is set in the activity, and the activity is written anew. See bound.h. */
#include "bound.h"
#include <jansson.h>

static void take_line(struct client *client, const char *line, size_t count) {
    static const char opening[] = "{\"command\":\"ACTIVITY_BROADCAST\",\"activity\":";
    static char text[LINE_BYTES * 2];
    json_t *message = json_loadb(line, count, JSON_REJECT_DUPLICATES, NULL);
    const char *command = json_string_value(json_object_get(message, "command"));
    if (command && strcmp(command, "LOGIN") == 0) {
        log_in(client);
    } else if (command && strcmp(command, "ACTIVITY_MESSAGE") == 0) {
        json_t *activity = json_object_get(message, "activity");
        if (json_is_object(activity)) {
            json_object_set_new(activity, "authenticated_user", json_string("anonymous"));
            size_t length = json_dumpb(activity, text, sizeof text, JSON_COMPACT);
            if (length > 0 && length <= sizeof text) {
                log_bytes(opening, sizeof opening - 1);
                log_bytes(text, length);
                log_tail();
            }
        }
    }
    json_decref(message);
}

int main(int argc, char **argv) {
    return run(argc, argv);
}
