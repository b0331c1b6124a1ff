-- What the catalogue says of the schema $1: a row an object, its name and the facts that the release answers for. The name
-- of the schema is written $, so that all agencies are held to one list. Of public only the register and the sessions are the service's own.
-- What differs between versions of PostgreSQL or is the administrator's business is left out: comments, storage parameters,
-- statistics' targets, what the owner may do with what is its own.
WITH space AS (
    SELECT n.oid, n.nspowner AS owner, n.nspacl AS acl FROM pg_namespace AS n WHERE n.nspname = $1),
rels AS MATERIALIZED (
    SELECT c.* FROM pg_class AS c JOIN space ON c.relnamespace = space.oid
     WHERE $1 <> 'public' OR c.oid IN (to_regclass('public.agencies'), to_regclass('public.sessions')) OR c.oid IN (
           SELECT i.indexrelid FROM pg_index AS i
            WHERE i.indrelid IN (to_regclass('public.agencies'), to_regclass('public.sessions')))),
procs AS MATERIALIZED (
    SELECT p.* FROM pg_proc AS p JOIN space ON p.pronamespace = space.oid WHERE $1 <> 'public'),
grants AS (
    SELECT 'schema' AS object, space.owner, a.* FROM space
     CROSS JOIN aclexplode(coalesce(space.acl, acldefault('n', space.owner))) AS a
     WHERE $1 <> 'public'
    UNION ALL
    SELECT r.relname::text, r.relowner, a.* FROM rels AS r CROSS JOIN aclexplode(r.relacl) AS a
    UNION ALL
    SELECT r.relname || '.' || t.attname, r.relowner, a.* FROM rels AS r JOIN pg_attribute AS t ON t.attrelid = r.oid
      CROSS JOIN aclexplode(t.attacl) AS a
    UNION ALL
    SELECT p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')', p.proowner, a.*
      FROM procs AS p CROSS JOIN aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) AS a
    UNION ALL
    SELECT 'what is made later (' || d.defaclobjtype::text || ')', d.defaclrole, a.*
      FROM pg_default_acl AS d JOIN space ON d.defaclnamespace = space.oid
      CROSS JOIN aclexplode(d.defaclacl) AS a),
