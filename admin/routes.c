#include "admin/admin.h"
#include "admin/desk.h"
#include "admin/desk_fedi.h"

static const struct route rows[] = {
    {GET, "/desk", desk_first, ACCOUNT, RATE_READ, 0, "the desk of one's first planet", false},
    {GET, "/desk/:planet", desk_overview, ACCOUNT, RATE_READ, 0, "how the planet is doing", false},
    {GET, "/desk/:planet/codes", desk_codes, ACCOUNT, RATE_READ, 0, "redeem codes", false},
    {POST, "/desk/:planet/codes", desk_codes_make, ACCOUNT, RATE_WRITE, KB(16), "make codes", false},
    {GET, "/desk/:planet/codes/:file", desk_codes_csv, ACCOUNT, RATE_READ, 0,
     "a batch's codes and their use, CSV", false},
    {POST, "/desk/:planet/codes/:id/revoke", desk_codes_revoke, ACCOUNT, RATE_WRITE, KB(4),
     "take a batch back", false},
    {GET, "/desk/:planet/members", desk_members, ACCOUNT, RATE_READ, 0, "members", false},
    {POST, "/desk/:planet/members/grant", desk_member_grant, ACCOUNT, RATE_WRITE, KB(4),
     "give a membership", false},
    {POST, "/desk/:planet/members/revoke", desk_member_revoke, ACCOUNT, RATE_WRITE, KB(4),
     "end a membership", false},
    {POST, "/desk/:planet/members/role", desk_member_role, ACCOUNT, RATE_WRITE, KB(4),
     "give or take a role", false},
    {GET, "/desk/:planet/tiers", desk_tiers, ACCOUNT, RATE_READ, 0, "tiers and prices", false},
    {POST, "/desk/:planet/tiers", desk_tier_make, ACCOUNT, RATE_WRITE, KB(16), "make a tier", false},
    {POST, "/desk/:planet/tiers/:id/prices", desk_price_make, ACCOUNT, RATE_WRITE, KB(4),
     "offer a price", false},
    {GET, "/desk/:planet/fediverse", desk_fedi_overview, ACCOUNT, RATE_READ, 0,
     "the planet in the fediverse", false},
    {GET, "/desk/:planet/fediverse/settings", desk_fedi_settings, ACCOUNT, RATE_READ, 0,
     "how the planet meets other servers", false},
    {GET, "/desk/:planet/settings", desk_settings, ACCOUNT, RATE_READ, 0, "name and looks", false},
    {POST, "/desk/:planet/settings", desk_settings_save, ACCOUNT, RATE_UPLOAD, MB(42),
     "change name and looks", false},
    {GET, "/desk/:planet/tray", desk_tray, ACCOUNT, RATE_READ, 0, "what waits for a decision", false},
    {POST, "/desk/:planet/tray/jobs/:id/retry", desk_job_retry, ACCOUNT, RATE_WRITE, KB(4),
     "try a job again", false},
    {POST, "/desk/:planet/tray/jobs/:id/drop", desk_job_drop, ACCOUNT, RATE_WRITE, KB(4),
     "forget a job", false},
    {POST, "/desk/:planet/tray/money/:id/settle", desk_money_settle, ACCOUNT, RATE_WRITE, KB(4),
     "a payment without an order was dealt with", false},
    {0},
};

const struct route_table admin_routes = {"admin", rows};
