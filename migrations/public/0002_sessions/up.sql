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
    ends_at timestamptz NOT NULL
);
COMMENT ON TABLE public.sessions IS 'People who are signed in to the console.';
COMMENT ON COLUMN public.sessions.token_sha256 IS 'Of the cookie: who reads the table cannot act as anybody.';
COMMENT ON COLUMN public.sessions.seen_at IS 'The last request, to the minute: a session ends 30 minutes after it.';
COMMENT ON COLUMN public.sessions.ends_at IS 'When it ends, however busy.';

GRANT SELECT, INSERT, DELETE ON public.sessions TO subsidy_app;
GRANT UPDATE (seen_at) ON public.sessions TO subsidy_app;
