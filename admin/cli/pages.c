#include "config.h"

#include "admin/cli/pages.h"

#include <string.h>

/* ---- the manual ---- */

/* A text for man(7): '-' and '\' have a meaning, and so has a dot or quote at a line's beginning. */
static void put(FILE *f, const char *s)
{
    if (*s == '.' || *s == '\'')
        fputs("\\&", f);
    for (; *s != '\0'; s++) {
        if (*s == '-' || *s == '\\')
            fputc('\\', f);
        fputc(*s == '\\' ? 'e' : *s, f);
    }
}

static void put_option(FILE *f, const char *name, const char *value, const char *help,
                       bool required)
{
    fputs(".TP\n.B \\-\\-", f);
    put(f, name);
    if (value != NULL) {
        fputs("\\ \\fI", f);
        put(f, value);
        fputs("\\fR", f);
    }
    fputs("\n", f);
    put(f, help);
    fputs(required ? " (required)\n" : "\n", f);
}

static void put_verb(FILE *f, const struct cli_verb *v)
{
    fputs(".SS \"orrery ", f);
    fputs(v->name, f);
    fputs(" DIR\"\n", f);
    put(f, v->help);
    fputs("\n", f);
    for (const struct cli_option *o = v->options; o != NULL && o->name != NULL; o++)
        put_option(f, o->name, o->value, o->help, o->required);
}

void pages_man(FILE *f, const struct cli_verb *const *tables)
{
    fputs(".TH ORRERY 1 \"\" \"Orrery " PACKAGE_VERSION "\" \"User Commands\"\n"
          ".SH NAME\norrery \\- a self\\-hosted, federated community node\n"
          ".SH SYNOPSIS\n.B orrery\n.I VERB DIR\n[\\fIoptions\\fR]\n"
          ".SH DESCRIPTION\nA node lives in a directory: its store (or where that is), its keys and its "
          "media. Every verb names that directory. Verbs that change something may run beside the "
          "serving process, as the same user.\n.PP\nEvery verb has \\fB\\-\\-help\\fR and "
          "\\fB\\-\\-json\\fR.\n"
          ".SH VERBS\n.SS \"orrery serve DIR\"\nServe the node in DIR until SIGTERM. See "
          "\\fBorrery serve \\-\\-help\\fR.\n.SS \"orrery host serve HOSTDIR\"\nServe all nodes of a "
          "hosting provider. See \\fBorrery host serve \\-\\-help\\fR.\n", f);
    for (size_t t = 0; tables[t] != NULL; t++)
        for (const struct cli_verb *v = tables[t]; v->name != NULL; v++)
            put_verb(f, v);
    fputs(".SH EXIT STATUS\n0 done, 1 failed, 2 misused.\n"
          ".SH SIGNALS\n.TP\n.BR SIGTERM \", \" SIGINT\nFinish what is under way and end.\n"
          ".SH ENVIRONMENT\n.TP\n.BR LISTEN_FDS \", \" LISTEN_PID \", \" LISTEN_FDNAMES\n"
          "Sockets of systemd; \\fBpublic\\fR and \\fBinternal\\fR are their names.\n"
          ".TP\n.B NOTIFY_SOCKET\nWho is told that the process is ready, and who follows it.\n", f);
}

/* ---- completion ---- */

static size_t first_word(const char *name)
{
    return strcspn(name, " ");
}

static void put_case(FILE *f, const struct cli_verb *v)
{
    fprintf(f, "    \"%s\") words=\"", v->name);
    for (const struct cli_option *o = v->options; o != NULL && o->name != NULL; o++)
        fprintf(f, "--%s ", o->name);
    fputs("--json --help\" ;;\n", f);
}

void pages_completion(FILE *f, const struct cli_verb *const *tables)
{
    fputs("# bash completion for orrery\n_orrery()\n{\n"
          "  local cur=${COMP_WORDS[COMP_CWORD]} one=${COMP_WORDS[1]} two=${COMP_WORDS[2]} words=\n"
          "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n    words=\"serve host", f);
    for (size_t t = 0; tables[t] != NULL; t++)
        for (const struct cli_verb *v = tables[t]; v->name != NULL; v++)
            fprintf(f, " %.*s", (int)first_word(v->name), v->name);
    fputs("\"\n  elif [ \"$COMP_CWORD\" -eq 2 ]; then\n    case $one in\n", f);
    for (size_t t = 0; tables[t] != NULL; t++)
        for (const struct cli_verb *v = tables[t]; v->name != NULL; v++)
            if (v->name[first_word(v->name)] == ' ')
                fprintf(f, "    %.*s) words=\"$words%s\" ;;&\n", (int)first_word(v->name), v->name,
                        v->name + first_word(v->name));
    fputs("    esac\n  fi\n  case $cur in\n  -*) case \"$one $two\" in\n", f);
    for (size_t t = 0; tables[t] != NULL; t++)
        for (const struct cli_verb *v = tables[t]; v->name != NULL; v++)
            if (v->name[first_word(v->name)] == ' ')
                put_case(f, v);
    fputs("    *) case $one in\n"
          "    serve) words=\"--listen --internal --takeover --dev --help\" ;;\n", f);
    for (size_t t = 0; tables[t] != NULL; t++)
        for (const struct cli_verb *v = tables[t]; v->name != NULL; v++)
            if (v->name[first_word(v->name)] == '\0')
                put_case(f, v);
    fputs("    esac ;;\n  esac ;;\n  esac\n"
          "  COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
          "  [ ${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- \"$cur\"))\n}\n"
          "complete -o filenames -F _orrery orrery\n", f);
}
