-- Who pays, as providers know them; the rule of trials.
-- :name payer_put :exec
-- :in planet_id int, fingerprint blob, account_id int, at int
INSERT INTO rail_payer (planet_id, fingerprint, account_id, at) VALUES (:planet_id, :fingerprint, :account_id, :at)
ON CONFLICT (planet_id, fingerprint, account_id) DO NOTHING;

-- :name payer_shared :one
-- :in planet_id int, account_id int, other_id int
-- :out n int
SELECT COUNT(*) FROM rail_payer a JOIN rail_payer b ON b.planet_id = a.planet_id AND b.fingerprint = a.fingerprint
 WHERE a.planet_id = :planet_id AND a.account_id = :account_id AND b.account_id = :other_id;

-- :name trial_rule_get :maybe
-- :in planet_id int
-- :out card_first int
SELECT card_first FROM trial_rule WHERE planet_id = :planet_id;

-- :name trial_rule_put :exec
-- :in planet_id int, card_first int
INSERT INTO trial_rule (planet_id, card_first) VALUES (:planet_id, :card_first)
ON CONFLICT (planet_id) DO UPDATE SET card_first = excluded.card_first;

-- Has one of these had free days here, without being noted now?
-- :name trial_had_by :one
-- :in planet_id int, fingerprint blob
-- :out n int
SELECT COUNT(*) FROM trial_had WHERE planet_id = :planet_id AND fingerprint = :fingerprint;

-- The first payment after free days brings what the invitation promised.
-- :name referral_move :exec
-- :in from_order_id int, to_order_id int
UPDATE referral SET order_id = :to_order_id WHERE order_id = :from_order_id AND state = 'ordered';
