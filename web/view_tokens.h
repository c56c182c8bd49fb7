/* What the page of tokens shows (html/me_tokens.html). */
#ifndef WEB_VIEW_TOKENS_H
#define WEB_VIEW_TOKENS_H

struct view_token {
    int64_t id;
    struct str name, hint, scopes, planet; /* planet STR_NULL: all */
    struct str used, until;                /* STR_NULL: never used; without an end */
    bool over;                             /* its time has passed */
};
struct view_token_scope { struct str word, about; bool wanted; };
struct view_token_planet { int64_t id; struct str name; bool chosen; };
struct view_tokens {
    struct view_page *page;
    struct str error, name, secret;        /* secret: of the one just made, this once */
    const struct view_token *tokens; size_t n_tokens;
    const struct view_token_scope *scopes; size_t n_scopes;
    const struct view_token_planet *planets; size_t n_planets;
    struct str days;
};

#endif
