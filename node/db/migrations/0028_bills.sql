-- P43: how a planet taxes, and who sells. No row: no tax, and the planet's name.
CREATE TABLE tax_rule (
    planet_id BIGINT PRIMARY KEY REFERENCES planet (id),
    mode TEXT NOT NULL CHECK (mode IN ('none', 'inclusive', 'exclusive', 'rail')),
    seller_name TEXT NOT NULL,
    seller_address TEXT NOT NULL,       -- lines
    seller_country TEXT NOT NULL,       -- ISO 3166; '': unsaid
    seller_tax_id TEXT NOT NULL,
    note TEXT NOT NULL,                 -- at the foot of each invoice
    prefix TEXT NOT NULL,               -- of invoice numbers; '': the handle
    fapiao BIGINT NOT NULL,             -- 1: buyers may ask for one
    updated_at BIGINT NOT NULL
);
-- Rates that the owner enters; country '': everywhere else.
CREATE TABLE tax_rate (
    planet_id BIGINT NOT NULL REFERENCES planet (id),
    country TEXT NOT NULL,
    name TEXT NOT NULL,                 -- as it is called there: VAT, GST …
    ppm BIGINT NOT NULL,                -- millionths: 190000 is 19 %
    reverse BIGINT NOT NULL,            -- 1: a business there with a tax number owes it itself
    PRIMARY KEY (planet_id, country)
);

-- What a buyer wants to stand on invoices; each order keeps a copy of its own.
CREATE TABLE buyer (
    account_id BIGINT PRIMARY KEY REFERENCES account (id),
    name TEXT NOT NULL,
    address TEXT NOT NULL,
    country TEXT NOT NULL,
    tax_id TEXT NOT NULL,               -- '': a private person
    updated_at BIGINT NOT NULL
);
-- How the tax of an order came about, and what speaks for the buyer's country.
CREATE TABLE order_tax (
    order_id BIGINT PRIMARY KEY REFERENCES purchase_order (id),
    mode TEXT NOT NULL,
    country TEXT NOT NULL,              -- whose rate was taken
    name TEXT NOT NULL,
    ppm BIGINT NOT NULL,
    contained BIGINT NOT NULL,          -- 1: the total would be the same without the tax
    reverse BIGINT NOT NULL,
    buyer_name TEXT NOT NULL,
    buyer_address TEXT NOT NULL,
    buyer_tax_id TEXT NOT NULL,
    said_country TEXT NOT NULL,         -- evidence: as the buyer says
    ip_country TEXT NOT NULL,           -- where the browser's address is
    rail_country TEXT NOT NULL          -- where the card, wallet or bank is, told when it is paid
);

-- P44: invoices and credit notes. A row is never changed: triggers see to it.
CREATE TABLE bill (
    id BIGINT PRIMARY KEY,
    planet_id BIGINT NOT NULL REFERENCES planet (id),
    kind TEXT NOT NULL CHECK (kind IN ('invoice', 'credit_note')),
    year BIGINT NOT NULL,
    seq BIGINT NOT NULL,                -- 1, 2, 3 … without a gap within planet, kind and year
    number TEXT NOT NULL,
    order_id BIGINT NOT NULL REFERENCES purchase_order (id),
    order_number TEXT NOT NULL,
    account_id BIGINT NOT NULL,
    corrects BIGINT,                    -- of a credit note: the invoice
    corrects_number TEXT NOT NULL,
    issued_at BIGINT NOT NULL,
    supply_from BIGINT,
    supply_to BIGINT,                   -- NULL: no end, or no period
    seller_name TEXT NOT NULL,
    seller_address TEXT NOT NULL,
    seller_country TEXT NOT NULL,
    seller_tax_id TEXT NOT NULL,
    buyer_name TEXT NOT NULL,
    buyer_address TEXT NOT NULL,
    buyer_country TEXT NOT NULL,
    buyer_tax_id TEXT NOT NULL,
    currency TEXT NOT NULL,
    net BIGINT NOT NULL,                -- of a credit note: below 0, as tax and total
    tax BIGINT NOT NULL,
    total BIGINT NOT NULL,
    by_credit BIGINT NOT NULL,          -- of the total: paid with the member's credit
    tax_name TEXT NOT NULL,
    tax_ppm BIGINT,                     -- NULL: the provider worked it out
    tax_country TEXT NOT NULL,
    contained BIGINT NOT NULL,          -- 1: the lines hold the tax
    reverse BIGINT NOT NULL,
    rail TEXT NOT NULL,
    rail_ref TEXT NOT NULL,
    note TEXT NOT NULL,
    lang TEXT NOT NULL,                 -- of the lines
    UNIQUE (planet_id, kind, year, seq),
    UNIQUE (planet_id, number)
);
CREATE INDEX bill_account ON bill (account_id, id);
CREATE INDEX bill_order ON bill (order_id, id);
CREATE INDEX bill_planet ON bill (planet_id, id);
CREATE INDEX bill_planet_time ON bill (planet_id, issued_at);
CREATE TABLE bill_line (
    bill_id BIGINT NOT NULL REFERENCES bill (id),
    pos BIGINT NOT NULL,
    label TEXT NOT NULL,
    amount BIGINT NOT NULL,
    PRIMARY KEY (bill_id, pos)
);

-- P45: kept and handed on; the owner issues them elsewhere.
CREATE TABLE fapiao (
    id BIGINT PRIMARY KEY,
    planet_id BIGINT NOT NULL REFERENCES planet (id),
    account_id BIGINT NOT NULL REFERENCES account (id),
    order_id BIGINT NOT NULL REFERENCES purchase_order (id),
    order_number TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('person', 'company')),
    title TEXT NOT NULL,
    taxpayer_id TEXT NOT NULL,          -- '' of a person
    mail TEXT NOT NULL,
    amount BIGINT NOT NULL,
    currency TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('asked', 'issued', 'declined', 'withdrawn')),
    answer TEXT NOT NULL,               -- the owner's: its number, or why not
    asked_at BIGINT NOT NULL,
    done_at BIGINT,
    done_by BIGINT
);
CREATE INDEX fapiao_planet ON fapiao (planet_id, state, id);
CREATE INDEX fapiao_order ON fapiao (order_id);
