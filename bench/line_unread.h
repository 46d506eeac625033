/* A line that starts as LOGIN is one, and of every other line what follows `"activity":` is copied into the log unread. */
#pragma once

static void take_line(struct client *client, const char *line, size_t count) {
    static const char login[] = "{\"command\":\"LOGIN\"", key[] = "\"activity\":";
    static const char opening[] = "{\"command\":\"ACTIVITY_BROADCAST\",\"activity\":";
    static const char user[] = ",\"authenticated_user\":\"anonymous\"}";
    if (count >= sizeof login - 1 && memcmp(line, login, sizeof login - 1) == 0) return log_in(client);
    const char *found = memmem(line, count, key, sizeof key - 1);
    if (!found) return;
    found += sizeof key - 1;
    /* The activity is the last member: without the two closing braces, since the user comes behind. */
    size_t length = (size_t)(line + count - found);
    if (length < 3) return;
    log_bytes(opening, sizeof opening - 1);
    log_bytes(found, length - 2);
    log_bytes(user, sizeof user - 1);
    log_tail();
}
