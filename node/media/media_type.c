#include "node/media/media_type.h"

#include <string.h>

struct magic {
    size_t at;
    struct str bytes;
    struct str type;
};

/* ISO 14496-12 file: brand behind "ftyp". */
static struct str brand_of(struct str b)
{
    return str_eq_c(str_sub(b, 4, 4), "ftyp") ? str_sub(b, 8, 4) : STR_NULL;
}

static bool is_one_of(struct str s, const char *const *v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq_c(s, v[i]))
            return true;
    return false;
}

bool media_type_is_image(struct str b)
{
    static const char *const brands[] = {"avif", "avis", "heic", "heix", "heim", "heis", "mif1",
                                         "msf1", "hevc"};
    return str_starts(b, STR("\xFF\xD8\xFF")) || str_starts(b, STR("\x89PNG\r\n\x1A\n")) ||
           str_starts(b, STR("GIF87a")) || str_starts(b, STR("GIF89a")) ||
           (str_starts(b, STR("RIFF")) && str_eq_c(str_sub(b, 8, 4), "WEBP")) ||
           is_one_of(brand_of(b), brands, sizeof brands / sizeof brands[0]);
}

static struct str type_of_film(struct str b, struct str declared)
{
    static const char *const audio[] = {"M4A ", "M4B ", "F4A "};
    struct str brand = brand_of(b);
    if (brand.p == NULL)
        return STR_NULL;
    if (is_one_of(brand, audio, 3) || str_istarts(declared, STR("audio/")))
        return STR("audio/mp4");
    return str_eq_c(brand, "qt  ") ? STR("video/quicktime") : STR("video/mp4");
}

/* Office and book formats are ZIP inside: their name is kept when declared. */
static struct str type_of_zip(struct str declared)
{
    static const struct str known[] = {
        STR_INIT("application/epub+zip"),
        STR_INIT("application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        STR_INIT("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        STR_INIT("application/vnd.openxmlformats-officedocument.presentationml.presentation"),
        STR_INIT("application/vnd.oasis.opendocument.text"),
        STR_INIT("application/vnd.oasis.opendocument.spreadsheet"),
        STR_INIT("application/vnd.oasis.opendocument.presentation"),
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (str_ieq(declared, known[i]))
            return known[i];
    return STR("application/zip");
}

static struct str type_by_magic(struct str b, struct str declared)
{
    static const struct magic table[] = {
        {0, STR_INIT("%PDF-"), STR_INIT("application/pdf")},
        {0, STR_INIT("ID3"), STR_INIT("audio/mpeg")},
        {0, STR_INIT("\xFF\xFB"), STR_INIT("audio/mpeg")},
        {0, STR_INIT("\xFF\xF3"), STR_INIT("audio/mpeg")},
        {0, STR_INIT("fLaC"), STR_INIT("audio/flac")},
        {8, STR_INIT("WAVE"), STR_INIT("audio/wav")},
        {0, STR_INIT("\x1F\x8B"), STR_INIT("application/gzip")},
        {0, STR_INIT("7z\xBC\xAF\x27\x1C"), STR_INIT("application/x-7z-compressed")},
    };
    bool video = str_istarts(declared, STR("video/"));
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (str_starts(str_sub(b, table[i].at, SIZE_MAX), table[i].bytes))
            return table[i].type;
    if (str_starts(b, STR("OggS")))
        return video ? STR("video/ogg") : STR("audio/ogg");
    if (str_starts(b, STR("\x1A\x45\xDF\xA3")))
        return str_istarts(declared, STR("audio/")) ? STR("audio/webm") : STR("video/webm");
    if (str_starts(b, STR("PK\x03\x04")))
        return type_of_zip(declared);
    return type_of_film(b, declared);
}

struct str media_type_of_file(struct str b, struct str declared)
{
    struct str type = type_by_magic(b, declared);
    if (type.p != NULL)
        return type;
    bool text = str_istarts(declared, STR("text/")) && memchr(b.p, '\0', b.n) == NULL &&
                str_is_utf8(b);
    return text ? STR("text/plain; charset=utf-8") : STR("application/octet-stream");
}
