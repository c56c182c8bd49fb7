/* New keys for our own actors: announced by the old ones, switched after a day and a half, the old
 * ones forgotten a week later; and what happens when one has leaked. */
#include "federation/fanout.h"
#include "federation/out.h"
#include "federation/remote.h"
#include "federation/rotate.h"
#include "node/base/clock.h"
#include "tests/unit/fed_world.h"

static struct fed_local tea(struct cx *cx)
{
    struct fed_local l;
    OK_(fed_local_ensure(cx, "planet", TEA, &l));
    return l;
}

static struct fed_key_view view(struct cx *cx)
{
    struct fed_key_view *v;
    size_t n;
    int64_t id = tea(cx).id;
    OK_(fed_key_list(cx, &v, &n));
    for (size_t i = 0; i < n; i++)
        if (v[i].actor_id == id)
            return v[i];
    fail();
    return v[0];
}

/* The actor as others read it. */
static struct fed_doc document(struct cx *cx, json_t **ret)
{
    struct fed_out_actor v;
    struct fed_local l = tea(cx);
    struct fed_doc d;
    struct buf b;
    struct jw w;
    OK_(fed_load_actor(cx, &l, &v));
    buf_init_arena(&b, cx->arena, 1 << 20);
    jw_init(&w, &b);
    fed_out_actor(&w, &v);
    assert_true(jw_done(&w));
    OK_(json_read(cx->arena, buf_str(&b), NULL, ret));
    OK_(fed_doc_read(cx->arena, *ret, &d));
    return d;
}

/* What the last Update said, and which pair is to sign it. */
static json_t *told(struct cx *cx, int64_t *ret_serial)
{
    struct test_signed_row row;
    json_t *j;
    OK_(q_test_signed(cx, tea(cx).uri, &row));
    *ret_serial = row.key_serial;
    OK_(json_read(cx->arena, row.body, NULL, &j));
    return j;
}

static void run(struct cx *cx)
{
    (void)jobs_run_due(cx);
}

static void step_by(struct cx *cx, int64_t ms)
{
    struct job job = {.id = id_next(cx->node->ids), .kind = STR("fed.key_step"),
                      .subject = tea(cx).id, .created_at = cx->now};
    cx->now += ms;
    assert_int_equal(fed_key_step_run(cx, &job), JOB_DONE);
    assert_int_equal(fed_key_step_run(cx, &job), JOB_DONE); /* twice is once */
}

static bool is_signed_by(struct cx *cx, const struct fed_doc *d, const struct fed_signer *s)
{
    struct crypt_key *k = NULL;
    size_t at = fed_doc_key(d, s->rsa_id);
    if (at == SIZE_MAX)
        return false;
    struct str m = d->keys[at].material;
    OK_(str_starts(m, STR("z")) ? crypt_key_read_multikey(m, &k) : crypt_key_read_public(m, &k));
    bool ok = crypt_verify(k, STR("tea"), crypt_sign(cx->arena, s->rsa, STR("tea")));
    crypt_key_free(k);
    return ok;
}

