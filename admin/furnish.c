#include "admin/furnish.h"

#include "federation/federation.h"
#include "node/db/db.h"
#include "node/settings.h"

enum err furnish(struct cx *cx, const struct furnishing *f, struct account *ret_owner,
                 struct planet *ret_planet)
{
    struct str lang = f->lang.p == NULL ? STR("en") : f->lang;
    struct tier tier;
    TRY(account_create(cx, f->owner, STR_NULL, f->owner_name, true, ret_owner));
    cx->viewer = ret_owner->id;
    TRY(planet_create(cx, f->planet, f->title, lang, ret_owner->id, ret_planet));
    TRY(tier_create(cx, ret_planet->id, STR("member"),
                    str_starts(lang, STR("zh")) ? STR("会员") : STR("Member"), STR(""), 1, DB_NULL,
                    &tier));
    TRY(setting_set(cx, STR("site.name"), ret_planet->name));
    return fed_setup(cx);
}
