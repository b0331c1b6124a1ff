-- People who are on their way to the identity provider and back. A row serves once, for ten minutes.
CREATE TABLE public.sign_ins (
    state_sha256 bytea CONSTRAINT sign_ins_pkey PRIMARY KEY
        CONSTRAINT sign_ins_state_check CHECK (octet_length(state_sha256) = 32),
    next text NOT NULL,
    kept text NOT NULL,
    began_at timestamptz NOT NULL,
    mac bytea NOT NULL CONSTRAINT sign_ins_mac_check CHECK (octet_length(mac) = 32)
);
COMMENT ON TABLE public.sign_ins IS 'Sign-ins at the identity provider that have not come back.';
COMMENT ON COLUMN public.sign_ins.state_sha256 IS 'Of the state that comes back with the code.';
COMMENT ON COLUMN public.sign_ins.next IS 'The page that is shown afterwards.';
COMMENT ON COLUMN public.sign_ins.kept IS 'What was typed into a form whose session ended, as JSON; else empty.';
COMMENT ON COLUMN public.sign_ins.mac IS 'Of the row and the browser, with a key outside the database.';

GRANT SELECT, INSERT, DELETE ON public.sign_ins TO subsidy_app;