facts AS (
    SELECT 'schema' AS name, 'owner ' || pg_get_userbyid(space.owner) AS facts FROM space WHERE $1 <> 'public'
    UNION ALL
    SELECT CASE WHEN r.relkind IN ('r', 'p') THEN 'table' WHEN r.relkind IN ('v', 'm') THEN 'view'
                WHEN r.relkind IN ('i', 'I') THEN 'index' WHEN r.relkind = 'S' THEN 'sequence' ELSE 'relation' END || ' ' || r.relname,
           concat_ws(', ', 'kind ' || r.relkind::text, 'persistence ' || r.relpersistence::text,
               'owner ' || pg_get_userbyid(r.relowner),
               CASE WHEN r.relrowsecurity THEN 'row security' END,
               (SELECT 'inherits ' || string_agg(h.inhparent::regclass::text, ' ' ORDER BY h.inhseqno)
                  FROM pg_inherits AS h WHERE h.inhrelid = r.oid),
               (SELECT concat_ws(' ', pg_get_indexdef(i.indexrelid), CASE WHEN NOT i.indisvalid THEN 'invalid' END)
                  FROM pg_index AS i WHERE i.indexrelid = r.oid))
      FROM rels AS r
    UNION ALL
    SELECT 'column ' || r.relname || '.' || t.attname,
           concat_ws(' ', format_type(t.atttypid, t.atttypmod), CASE WHEN t.attnotnull THEN 'not null' END,
               CASE WHEN t.attgenerated <> '' THEN 'generated as' WHEN d.oid IS NOT NULL THEN 'default' END,
               pg_get_expr(d.adbin, d.adrelid),
               CASE WHEN t.attidentity <> '' THEN 'identity ' || t.attidentity::text END,
               CASE WHEN t.attcollation <> y.typcollation THEN 'collate ' || t.attcollation::regcollation::text END)
      FROM rels AS r JOIN pg_attribute AS t ON t.attrelid = r.oid AND t.attnum > 0 AND NOT t.attisdropped
      JOIN pg_type AS y ON y.oid = t.atttypid
      LEFT JOIN pg_attrdef AS d ON d.adrelid = r.oid AND d.adnum = t.attnum
     WHERE r.relkind NOT IN ('i', 'I', 'S')
    UNION ALL
    SELECT 'constraint ' || r.relname || '.' || c.conname,
           concat_ws(' ', pg_get_constraintdef(c.oid), CASE WHEN c.condeferrable THEN 'deferrable' END,
               CASE WHEN NOT c.convalidated THEN 'not valid' END)
      FROM rels AS r JOIN pg_constraint AS c ON c.conrelid = r.oid WHERE c.contype IN ('c', 'p', 'u', 'f', 'x')
    UNION ALL
    SELECT 'trigger ' || r.relname || '.'
               || CASE WHEN t.tgisinternal THEN coalesce(c.conname || ' ', '') || p.proname ELSE t.tgname::text END,
           concat_ws(', ',
               CASE t.tgenabled WHEN 'A' THEN 'always' WHEN 'O' THEN 'enabled' WHEN 'R' THEN 'on replicas' ELSE 'disabled' END,
               CASE WHEN NOT t.tgisinternal THEN pg_get_triggerdef(t.oid) END)
      FROM rels AS r JOIN pg_trigger AS t ON t.tgrelid = r.oid JOIN pg_proc AS p ON p.oid = t.tgfoid
      LEFT JOIN pg_constraint AS c ON c.oid = t.tgconstraint
    UNION ALL
    SELECT 'rule ' || r.relname || '.' || w.rulename, pg_get_ruledef(w.oid)
      FROM rels AS r JOIN pg_rewrite AS w ON w.ev_class = r.oid
    UNION ALL
    SELECT 'policy ' || r.relname || '.' || p.polname, 'for ' || p.polcmd::text
      FROM rels AS r JOIN pg_policy AS p ON p.polrelid = r.oid
    UNION ALL
    SELECT 'statistics ' || s.stxname, pg_get_statisticsobjdef(s.oid)
      FROM pg_statistic_ext AS s JOIN space ON s.stxnamespace = space.oid
     WHERE $1 <> 'public'
    UNION ALL
    SELECT 'function ' || p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')',
           concat_ws(', ', l.lanname, 'returns ' || pg_get_function_result(p.oid), 'kind ' || p.prokind::text,
               'volatility ' || p.provolatile::text,
               CASE WHEN p.proisstrict THEN 'strict' END, CASE WHEN p.prosecdef THEN 'security definer' END,
               'owner ' || pg_get_userbyid(p.proowner),
               (SELECT 'set ' || string_agg(replace(s, ', ', ','), ' ' ORDER BY s) FROM unnest(p.proconfig) AS s),
               'text ' || encode(sha256(convert_to(concat(p.prosrc, p.probin), 'UTF8')), 'hex'))
      FROM procs AS p JOIN pg_language AS l ON l.oid = p.prolang
    UNION ALL
    SELECT 'type ' || y.typname, 'kind ' || y.typtype::text FROM pg_type AS y JOIN space ON y.typnamespace = space.oid
     WHERE $1 <> 'public' AND y.typtype <> 'c' AND y.typelem = 0
    UNION ALL
    SELECT 'grant on ' || g.object || ' to ' || coalesce(o.rolname, 'public'),
           string_agg(g.privilege_type || CASE WHEN g.is_grantable THEN ' with grant option' ELSE '' END, ', '
               ORDER BY g.privilege_type)
      FROM grants AS g LEFT JOIN pg_roles AS o ON o.oid = g.grantee WHERE g.grantee <> g.owner GROUP BY 1
    UNION ALL
    SELECT 'role ' || o.rolname,
           concat_ws(', ', CASE WHEN o.rolsuper THEN 'superuser' END, CASE WHEN o.rolcreaterole THEN 'creates roles' END,
               CASE WHEN o.rolcreatedb THEN 'creates databases' END, CASE WHEN o.rolreplication THEN 'replication' END,
               CASE WHEN o.rolbypassrls THEN 'passes row security' END,
               (SELECT 'member of ' || string_agg(pg_get_userbyid(m.roleid)::text, ' ' ORDER BY pg_get_userbyid(m.roleid)::text)
                  FROM pg_auth_members AS m WHERE m.member = o.oid))
      FROM pg_roles AS o WHERE $1 = 'public' AND o.rolname IN ('subsidy_app', 'subsidy_auditor'))
SELECT replace(replace(name, $1 || '.', ''), $1, '$') AS name,
       replace(replace(regexp_replace(coalesce(facts, ''), '[[:space:]]+', ' ', 'g'), $1 || '.', ''), $1, '$') AS facts
  FROM facts
