-- Months that are closed, postings that are reversed, and days that are holidays.

CREATE TABLE periods (
    month text CONSTRAINT periods_pkey PRIMARY KEY CONSTRAINT periods_month_check CHECK (month ~ '^[0-9]{4}-(0[1-9]|1[0-2])$'),
    status text NOT NULL CONSTRAINT periods_status_check CHECK (status IN ('open', 'closed')),
    books jsonb NOT NULL,
    closed_by text NOT NULL,
    closed_at timestamptz NOT NULL,
    reopened_by text,
    reopened_at timestamptz,
    reason bytea,
    created bigint NOT NULL,
    version bigint NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT periods_reopened CHECK (
        num_nulls(reopened_by, reopened_at, reason) IN (0, 3) AND (status = 'closed' OR reopened_by IS NOT NULL)),
    CONSTRAINT periods_tie CHECK (
        books #>> '{B,debit}' = books #>> '{B,credit}' AND books #>> '{F,debit}' = books #>> '{F,credit}'
        AND books #>> '{Y,debit}' = books #>> '{Y,credit}')
);
COMMENT ON TABLE periods IS 'Months that were closed, whether they are still or not; head.closed_through says which are.';
COMMENT ON COLUMN periods.books IS 'Debits and credits by book, as they were when the month was last closed.';

CREATE TABLE reversals (
    sequence bigint CONSTRAINT reversals_pkey PRIMARY KEY,
    status text NOT NULL CONSTRAINT reversals_status_check CHECK (status IN ('proposed', 'approved')),
    reason bytea NOT NULL,
    effective_date date,
    reversed_by bigint CONSTRAINT reversals_reversed_by UNIQUE,
    created_by text NOT NULL,
    approved_by text,
    created bigint NOT NULL,
    version bigint NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT reversals_later CHECK (created > sequence AND reversed_by > created),
    CONSTRAINT reversals_four_eyes CHECK (
        approved_by <> created_by
        AND num_nulls(approved_by, effective_date, reversed_by) = CASE status WHEN 'proposed' THEN 3 ELSE 0 END)
);
CREATE INDEX reversals_created ON reversals (created);
COMMENT ON COLUMN reversals.sequence IS 'What it reverses: a leaf is reversed once.';
COMMENT ON COLUMN reversals.reversed_by IS 'The leaf that posts the opposite.';

CREATE TABLE calendar_changes (
    id uuid CONSTRAINT calendar_changes_pkey PRIMARY KEY,
    status text NOT NULL CONSTRAINT calendar_changes_status_check CHECK (status IN ('proposed', 'approved', 'rejected')),
    days jsonb NOT NULL CONSTRAINT calendar_changes_days CHECK (jsonb_array_length(days) BETWEEN 1 AND 366),
    document text NOT NULL,
    reason bytea,
    created_by text NOT NULL,
    decided_by text,
    created bigint NOT NULL,
    version bigint NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT calendar_changes_decided CHECK (
        (status = 'proposed') = (decided_by IS NULL) AND (status = 'rejected') = (reason IS NOT NULL)),
    CONSTRAINT calendar_changes_four_eyes CHECK (decided_by <> created_by)
);
CREATE INDEX calendar_changes_created ON calendar_changes (created);
COMMENT ON TABLE calendar_changes IS 'Holidays, and workdays in their stead, as notices order them.';

CREATE TABLE calendar_days (
    date date CONSTRAINT calendar_days_pkey PRIMARY KEY,
    kind text NOT NULL CONSTRAINT calendar_days_kind_check CHECK (kind IN ('holiday', 'workday')),
    calendar uuid NOT NULL,
    created bigint NOT NULL,
    version bigint NOT NULL,
    updated_at timestamptz NOT NULL
);
COMMENT ON TABLE calendar_days IS 'What the newest approved change says of each day that it names; of all others, weekends are holidays.';

UPDATE head SET schema_version = 8;
