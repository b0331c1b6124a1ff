-- Organisations measured against each other.

CREATE TABLE rankings (
    id uuid CONSTRAINT rankings_pkey PRIMARY KEY,
    programme text NOT NULL,
    year smallint NOT NULL,
    metrics jsonb NOT NULL,
    places jsonb NOT NULL CONSTRAINT rankings_places CHECK (jsonb_array_length(places) BETWEEN 1 AND 500),
    top integer NOT NULL CONSTRAINT rankings_top_check CHECK (top > 0),
    status text NOT NULL CONSTRAINT rankings_status_check CHECK (status IN ('proposed', 'approved', 'rejected')),
    published_on date,
    reason bytea,
    created_by text NOT NULL,
    decided_by text,
    created bigint NOT NULL,
    version bigint NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT rankings_decided CHECK (
        (status = 'proposed') = (decided_by IS NULL) AND (status = 'approved') = (published_on IS NOT NULL)
        AND (status = 'rejected') = (reason IS NOT NULL)),
    CONSTRAINT rankings_four_eyes CHECK (decided_by <> created_by)
);
CREATE INDEX rankings_created ON rankings (created);
COMMENT ON TABLE rankings IS 'Who is named for a year, without money.';
COMMENT ON COLUMN rankings.places IS 'All who were measured, the first first: values, ranks, their weighted sum, and what decided a tie.';
COMMENT ON COLUMN rankings.top IS 'How many of them are named.';

GRANT SELECT, INSERT ON rankings TO subsidy_app;
GRANT UPDATE (status, published_on, reason, decided_by, version, updated_at) ON rankings TO subsidy_app;
GRANT SELECT ON rankings TO subsidy_auditor;

UPDATE head SET schema_version = 13;
