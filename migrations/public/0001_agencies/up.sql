-- The register of agencies: each has a schema of its own, this table says which.
CREATE TABLE public.agencies (
    code text CONSTRAINT agencies_pkey PRIMARY KEY CONSTRAINT agencies_code_check CHECK (code ~ '^[a-z0-9_]{1,40}$'),
    name text NOT NULL,
    zone text NOT NULL,
    sandbox boolean NOT NULL,
    origin text NOT NULL CONSTRAINT agencies_origin_key UNIQUE,
    verifier_key text NOT NULL,
    account_check bytea NOT NULL CONSTRAINT agencies_account_check_check CHECK (octet_length(account_check) = 32),
    created_at timestamptz NOT NULL
);
COMMENT ON TABLE public.agencies IS 'Tenants. The schema of one is agency_<code>.';
COMMENT ON COLUMN public.agencies.zone IS 'IANA zone in which a recorded instant becomes a business date.';
COMMENT ON COLUMN public.agencies.origin IS 'First line of the agency''s checkpoints: <service>/<code>.';
COMMENT ON COLUMN public.agencies.verifier_key IS 'Signed-note verifier key (public).';
COMMENT ON COLUMN public.agencies.account_check IS 'HMAC under the secret that account numbers are sealed with: another folder of keys is noticed.';

GRANT SELECT ON public.agencies TO subsidy_app;
GRANT SELECT ON public.agencies TO subsidy_auditor;
