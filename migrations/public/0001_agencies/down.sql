DROP TABLE public.agencies;
