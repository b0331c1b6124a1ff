-- Who may have which role.

CREATE TABLE role_grants (
    id uuid CONSTRAINT role_grants_pkey PRIMARY KEY,
    status text NOT NULL CONSTRAINT role_grants_status_check CHECK (status IN ('proposed', 'approved', 'rejected', 'ended')),
    subject text NOT NULL,
    folded text NOT NULL,
    role text NOT NULL CONSTRAINT role_grants_role_check CHECK (
        role IN ('officer', 'approver', 'enterprise', 'provider', 'bank', 'auditor', 'operator', 'expert', 'security')),
    organisation text,
    valid_from date,
    valid_until date,
    document text,
    reason bytea NOT NULL CONSTRAINT role_grants_reason_check CHECK (octet_length(reason) = 32),
    rejection bytea,
    end_reason bytea,
    created_by text NOT NULL,
    decided_by text,
    decided bigint,
    decided_on date,
    ended_by text,
    ended bigint,
    ended_on date,
    created bigint NOT NULL,
    version bigint NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT role_grants_organisation CHECK ((role IN ('enterprise', 'provider', 'bank')) = (organisation IS NOT NULL)),
    CONSTRAINT role_grants_days CHECK (valid_until >= valid_from),
    CONSTRAINT role_grants_decided CHECK (
        (status = 'proposed') = (decided_by IS NULL) AND (decided_by IS NULL) = (decided IS NULL)
        AND (decided_by IS NULL) = (decided_on IS NULL) AND (status = 'rejected') = (rejection IS NOT NULL)),
    CONSTRAINT role_grants_ended CHECK (
        (status = 'ended') = (ended_by IS NOT NULL) AND (ended_by IS NULL) = (ended IS NULL)
        AND (ended_by IS NULL) = (ended_on IS NULL) AND (ended_by IS NULL) = (end_reason IS NULL)),
    CONSTRAINT role_grants_four_eyes CHECK (
        decided_by <> created_by AND (status = 'rejected' OR decided_by <> subject))
);
CREATE INDEX role_grants_created ON role_grants (created);
CREATE INDEX role_grants_folded ON role_grants (folded) WHERE status IN ('proposed', 'approved');
COMMENT ON TABLE role_grants IS 'Who may have which role: proposed by one person, approved by another, taken away by one.';
COMMENT ON COLUMN role_grants.folded IS 'The subject as it is compared: case, width and composition tell nobody apart.';
COMMENT ON COLUMN role_grants.valid_from IS 'The first day that counts; from its approval where there is none.';
COMMENT ON COLUMN role_grants.valid_until IS 'The last day that counts.';
COMMENT ON COLUMN role_grants.decided IS 'The leaf that approved or rejected it; decided_on is its business date.';
COMMENT ON COLUMN role_grants.ended IS 'The leaf that took the role away; ended_on is its business date.';

GRANT SELECT, INSERT ON role_grants TO subsidy_app;
GRANT UPDATE (status, rejection, end_reason, decided_by, decided, decided_on, ended_by, ended, ended_on, version, updated_at)
    ON role_grants TO subsidy_app;
GRANT SELECT ON role_grants TO subsidy_auditor;

UPDATE head SET schema_version = 16;
