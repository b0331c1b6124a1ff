-- Calls for applications, applications with what experts find of them, and awards.

CREATE TABLE calls (
    id uuid CONSTRAINT calls_pkey PRIMARY KEY,
    programme text NOT NULL,
    title jsonb NOT NULL,
    filing_from date NOT NULL,
    filing_until date NOT NULL,
    quota jsonb NOT NULL,
    status text NOT NULL CONSTRAINT calls_status_check CHECK (status IN ('proposed', 'open', 'rejected', 'closed')),
    rules_version integer,
    applications jsonb NOT NULL,
    list jsonb NOT NULL,
    reason bytea,
    created_by text NOT NULL,
    decided_by text,
    created bigint NOT NULL,
    version bigint NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT calls_filing CHECK (filing_from <= filing_until),
    CONSTRAINT calls_decided CHECK (
        (status = 'proposed') = (decided_by IS NULL) AND (status IN ('open', 'closed')) = (rules_version IS NOT NULL)
        AND (status <> 'closed' OR list <> '[]')),
    CONSTRAINT calls_four_eyes CHECK (decided_by <> created_by)
) WITH (fillfactor = 70);
CREATE INDEX calls_created ON calls (created);
COMMENT ON TABLE calls IS 'What may be applied for, and when.';
COMMENT ON COLUMN calls.quota IS 'Of this call, beside that of the rules.';
COMMENT ON COLUMN calls.rules_version IS 'Under which version everything of it is decided.';
COMMENT ON COLUMN calls.applications IS 'What was filed, in order.';
COMMENT ON COLUMN calls.list IS 'The awards that wait for another person, or that were approved.';

CREATE TABLE applications (
    id uuid CONSTRAINT applications_pkey PRIMARY KEY,
    call uuid NOT NULL,
    programme text NOT NULL,
    organisation text NOT NULL,
    project jsonb NOT NULL,
    evidence jsonb NOT NULL,
    status text NOT NULL CONSTRAINT applications_status_check CHECK (
        status IN ('draft', 'submitted', 'passed', 'returned', 'rejected', 'withdrawn', 'awarded')),
    amount numeric(20, 2) NOT NULL CONSTRAINT applications_amount_check CHECK (amount > 0 AND amount <> 'NaN'),
    rules_version integer NOT NULL,
    calculation integer NOT NULL,
    experts jsonb NOT NULL,
    scores jsonb NOT NULL CONSTRAINT applications_scores CHECK (
        jsonb_array_length(scores) <= jsonb_array_length(experts)),
    submitted_at bigint,
    reason bytea,
    created_by text NOT NULL,
    reviewed_by text,
    created bigint NOT NULL,
    version bigint NOT NULL,
    updated_at timestamptz NOT NULL
) WITH (fillfactor = 70);
CREATE INDEX applications_created ON applications (created);
CREATE INDEX applications_call ON applications (call, created);
CREATE INDEX applications_organisation ON applications (organisation, created);
CREATE INDEX applications_experts ON applications USING gin (experts jsonb_path_ops);
CREATE INDEX applications_waiting ON applications (status, created) WHERE status IN ('submitted', 'returned', 'passed');
COMMENT ON TABLE applications IS 'Projects for which a call''s money is asked.';
COMMENT ON COLUMN applications.amount IS 'What may be awarded: of its newest calculation sheet.';
COMMENT ON COLUMN applications.experts IS 'Who scores it, each once.';
COMMENT ON COLUMN applications.scores IS 'In the order in which they came; shown once all are there.';
COMMENT ON COLUMN applications.submitted_at IS 'The leaf that filed it: of equal means the earlier comes first.';

CREATE TABLE awards (
    id uuid CONSTRAINT awards_pkey PRIMARY KEY,
    application uuid NOT NULL CONSTRAINT awards_application_key UNIQUE,
    call uuid NOT NULL,
    rank integer NOT NULL CONSTRAINT awards_rank_check CHECK (rank BETWEEN 1 AND 500),
    programme text NOT NULL,
    organisation text NOT NULL,
    project text NOT NULL,
    status text NOT NULL CONSTRAINT awards_status_check CHECK (status IN ('awarded', 'accepted', 'cancelled')),
    amount numeric(20, 2) NOT NULL CONSTRAINT awards_amount_check CHECK (amount > 0 AND amount <> 'NaN'),
    fiscal_year smallint NOT NULL,
    rules_version integer NOT NULL,
    tranches jsonb NOT NULL,
    awarded_on date NOT NULL,
    published_until date,
    objections jsonb NOT NULL,
    due_on date NOT NULL,
    extended boolean NOT NULL,
    extension jsonb,
    acceptance jsonb,
    settled jsonb,
    reason bytea,
    created bigint NOT NULL,
    version bigint NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT awards_tranches CHECK (sum_of_parts(tranches) = amount),
    CONSTRAINT awards_settled CHECK (
        (status = 'accepted') = (settled IS NOT NULL)
        AND (settled IS NULL OR (settled ->> 'approved_by') <> (acceptance ->> 'proposed_by')
            AND (settled ->> 'due')::numeric >= 0 AND (settled ->> 'released')::numeric >= 0
            AND (settled ->> 'paid')::numeric - (settled ->> 'recovered')::numeric + (settled ->> 'due')::numeric
                <= (acceptance ->> 'entitlement')::numeric
            AND (acceptance ->> 'entitlement')::numeric <= amount))
) WITH (fillfactor = 70);
CREATE INDEX awards_created ON awards (created, rank);
CREATE INDEX awards_call ON awards (call, created);
CREATE INDEX awards_organisation ON awards (organisation, created);
CREATE INDEX awards_open ON awards (due_on) WHERE status = 'awarded';
COMMENT ON TABLE awards IS 'What projects were granted. Their tranches are claims.';
COMMENT ON COLUMN awards.rank IS 'Its place on the list; awards are paged by the leaf that made them, then by this.';
COMMENT ON COLUMN awards.tranches IS 'They sum to the amount; each with the claim that is for it.';
COMMENT ON COLUMN awards.due_on IS 'The day by which the project is to be accepted.';
COMMENT ON COLUMN awards.acceptance IS 'What an acceptance finds; it waits for another person until the award is settled.';
COMMENT ON CONSTRAINT awards_settled ON awards IS 'Nothing is paid beyond the audited entitlement, nor that beyond the award.';

GRANT SELECT, INSERT ON calls TO subsidy_app;
GRANT UPDATE (
    status, rules_version, applications, list, reason, decided_by, version, updated_at
) ON calls TO subsidy_app;
GRANT SELECT, INSERT ON applications TO subsidy_app;
GRANT UPDATE (
    project, evidence, status, amount, rules_version, calculation, experts, scores, submitted_at, reason, reviewed_by,
    version, updated_at
) ON applications TO subsidy_app;
GRANT SELECT, INSERT ON awards TO subsidy_app;
GRANT UPDATE (
    status, tranches, objections, due_on, extended, extension, acceptance, settled, reason, version, updated_at
) ON awards TO subsidy_app;
GRANT SELECT ON calls TO subsidy_auditor;
GRANT SELECT ON applications TO subsidy_auditor;
GRANT SELECT ON awards TO subsidy_auditor;

UPDATE head SET schema_version = 12;
