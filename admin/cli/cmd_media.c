/* media: where pictures and files lie. */
#include "admin/cli/cli.h"
#include "node/media/media.h"

static enum err cmd_media_move(struct cli *cli)
{
    static const char *const columns[] = {"moved", "bytes", "there_before", "without_a_post", "damaged", NULL};
    struct media_moved m;
    TRY(media_move(cli->cx, cli_get(cli, "to"), cli_has(cli, "keep"), &m));
    cli_begin(cli, false, columns);
    cli_row(cli, (struct str[]){cli_id(cli, m.moved), cli_id(cli, m.bytes), cli_id(cli, m.there),
                                cli_id(cli, m.unknown), cli_id(cli, m.damaged)});
    cli_end(cli);
    if (m.damaged > 0)
        return cx_tell(cli->cx, ERR_CONFLICT,
                       N_("Some files are damaged and stayed where they are. Run 'orrery media check --whole' to "
                          "see which, and restore them from a backup."));
    return OK;
}

static void put_missing(void *arg, struct str hash)
{
    struct cli *cli = arg;
    cli_row(cli, &hash);
}

static enum err cmd_media_check(struct cli *cli)
{
    static const char *const columns[] = {"missing", NULL};
    int64_t looked_at;
    cli_begin(cli, true, columns);
    TRY(media_check(cli->cx, cli_has(cli, "whole"), put_missing, cli, &looked_at));
    cli_end(cli);
    return OK;
}

static enum err cmd_media_delete(struct cli *cli)
{
    int64_t id;
    TRY(cli_i64(cli, "id", 0, &id));
    enum err e = media_delete(cli->cx, id);
    if (e == ERR_NOT_FOUND)
        return cx_tell(cli->cx, e, N_("There is no such picture or file."));
    return e;
}

static const struct cli_option move_options[] = {
    {"to", "PLACE", true, "s3 (the storage of the setting media.s3_url) or dir (DIR/media)"},
    {"keep", NULL, false, "leave the bytes where they were, too"},
    {0},
};
static const struct cli_option check_options[] = {
    {"whole", NULL, false, "read each file and compare it with its name"}, {0}};

static const struct cli_option delete_options[] = {
    {"id", "ID", true, "which one: the number in its address, /media/ID/…"}, {0}};

const struct cli_verb cli_media_verbs[] = {
    {"media move", cmd_media_move, true, "move pictures and files to S3 storage, or back", move_options},
    {"media check", cmd_media_check, true, "name the files that are missing", check_options},
    {"media delete", cmd_media_delete, true, "take away a picture or file that nothing shows", delete_options},
    {0},
};
