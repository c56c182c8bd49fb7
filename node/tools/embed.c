/* embed: files as C data.
 *   embed OUT.c SYMBOL name=path …
 * writes  const struct embedded SYMBOL[] = { {name, type, bytes, n, hash}, …, {0} };
 * (node/base/embed.h). The hash names a version of the file in addresses; it is no security. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *type_of(const char *name)
{
    static const char *const types[][2] = {
        {".css", "text/css; charset=utf-8"},  {".js", "text/javascript; charset=utf-8"},
        {".svg", "image/svg+xml"},            {".png", "image/png"},
        {".ico", "image/x-icon"},             {".webmanifest", "application/manifest+json"},
        {".txt", "text/plain; charset=utf-8"}, {".woff2", "font/woff2"},
        {".mo", "application/octet-stream"},  {".md", "text/plain; charset=utf-8"},
        {".jpg", "image/jpeg"},
    };
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot != NULL && i < sizeof types / sizeof *types; i++)
        if (strcmp(dot, types[i][0]) == 0)
            return types[i][1];
    return "application/octet-stream";
}

static void one_file(FILE *out, const char *path, int i, uint64_t *ret_hash, size_t *ret_n)
{
    FILE *f = fopen(path, "rb");
    if (f == NULL) {
        perror(path);
        exit(1);
    }
    uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a */
    size_t n = 0;
    int c;
    fprintf(out, "static const unsigned char bytes_%d[] = {", i);
    while ((c = fgetc(f)) != EOF) {
        fprintf(out, "%s%d,", n % 24 == 0 ? "\n" : "", c);
        hash = (hash ^ (uint64_t)c) * UINT64_C(0x100000001b3);
        n++;
    }
    fprintf(out, "0};\n");
    fclose(f);
    *ret_hash = hash;
    *ret_n = n;
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fputs("usage: embed OUT.c SYMBOL name=path …\n", stderr);
        return 2;
    }
    FILE *out = fopen(argv[1], "wb");
    if (out == NULL) {
        perror(argv[1]);
        return 1;
    }
    fputs("/* Made by embed; do not edit. */\n#include \"node/base/embed.h\"\n\n", out);
    int n_files = argc - 3;
    uint64_t *hash = calloc((size_t)n_files + 1, sizeof *hash);
    size_t *size = calloc((size_t)n_files + 1, sizeof *size);
    if (hash == NULL || size == NULL)
        abort();
    for (int i = 0; i < n_files; i++) {
        char *eq = strchr(argv[i + 3], '=');
        if (eq == NULL) {
            fprintf(stderr, "embed: '%s' is not name=path\n", argv[i + 3]);
            return 2;
        }
        *eq = '\0';
        one_file(out, eq + 1, i, &hash[i], &size[i]);
    }
    fprintf(out, "\nextern const struct embedded %s[];\nconst struct embedded %s[] = {\n", argv[2],
            argv[2]);
    for (int i = 0; i < n_files; i++)
        fprintf(out, "    {\"%s\", \"%s\", bytes_%d, %zu, \"%012llx\"},\n", argv[i + 3],
                type_of(argv[i + 3]), i, size[i],
                (unsigned long long)(hash[i] & UINT64_C(0xffffffffffff)));
    fputs("    {0},\n};\n", out);
    free(hash);
    free(size);
    if (fclose(out) != 0) {
        perror(argv[1]);
        return 1;
    }
    return 0;
}
