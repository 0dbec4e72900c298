/*
 * place.h - where the things shipped with the program are, from the build tree and installed alike.
 *
 * Build tree   the folder of the program, or the one two above it (tests), holds config/ and
 * plugins/. Installed    <prefix>/share/pawl and <prefix>/<libdir>/pawl, seen from <prefix>/bin.
 * [start, reload] Looks at the file system; the result may be empty.
 */
#ifndef CONFIG_PLACE_H
#define CONFIG_PLACE_H

#include <stddef.h>

/* The shipped table of instruments: $PAWL_INSTRUMENTS if set, else as above. "" if there is none.
 */
void place_instruments(char *ret, size_t size);
/* The shipped calendars of trading hours: $PAWL_SESSIONS if set, else as above. */
void place_sessions(char *ret, size_t size);
/* The folder of the plugins: $PAWL_PLUGINS if set, else as above. "" if there is none. */
void place_plugins(char *ret, size_t size);
/* The folder of an example's text, "template": in $PAWL_TEMPLATES if set, else as above. */
void place_example(const char *example, char *ret, size_t size);

#endif
