-- A role that may plan and nothing else, for pipelines. Run as superuser, after the first apply has made `groupware`.
GRANT USAGE ON SCHEMA public, groupware TO mailplan;
GRANT SELECT ON public.domain, public.mailbox, public.alias, public.alias_domain TO mailplan;
GRANT SELECT ON ALL TABLES IN SCHEMA groupware TO mailplan;
