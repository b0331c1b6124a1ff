-- The same posting without this service's design: what a careful developer would write by hand.
CREATE SCHEMA naive;
SET search_path = naive;
CREATE TABLE balances (account text PRIMARY KEY, amount numeric(20, 2) NOT NULL CHECK (amount >= 0)) WITH (fillfactor = 50);
INSERT INTO balances VALUES ('B2001', 900000000000), ('B2003', 0);
CREATE TABLE log (sequence bigserial PRIMARY KEY, leaf bytea NOT NULL, hash bytea NOT NULL, kind text NOT NULL,
    document text NOT NULL, effective_date date, subject text NOT NULL, recorded_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE entries (sequence bigint NOT NULL, line smallint NOT NULL, account text NOT NULL, side char(1) NOT NULL,
    amount numeric(20, 2) NOT NULL CHECK (amount > 0), programme text NOT NULL, organisation text NOT NULL,
    level text NOT NULL, fiscal_year smallint NOT NULL, effective_date date NOT NULL, document text NOT NULL,
    PRIMARY KEY (sequence, line));
CREATE TABLE transitions (sequence bigint NOT NULL, ordinal smallint NOT NULL, kind text NOT NULL, document text NOT NULL,
    from_status text, to_status text NOT NULL, PRIMARY KEY (sequence, ordinal));
CREATE TABLE idempotency (subject text NOT NULL, key bytea NOT NULL, request bytea NOT NULL, sequence bigint,
    recorded_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (subject, key));
CREATE TABLE calculations (document text NOT NULL, version int NOT NULL, sequence bigint NOT NULL, sheet jsonb NOT NULL,
    PRIMARY KEY (document, version));
CREATE TABLE vouchers (id bigserial PRIMARY KEY, programme text NOT NULL, organisation text NOT NULL, status text NOT NULL,
    face numeric(20, 2) NOT NULL, available numeric(20, 2) NOT NULL, version bigint NOT NULL) WITH (fillfactor = 70);
ALTER TABLE vouchers ADD COLUMN rental bigint NOT NULL DEFAULT 0;
CREATE TABLE programmes (code text PRIMARY KEY, rules jsonb NOT NULL);
INSERT INTO programmes VALUES ('bench', '{"items": [{"item": "compute", "ratio_percent": "20"}]}');
CREATE TABLE rentals (id bigint PRIMARY KEY, organisation text NOT NULL, provider text NOT NULL, lines jsonb NOT NULL);
INSERT INTO rentals SELECT id, '91310000MA1FL0000N', '91440300MA5F00011B', '[{"item": "compute", "amount": "5.00"}]'
    FROM generate_series(1, 200000) AS id;
CREATE TABLE organisations (credit_code text PRIMARY KEY, status text NOT NULL);
INSERT INTO organisations VALUES ('91310000MA1FL0000N', 'active'), ('91440300MA5F00011B', 'active');
CREATE TABLE contract_uses (rental bigint PRIMARY KEY, programme text NOT NULL, amount numeric(20, 2) NOT NULL) WITH (fillfactor = 80);
INSERT INTO contract_uses SELECT id, 'bench', 1.00 FROM generate_series(1, 200000) AS id;
CREATE TABLE usages (programme text NOT NULL, organisation text NOT NULL, year smallint NOT NULL, amount numeric(20, 2) NOT NULL,
    PRIMARY KEY (programme, organisation, year)) WITH (fillfactor = 50);
INSERT INTO usages VALUES ('bench', '91310000MA1FL0000N', 2025, 0), ('bench', '91310000MA1FL0000N', 0, 0);
CREATE TABLE numbers (series text PRIMARY KEY, last bigint NOT NULL) WITH (fillfactor = 50);
INSERT INTO numbers VALUES ('voucher/bench/2025', 0);
CREATE TABLE totals (account text NOT NULL, programme text NOT NULL, effective_date date NOT NULL, debit numeric(20, 2) NOT NULL,
    credit numeric(20, 2) NOT NULL, PRIMARY KEY (account, programme, effective_date)) WITH (fillfactor = 50);
INSERT INTO totals VALUES ('B2001', 'bench', '2025-01-02', 0, 0), ('B2003', 'bench', '2025-01-02', 0, 0);
INSERT INTO vouchers (programme, organisation, status, face, available, version)
    SELECT 'bench', '91310000MA1FL0000N', 'reviewed', 0, 0, 0 FROM generate_series(1, 200000);
UPDATE vouchers SET rental = id;
