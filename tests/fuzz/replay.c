/* Run a fuzz target over files: every regular file of the folders named, without libFuzzer. */
#include <dirent.h>
#include <sys/stat.h>

#include "fuzz.h"

#define INPUT_BYTES_MAX (1u << 20)

static int replay_file(const char *path) {
    FILE *file = fopen(path, "rb");
    if (file == NULL) return -1;
    /* A buffer of just the right size, so that the sanitizer sees one byte too far. */
    static uint8_t read_buffer[INPUT_BYTES_MAX];
    size_t len = fread(read_buffer, 1, sizeof read_buffer, file);
    fclose(file);
    uint8_t *bytes = malloc(len > 0 ? len : 1);
    if (bytes == NULL) return -1;
    memcpy(bytes, read_buffer, len);
    LLVMFuzzerTestOneInput(bytes, len);
    free(bytes);
    return 0;
}

static int replay_folder(const char *folder) {
    DIR *dir = opendir(folder);
    if (dir == NULL) return -1;
    int count = 0;
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        char path[4096];
        struct stat status;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (stat(path, &status) != 0 || !S_ISREG(status.st_mode)) continue;
        if (replay_file(path) != 0) {
            perror(path);
            count = -1;
            break;
        }
        count++;
    }
    closedir(dir);
    return count;
}

int main(int argc, char **argv) {
    for (int i = 1; i < argc; i++) {
        int count = replay_folder(argv[i]);
        if (count <= 0) {
            fprintf(stderr, "%s: no inputs\n", argv[i]);
            return 1;
        }
        printf("%s: %d inputs\n", argv[i], count);
    }
    return 0;
}
