#include <histedit.h>
#include <stdio.h>
#include <wchar.h>

/* How many columns a character takes; below 0 for one that can't be seen. The header only has it for X/Open programs. */
extern int wcwidth(wchar_t character);

/* el_set takes a variable list of arguments, which Swift can't call. */

/* Reads characters with this function, which gets `data` back from coppice_edit_data. */
static inline int coppice_edit_read_with(EditLine *edit, el_rfunc_t read, void *data) {
    return el_wset(edit, EL_CLIENTDATA, data) | el_wset(edit, EL_GETCFN, read);
}

static inline void *coppice_edit_data(EditLine *edit) {
    void *data = NULL;
    el_wget(edit, EL_CLIENTDATA, &data);
    return data;
}

/* el_wgets then does one command a call, instead of waiting for a whole line. Enters the terminal's raw mode. */
static inline int coppice_edit_go_by_command(EditLine *edit, int on) {
    return el_wset(edit, EL_UNBUFFERED, on);
}

static inline int coppice_edit_raw_mode(EditLine *edit, int on) {
    return el_wset(edit, EL_PREP_TERM, on);
}

static inline int coppice_edit_keys_of_emacs(EditLine *edit) {
    return el_wset(edit, EL_EDITOR, L"emacs");
}

static inline int coppice_edit_bind(EditLine *edit, const char *key, const char *command) {
    return el_set(edit, EL_BIND, key, command, NULL);
}
