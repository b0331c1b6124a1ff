DROP TABLE public.sign_in_tries;
DROP TABLE public.accounts;
