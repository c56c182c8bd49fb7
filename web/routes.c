/* Method, path, handler, who, rate, body cap, purpose, cached. The frame adds CSRF to every POST. */
#include "web/routes.h"

#include "web/auth.h"
#include "web/buy.h"
#include "web/comment.h"
#include "web/compose.h"
#include "web/far.h"
#include "web/fedi.h"
#include "web/files.h"
#include "web/gifts.h"
#include "web/interact.h"
#include "web/invited.h"
#include "web/join.h"
#include "web/pay.h"
#include "web/pay_transfer.h"
#include "web/me.h"
#include "web/me_tokens.h"
#include "web/membership.h"
#include "web/nearby_view.h"
#include "web/orders.h"
#include "web/planet.h"
#include "web/post.h"
#include "web/receipts.h"
#include "web/questions.h"
#include "web/renew.h"
#include "web/report.h"
#include "web/singles.h"
#include "web/static.h"
#include "web/tips.h"

enum { UPLOAD_ROOM = 1 << 20 }; /* what a form brings beside its files */

static const struct route rows[] = {
    /* reading */
    {GET, "/", web_home, ANYONE, RATE_READ, 0, "the node's planets", true},
    {GET, "/@:handle", web_planet_show, ANYONE, RATE_READ, 0, "a planet and its newest posts", true},
    {GET, "/@:handle/tag/:tag", web_tag_show, ANYONE, RATE_READ, 0, "posts with a tag", true},
    {GET, "/@:handle/nearby", web_nearby_show, ANYONE, RATE_READ, 0, "planets that it recommends, and theirs", true},
    {GET, "/@:handle/join", web_join_show, ANYONE, RATE_READ, 0, "prices, codes, how to join", false},
    {GET, "/@:handle/:slug", web_post_show, ANYONE, RATE_READ, 0, "a post, or its teaser and the way in", true},
    {GET, "/media/:id/:name", web_media_show, ANYONE, RATE_READ, 0, "a picture or file", false},
    {GET, "/far/:kind/:mac/:code", web_far_show, ANYONE, RATE_READ, 0, "a picture of another server", false},
    {GET, "/static/:name", web_static_show, ANYONE, RATE_NONE, 0, "style, scripts, drawings", true},
    {GET, "/favicon.ico", web_favicon, ANYONE, RATE_NONE, 0, "the mark", true},
    {GET, "/robots.txt", web_robots, ANYONE, RATE_NONE, 0, "what crawlers leave alone", true},
    {GET, "/interact", web_interact, ANYONE, RATE_WRITE, 0, "follow or answer from one's own server", false},
    {GET, "/lang", web_set_lang, ANYONE, RATE_READ, 0, "choose the language", false},
    {GET, "/theme", web_set_theme, ANYONE, RATE_READ, 0, "choose light or dark", false},

    /* signing in */
    {GET, "/login", web_login_show, ANYONE, RATE_READ, 0, "ask for a sign-in link", false},
    {POST, "/login", web_login_send, ANYONE, RATE_LOGIN, KB(16), "send the link", false},
    {POST, "/login/password", web_login_password, ANYONE, RATE_LOGIN, KB(16), "sign in with a password", false},
    {POST, "/login/code", web_login_code, ANYONE, RATE_LOGIN, KB(16), "sign in with six digits", false},
    {GET, "/login/:token", web_login_token, ANYONE, RATE_LOGIN, 0, "the link of the mail: a button or digits", false},
    {POST, "/login/:token", web_login_consume, ANYONE, RATE_LOGIN, KB(16), "use the link", false},
    {GET, "/auth/fedi", web_fedi_show, ANYONE, RATE_READ, 0, "sign in with, or link, a fediverse account", false},
    {POST, "/auth/fedi", web_fedi_begin, ANYONE, RATE_LOGIN, KB(16), "begin: to their server, a code, an address", false},
    {GET, "/auth/fedi/callback", web_fedi_callback, ANYONE, RATE_LOGIN, 0, "back from their server (OAuth)", false},
    {GET, "/auth/fedi/miauth", web_fedi_miauth, ANYONE, RATE_LOGIN, 0, "back from a Misskey (MiAuth)", false},
    {GET, "/auth/fedi/try/:id", web_fedi_try, ANYONE, RATE_READ, 0, "a code to send, an address, a new account", false},
    {POST, "/auth/fedi/try/:id/look", web_fedi_look, ANYONE, RATE_LOGIN, KB(4), "look at the profile", false},
    {POST, "/auth/fedi/try/:id/use", web_fedi_use, ANYONE, RATE_LOGIN, KB(4), "sign in, make the account, link", false},
    {GET, "/auth/fedi/me/:token", web_fedi_address, ANYONE, RATE_READ, 0, "the address in a profile: what it is for", false},
    {POST, "/logout", web_logout, ACCOUNT, RATE_WRITE, KB(16), "end this session", false},

    /* joining */
    {POST, "/@:handle/redeem", web_join_redeem, ANYONE, RATE_CODE, KB(16), "redeem a code", false},
    {GET, "/@:handle/join/:price", web_buy_show, ANYONE, RATE_READ, 0, "a price in full, with coupon, before it is paid", false},
    {POST, "/@:handle/buy", web_buy_do, ACCOUNT, RATE_WRITE, KB(16), "order it, for oneself or as a gift", false},
    {POST, "/@:handle/trial", web_trial_start, ACCOUNT, RATE_WRITE, KB(4), "begin the free days of a price", false},
    {GET, "/@:handle/:slug/buy", web_post_buy_show, ANYONE, RATE_READ, 0, "a post that is for sale, in full, before it is paid", false},
    {POST, "/@:handle/:slug/buy", web_post_buy_do, ACCOUNT, RATE_WRITE, KB(4), "buy it", false},
    {GET, "/@:handle/:slug/tip", web_tip_show, ANYONE, RATE_READ, 0, "say thank you with money, for a post or a comment", false},
    {POST, "/@:handle/:slug/tip", web_tip_do, ACCOUNT, RATE_WRITE, KB(4), "order a tip", false},
    {POST, "/@:handle/:slug/tips/:id/hide", web_tip_hide, ACCOUNT, RATE_WRITE, KB(4), "take a tip's name and words off the page", false},
    {GET, "/@:handle/questions", web_questions, ANYONE, RATE_READ, 0, "who answers, and answers to listen in on", false},
    {GET, "/@:handle/questions/ask", web_question_form, ANYONE, RATE_READ, 0, "ask a question for money", false},
    {POST, "/@:handle/questions/ask", web_question_make, ACCOUNT, RATE_WRITE, KB(16), "order it", false},
    {GET, "/@:handle/questions/:id", web_question_show, ANYONE, RATE_READ, 0, "a question; its answer for who may read it", false},
    {POST, "/@:handle/questions/:id/answer", web_question_answer, ACCOUNT, RATE_WRITE, KB(128), "answer it", false},
    {POST, "/@:handle/questions/:id/decline", web_question_decline, ACCOUNT, RATE_WRITE, KB(8), "don't; the money goes back", false},
    {POST, "/@:handle/questions/:id/listen", web_question_listen, ACCOUNT, RATE_WRITE, KB(4), "pay to listen in", false},
    {POST, "/@:handle/questions/:id/hide", web_question_hide, ACCOUNT, RATE_WRITE, KB(4), "take it off the list, or back", false},
    {GET, "/me/questions", web_my_questions, ACCOUNT, RATE_READ, 0, "questions that one asked, or is asked", false},
    {GET, "/@:handle/ask", web_ask_show, ACCOUNT, RATE_READ, 0, "ask the owner to be let in", false},
    {POST, "/@:handle/ask", web_ask_do, ACCOUNT, RATE_WRITE, KB(16), "ask", false},
    {GET, "/@:handle/membership", web_membership, ACCOUNT, RATE_READ, 0, "what one has here, until when, and every button", false},
    {POST, "/@:handle/membership", web_membership_do, ACCOUNT, RATE_WRITE, KB(16), "cancel, resume, the provider's own page", false},
    {GET, "/@:handle/upgrade/:price", web_upgrade, ACCOUNT, RATE_READ, 0, "a higher tier: what is left counts, in full before it is paid", false},
    {POST, "/@:handle/upgrade/:price", web_upgrade_do, ACCOUNT, RATE_WRITE, KB(16), "order it", false},
    {GET, "/renew/:token", web_renew, ANYONE, RATE_READ, 0, "the link of a reminder: pay the next term, or end it", false},
    {POST, "/renew/:token", web_renew_do, ANYONE, RATE_WRITE, KB(16), "pay, cancel, resume", false},
    {GET, "/@:handle/i/:code", web_invite_go, ANYONE, RATE_READ, 0, "a member's invitation: remembered, then on to the prices", false},
    {GET, "/@:handle/invite", web_invite_show, ACCOUNT, RATE_READ, 0, "one's own invitation link and what it earned", false},
    {GET, "/@:handle/invite/qr.png", web_invite_picture, ACCOUNT, RATE_READ, 0, "its link as a picture", false},
    {GET, "/@:handle/invite/poster", web_invite_poster, ACCOUNT, RATE_READ, 0, "the same, to print", false},
    {GET, "/@:handle/invite/poster.png", web_invite_poster_picture, ACCOUNT, RATE_UPLOAD, 0, "the poster as a picture", false},
    {GET, "/t/:token", web_card_show, ANYONE, RATE_READ, 0, "a trial card", false},
    {POST, "/t/:token", web_card_use, ACCOUNT, RATE_WRITE, KB(4), "use it", false},
    {GET, "/gift/:code", web_gift_open, ANYONE, RATE_READ, 0, "a gift, to who was given it", false},
    {POST, "/gift/:code", web_gift_take, ACCOUNT, RATE_CODE, KB(4), "take it", false},
    {GET, "/me/orders", web_orders, ACCOUNT, RATE_READ, 0, "what one has ordered", false},
    {GET, "/me/orders/:number", web_order, ACCOUNT, RATE_READ, 0, "one order: its sums, its state, money back", false},
    {POST, "/me/orders/:number/refund", web_order_refund, ACCOUNT, RATE_WRITE, KB(16), "the money back, or ask the owner for it", false},
    {GET, "/me/gifts", web_gifts, ACCOUNT, RATE_READ, 0, "memberships that one gave away", false},
    {GET, "/me/gifts/:number", web_gift_mine, ACCOUNT, RATE_READ, 0, "one of them, with its code, to print", false},
    {POST, "/me/gifts/:number/refund", web_gift_refund, ACCOUNT, RATE_WRITE, KB(4), "the money back, while nobody has redeemed it", false},
    {GET, "/me/gifts/:number/qr.png", web_gift_picture, ACCOUNT, RATE_READ, 0, "its link as a picture", false},
    {GET, "/me/receipts", web_receipts, ACCOUNT, RATE_READ, 0, "receipts of what one paid", false},
    {GET, "/me/receipts/:id", web_receipt, ACCOUNT, RATE_READ, 0, "one of them, to print", false},
    {POST, "/me/receipts/:id/fapiao", web_receipt_fapiao, ACCOUNT, RATE_WRITE, KB(8), "ask for a fapiao, or think again", false},
    {GET, "/me/billing", web_billing, ACCOUNT, RATE_READ, 0, "the details that stand on receipts", false},
    {POST, "/me/billing", web_billing_save, ACCOUNT, RATE_WRITE, KB(16), "change them", false},
    {GET, "/pay/:number", web_pay_page, ANYONE, RATE_READ, 0, "an order on its way to be paid", false},
    {POST, "/pay/:number", web_pay_again, ANYONE, RATE_WRITE, KB(4), "go on paying it, or cancel it", false},
    {GET, "/pay/:number/wechat", web_pay_wechat, ANYONE, RATE_READ, 0, "inside WeChat: learn who pays, then pay", false},
    {GET, "/pay/:number/state", web_pay_state, ANYONE, RATE_READ, 0, "is it paid? Asks the provider", false},
    {POST, "/pay/:number/sent", web_transfer_say, ACCOUNT, RATE_UPLOAD, MB(21), "a transfer is sent, with a picture perhaps", false},
    {GET, "/pay/:number/picture", web_transfer_picture, ACCOUNT, RATE_READ, 0, "that picture, to its buyer and the owner", false},
    {GET, "/pay/:number/code", web_transfer_code, ANYONE, RATE_READ, 0, "the owner's payment code, to who has an order", false},
    {GET, "/dev/pay/:number", web_pay_show, ANYONE, RATE_READ, 0, "the practice till (--dev)", false},
    {POST, "/dev/pay/:number", web_pay_do, ANYONE, RATE_WRITE, KB(16), "pay there, or not", false},
    {POST, "/hooks/:rail/:handle", web_hook, WEBHOOK, RATE_INBOX, KB(256), "a payment provider's message", false},

    /* talking */
    {POST, "/@:handle/:slug/like", web_post_like, ACCOUNT, RATE_WRITE, KB(4), "like, or take it back", false},
    {POST, "/@:handle/:slug/close", web_post_close, ACCOUNT, RATE_WRITE, KB(4), "close a thread, or open it again", false},
    {POST, "/@:handle/:slug/pin", web_post_pin, ACCOUNT, RATE_WRITE, KB(4), "pin a post, or take it down", false},
    {POST, "/@:handle/:slug/comments", web_comment_create, ACCOUNT, RATE_WRITE, KB(128), "comment", false},
    {GET, "/report", web_report_form, ACCOUNT, RATE_READ, 0, "report a post or comment", false},
    {POST, "/report", web_report_make, ACCOUNT, RATE_WRITE, KB(32), "report it", false},
    {POST, "/comments/:id/like", web_comment_like, ACCOUNT, RATE_WRITE, KB(4), "like a comment", false},
    {POST, "/comments/:id/edit", web_comment_edit, ACCOUNT, RATE_WRITE, KB(128), "change one's comment", false},
    {POST, "/comments/:id/delete", web_comment_delete, ACCOUNT, RATE_WRITE, KB(4), "delete a comment", false},
    {POST, "/comments/:id/hide", web_comment_hide, ACCOUNT, RATE_WRITE, KB(4), "hide a comment, show it again", false},

    /* one's own pages */
    {GET, "/me", web_me, ACCOUNT, RATE_READ, 0, "memberships: until when and why", false},
    {GET, "/me/profile", web_me_profile, ACCOUNT, RATE_READ, 0, "name, picture, words", false},
    {POST, "/me/profile", web_me_profile_save, ACCOUNT, RATE_UPLOAD, MB(21), "change them", false},
    {GET, "/me/password", web_me_password, ACCOUNT, RATE_READ, 0, "set a password", false},
    {POST, "/me/password", web_me_password_save, ACCOUNT, RATE_LOGIN, KB(16), "set it", false},
    {GET, "/me/sessions", web_me_sessions, ACCOUNT, RATE_READ, 0, "where one is signed in", false},
    {POST, "/me/sessions/end", web_me_session_end, ACCOUNT, RATE_WRITE, KB(16), "end sessions", false},
    {GET, "/me/tokens", web_me_tokens, ACCOUNT, RATE_READ, 0, "tokens of programs that act for one", false},
    {POST, "/me/tokens", web_me_token_make, ACCOUNT, RATE_WRITE, KB(4), "make a token, shown this once", false},
    {POST, "/me/tokens/:id/revoke", web_me_token_revoke, ACCOUNT, RATE_WRITE, KB(4), "revoke a token", false},
    {POST, "/me/mail", web_add_mail, ACCOUNT, RATE_LOGIN, KB(4), "add a mail address to an account without one", false},
    {GET, "/me/fediverse", web_me_fedi, ACCOUNT, RATE_READ, 0, "linked fediverse accounts, and what is told there", false},
    {POST, "/me/fediverse/unlink", web_me_fedi_unlink, ACCOUNT, RATE_WRITE, KB(4), "unlink one", false},
    {POST, "/me/fediverse/notices", web_me_fedi_notices, ACCOUNT, RATE_WRITE, KB(16), "which planets are told of there", false},
    {GET, "/me/notices", web_me_notices, ACCOUNT, RATE_READ, 0, "answers, mentions, likes", false},
    {POST, "/me/notices/read", web_me_notices_read, ACCOUNT, RATE_WRITE, KB(4), "mark all as read", false},

    /* writing */
    {GET, "/compose", web_compose_new, AUTHOR, RATE_READ, 0, "the editor, empty", false},
    {POST, "/compose", web_compose_save, AUTHOR, RATE_UPLOAD, MB(200) + UPLOAD_ROOM, "save, preview, publish", false},
    {POST, "/compose/preview", web_compose_preview, AUTHOR, RATE_WRITE, MB(3), "Markdown as HTML", false},
    {POST, "/compose/upload", web_compose_upload, AUTHOR, RATE_UPLOAD, MB(200) + UPLOAD_ROOM, "one file for the editor", false},
    {GET, "/compose/:id", web_compose_edit, AUTHOR, RATE_READ, 0, "the editor with a post", false},
    {GET, "/compose/:id/confirm", web_compose_confirm, AUTHOR, RATE_READ, 0, "the public face, before publishing", false},
    {POST, "/compose/:id/publish", web_compose_publish, AUTHOR, RATE_WRITE, KB(64), "publish", false},
    {GET, "/compose/:id/unpublish", web_compose_unpublish, AUTHOR, RATE_READ, 0, "ask before taking back", false},
    {POST, "/compose/:id/unpublish", web_compose_unpublish, AUTHOR, RATE_WRITE, KB(4), "take back into drafts", false},
    {GET, "/compose/:id/delete", web_compose_delete, AUTHOR, RATE_READ, 0, "ask before deleting", false},
    {POST, "/compose/:id/delete", web_compose_delete, AUTHOR, RATE_WRITE, KB(4), "delete a post", false},
    {GET, "/drafts", web_drafts, AUTHOR, RATE_READ, 0, "what is not published yet", false},
    {0},
};

const struct route_table web_routes = {"web", rows};
