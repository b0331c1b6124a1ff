-- Who and what is on which list.

CREATE TABLE tag_imports (
    id uuid CONSTRAINT tag_imports_pkey PRIMARY KEY,
    tag text NOT NULL CONSTRAINT tag_imports_tag_check CHECK (tag ~ '^[a-z0-9_]{1,40}$'),
    kind text NOT NULL CONSTRAINT tag_imports_kind_check CHECK (kind IN ('organisation', 'loan', 'rental')),
    document text NOT NULL,
    sha256 text NOT NULL,
    count integer NOT NULL CONSTRAINT tag_imports_count_check CHECK (count BETWEEN 1 AND 400),
    status text NOT NULL CONSTRAINT tag_imports_status_check CHECK (status IN ('proposed', 'approved', 'rejected')),
    reason bytea,
    created_by text NOT NULL,
    decided_by text,
    created bigint NOT NULL,
    version bigint NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT tag_imports_decided CHECK (
        (status = 'proposed') = (decided_by IS NULL) AND (status = 'rejected') = (reason IS NOT NULL)),
    CONSTRAINT tag_imports_four_eyes CHECK (decided_by <> created_by)
);
CREATE INDEX tag_imports_created ON tag_imports (created);
COMMENT ON TABLE tag_imports IS 'Lists that were imported, each as one proposal of many tags.';
COMMENT ON COLUMN tag_imports.sha256 IS 'Of the file.';

CREATE TABLE tags (
    id uuid CONSTRAINT tags_pkey PRIMARY KEY,
    tag text NOT NULL CONSTRAINT tags_tag_check CHECK (tag ~ '^[a-z0-9_]{1,40}$'),
    kind text NOT NULL CONSTRAINT tags_kind_check CHECK (kind IN ('organisation', 'loan', 'rental')),
    subject text NOT NULL,
    valid_from date NOT NULL,
    valid_until date,
    document text NOT NULL,
    import uuid,
    line integer NOT NULL CONSTRAINT tags_line_check CHECK (line BETWEEN 0 AND 400),
    status text NOT NULL CONSTRAINT tags_status_check CHECK (status IN ('proposed', 'approved', 'rejected')),
    ending jsonb CONSTRAINT tags_ending CHECK (
        ending IS NULL OR status = 'approved' AND (ending ->> 'decided_by') IS DISTINCT FROM (ending ->> 'created_by')),
    reason bytea,
    created_by text NOT NULL,
    decided_by text,
    created bigint NOT NULL,
    version bigint NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT tags_import CHECK ((import IS NULL) = (line = 0)),
    CONSTRAINT tags_days CHECK (
        valid_until >= valid_from OR coalesce(ending ->> 'status' = 'approved', false)),
    CONSTRAINT tags_decided CHECK (
        (status = 'proposed') = (decided_by IS NULL) AND (status = 'rejected') = (reason IS NOT NULL)),
    CONSTRAINT tags_four_eyes CHECK (decided_by <> created_by)
);
CREATE INDEX tags_created ON tags (created, line);
CREATE INDEX tags_subject ON tags (subject) WHERE status = 'approved';
COMMENT ON TABLE tags IS 'Who and what is on which list; both days count. Rules read approved ones alone.';
COMMENT ON COLUMN tags.valid_until IS 'The last day that counts, as the newest approved end has it.';
COMMENT ON COLUMN tags.import IS 'The list that it came with.';
COMMENT ON COLUMN tags.line IS 'Its place in that list; tags are paged by the leaf that proposed them, then by this.';
COMMENT ON COLUMN tags.ending IS 'The newest proposal to end it, and what became of it.';

GRANT SELECT, INSERT ON tag_imports TO subsidy_app;
GRANT UPDATE (status, reason, decided_by, version, updated_at) ON tag_imports TO subsidy_app;
GRANT SELECT, INSERT ON tags TO subsidy_app;
GRANT UPDATE (valid_until, status, ending, reason, decided_by, version, updated_at) ON tags TO subsidy_app;
GRANT SELECT ON tag_imports TO subsidy_auditor;
GRANT SELECT ON tags TO subsidy_auditor;

UPDATE head SET schema_version = 11;
