-- Accounts of the service's own, for places without an identity provider. Nothing of a ledger.
CREATE TABLE public.accounts (
    name text CONSTRAINT accounts_pkey PRIMARY KEY
        CONSTRAINT accounts_name_check CHECK (name ~ '^[a-z0-9][a-z0-9._-]{1,39}$'),
    agency text NOT NULL CONSTRAINT accounts_agency_fkey REFERENCES public.agencies (code),
    roles jsonb NOT NULL,
    organisation text,
    password text NOT NULL CONSTRAINT accounts_password_check CHECK (password LIKE '$argon2id$%'),
    provisional boolean NOT NULL,
    factor bytea,
    factor_step bigint NOT NULL,
    recovery jsonb NOT NULL,
    disabled boolean NOT NULL,
    created_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    mac bytea NOT NULL CONSTRAINT accounts_mac_check CHECK (octet_length(mac) = 32)
);
COMMENT ON TABLE public.accounts IS 'People who sign in with a password and a second factor kept here.';
COMMENT ON COLUMN public.accounts.password IS 'Argon2id, with its salt and parameters.';
COMMENT ON COLUMN public.accounts.provisional IS 'Whether the next sign-in chooses another password.';
COMMENT ON COLUMN public.accounts.factor IS 'The secret of the codes (RFC 6238), sealed with a key outside the database.';
COMMENT ON COLUMN public.accounts.factor_step IS 'The time step of the last code that was used: none serves twice.';
COMMENT ON COLUMN public.accounts.recovery IS 'Keyed hashes of the recovery codes that are left.';
COMMENT ON COLUMN public.accounts.mac IS 'Of all but factor_step and recovery, with a key outside the database: who writes a row signs nobody in.';

-- Sign-ins that failed, by account and by address.
CREATE TABLE public.sign_in_tries (
    who bytea CONSTRAINT sign_in_tries_pkey PRIMARY KEY
        CONSTRAINT sign_in_tries_who_check CHECK (octet_length(who) = 32),
    failures integer NOT NULL,
    since timestamptz NOT NULL
);
COMMENT ON TABLE public.sign_in_tries IS 'How often an account or an address failed to sign in since when.';
COMMENT ON COLUMN public.sign_in_tries.who IS 'Keyed hash of the name or the address.';

GRANT SELECT, INSERT ON public.accounts TO subsidy_app;
GRANT UPDATE (agency, roles, organisation, password, provisional, factor, factor_step, recovery, disabled, changed_at, mac)
    ON public.accounts TO subsidy_app;
GRANT SELECT, INSERT, DELETE, UPDATE (failures, since) ON public.sign_in_tries TO subsidy_app;