static void from_one_pair_to_the_next(void **state)
{
    struct cx *cx = as(state, OWNER);
    const struct fed_signer *first, *s;
    json_t *j;
    int64_t serial;
    bool begun;
    int64_t id = tea(cx).id;
    OK_(fed_signer_get(cx, id, &first));
    struct fed_doc d = document(cx, &j);
    assert_int_equal(d.n_keys, 2);
    struct str pem = ld_str(j, "publicKey.publicKeyPem");

    OK_(fed_key_rotate(cx, id, false, &begun));
    assert_true(begun);
    OK_(fed_key_rotate(cx, id, false, &begun));
    assert_false(begun); /* one change at a time */
    assert_int_equal(view(cx).state, FED_KEY_ANNOUNCED);
    d = document(cx, &j);
    assert_true(str_eq(ld_str(j, "publicKey.publicKeyPem"), pem));
    assert_true(json_is_object(json_object_get(j, "publicKey"))); /* old parsers take the first of an array */
    assert_int_equal(ld_count(ld_get(j, "assertionMethod")), 3);
    assert_int_equal(d.n_keys, 4);
    assert_true(is_signed_by(cx, &d, first));
    run(cx);
    j = told(cx, &serial);
    assert_int_equal(serial, 1);
    assert_int_equal(ld_count(ld_get(ld_get(j, "object"), "assertionMethod")), 3);
    struct str *inboxes;
    size_t n;
    OK_(q_test_deliveries_of(cx, STR("Update"), &inboxes, &n));
    assert_int_equal(n, 2); /* every house that we know, once */

    step_by(cx, 35 * MS_HOUR);
    assert_int_equal(view(cx).state, FED_KEY_ANNOUNCED);
    OK_(fed_signer_get(cx, id, &s));
    assert_ptr_equal(s, first);

    step_by(cx, 2 * MS_HOUR);
    assert_int_equal(view(cx).state, FED_KEY_SWITCHED);
    OK_(fed_signer_get(cx, id, &s));
    assert_int_equal(s->serial, 2);
    assert_true(str_ends(s->rsa_id, STR("#main-key-2")));
    d = document(cx, &j);
    assert_false(str_eq(ld_str(j, "publicKey.publicKeyPem"), pem));
    assert_true(str_eq(ld_str(j, "publicKey.id"), s->rsa_id));
    assert_true(is_signed_by(cx, &d, s));
    assert_true(is_signed_by(cx, &d, first)); /* what is under way still counts */
    run(cx);
    j = told(cx, &serial);
    assert_int_equal(serial, 1); /* by the old one: who keeps it and asks for none learns it so */
    assert_true(str_eq(ld_str(ld_get(j, "object"), "publicKey.id"), s->rsa_id));
    OK_(fed_signer_of(cx, id, 1, &s));
    assert_ptr_equal(s, first);

    step_by(cx, 6 * MS_DAY);
    assert_int_equal(view(cx).state, FED_KEY_SWITCHED);
    step_by(cx, 25 * MS_HOUR);
    assert_int_equal(view(cx).state, FED_KEY_STEADY);
    d = document(cx, &j);
    assert_int_equal(d.n_keys, 2);
    assert_false(is_signed_by(cx, &d, first));
    OK_(fed_signer_of(cx, id, 1, &s));
    assert_int_equal(s->serial, 2); /* it is gone for good */
    OK_(fed_key_rotate(cx, id, false, &begun));
    assert_true(begun);
    step_by(cx, 37 * MS_HOUR);
    OK_(fed_signer_get(cx, id, &s));
    assert_int_equal(s->serial, 3);
}

static void a_leaked_key_goes_at_once(void **state)
{
    struct cx *cx = as(state, OWNER);
    const struct fed_signer *old, *announced, *s;
    struct fed_doc d;
    json_t *j;
    int64_t serial, id = tea(cx).id;
    bool begun;
    step_by(cx, 8 * MS_DAY);
    OK_(fed_key_rotate(cx, id, false, &begun));
    OK_(fed_signer_pair(cx, id, &old, &announced));
    OK_(fed_key_rotate(cx, id, true, &begun));
    assert_true(begun);
    assert_int_equal(view(cx).state, FED_KEY_STEADY);
    OK_(fed_signer_pair(cx, id, &s, &announced));
    assert_null(announced);
    assert_true(s->serial > old->serial + 1); /* the announced pair is not trusted either */
    d = document(cx, &j);
    assert_int_equal(d.n_keys, 2);
    assert_true(is_signed_by(cx, &d, s));
    assert_false(is_signed_by(cx, &d, old));
    run(cx);
    told(cx, &serial);
    assert_int_equal(serial, s->serial);
    step_by(cx, 8 * MS_DAY); /* the step of the change that it ended */
    OK_(fed_signer_get(cx, id, &old));
    assert_ptr_equal(old, s);
}

static void all_of_them_change_and_none_twice(void **state)
{
    struct cx *cx = as(state, OWNER);
    struct fed_key_view *v;
    size_t n;
    OK_(fed_key_rotate_all(cx, true));
    OK_(fed_key_list(cx, &v, &n));
    struct job job = {.id = id_next(cx->node->ids), .kind = STR("fed.key_all"),
                      .payload = STR("leaked"), .created_at = cx->now};
    assert_int_equal(fed_key_all_run(cx, &job), JOB_DONE);
    struct fed_key_view *after;
    OK_(fed_key_list(cx, &after, &n));
    assert_true(n >= 2); /* the instance as well */
    for (size_t i = 0; i < n; i++)
        assert_false(str_eq(v[i].key_id, after[i].key_id));
    assert_int_equal(fed_key_all_run(cx, &job), JOB_DONE);
    OK_(fed_key_list(cx, &v, &n));
    for (size_t i = 0; i < n; i++)
        assert_true(str_eq(v[i].key_id, after[i].key_id));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(from_one_pair_to_the_next),
        cmocka_unit_test(a_leaked_key_goes_at_once),
        cmocka_unit_test(all_of_them_change_and_none_twice),
    };
    return cmocka_run_group_tests(tests, fed_world_setup, fed_world_teardown);
}
