-- What is written with every payment and asked by nothing, or by what finds as much another way.
DROP INDEX rail_object_order;
DROP INDEX letter_account;

-- Of an order's buyer: a person has few.
DROP INDEX bill_order;

-- Orders leave it once they are decided.
DROP INDEX purchase_order_state;
CREATE INDEX purchase_order_open ON purchase_order (expires_at) WHERE state IN ('new', 'pending');

CREATE INDEX purchase_order_disputed ON purchase_order (state) WHERE state = 'disputed';

-- One by account instead of two.
DROP INDEX member_grant_who;
DROP INDEX member_grant_live;
CREATE INDEX member_grant_account ON member_grant (account_id, live_state, live_ends_at);
