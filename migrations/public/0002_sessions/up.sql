-- Who is signed in to the console. Nothing of a ledger: a session that is lost is begun anew.
CREATE TABLE public.sessions (
    token_sha256 bytea CONSTRAINT sessions_pkey PRIMARY KEY
        CONSTRAINT sessions_token_check CHECK (octet_length(token_sha256) = 32),
    agency text NOT NULL CONSTRAINT sessions_agency_fkey REFERENCES public.agencies (code),
    subject text NOT NULL,
    roles jsonb NOT NULL,
    organisation text,
    began_at timestamptz NOT NULL,
    seen_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    mac bytea NOT NULL CONSTRAINT sessions_mac_check CHECK (octet_length(mac) = 32)
);
COMMENT ON TABLE public.sessions IS 'People who are signed in to the console.';
COMMENT ON COLUMN public.sessions.token_sha256 IS 'Of the cookie: who reads the table cannot act as anybody.';
COMMENT ON COLUMN public.sessions.seen_at IS 'The last request, to the minute: a session ends 30 minutes after it.';
COMMENT ON COLUMN public.sessions.ends_at IS 'When it ends, however busy.';
COMMENT ON COLUMN public.sessions.mac IS 'Of all but seen_at, with a key outside the database: who writes a row signs nobody in.';

GRANT SELECT, INSERT, DELETE ON public.sessions TO subsidy_app;
GRANT UPDATE (seen_at) ON public.sessions TO subsidy_app;
