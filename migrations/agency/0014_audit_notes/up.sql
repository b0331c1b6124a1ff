-- What auditors remark.

CREATE TABLE audit_notes (
    id uuid CONSTRAINT audit_notes_pkey PRIMARY KEY,
    about text NOT NULL CONSTRAINT audit_notes_about_check CHECK (about ~ '^[a-z_]+/.+$'),
    text bytea NOT NULL CONSTRAINT audit_notes_text_check CHECK (octet_length(text) = 32),
    written_by text NOT NULL,
    created bigint NOT NULL,
    version bigint NOT NULL,
    updated_at timestamptz NOT NULL
);
CREATE INDEX audit_notes_created ON audit_notes (created);
CREATE INDEX audit_notes_about ON audit_notes (about, created);
COMMENT ON TABLE audit_notes IS 'What auditors remarked on a document or a leaf. Append-only.';
COMMENT ON COLUMN audit_notes.about IS 'The kind of the document and its key, such as claim/{id}; a leaf by its sequence.';
COMMENT ON COLUMN audit_notes.text IS 'The digest of the words, which stand in texts until they are erased.';
CREATE TRIGGER audit_notes_change BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_notes EXECUTE FUNCTION refuse_change();
ALTER TABLE audit_notes ENABLE ALWAYS TRIGGER audit_notes_change;

GRANT SELECT, INSERT ON audit_notes TO subsidy_app;
GRANT SELECT ON audit_notes TO subsidy_auditor;

UPDATE head SET schema_version = 14;
