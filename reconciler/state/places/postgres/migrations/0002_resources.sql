-- For people with SQL at hand: the resources of every snapshot that is not encrypted. The journal since is not in it.
-- Sealed pages are left out before anything is read as JSON.
CREATE VIEW resources AS
SELECT state, resource ->> 'kind' AS kind, resource ->> 'key' AS key, resource ->> 'provider' AS provider,
       resource -> 'fields' AS fields
FROM (
    SELECT state.name AS state,
           CASE WHEN substring(snapshot.name FOR 5) <> convert_to('page ', 'UTF8')
                 AND substring(content FOR 1) = convert_to('{', 'UTF8')
                THEN convert_from(content, 'UTF8')::jsonb END AS resource
    FROM snapshot JOIN state ON state.id = snapshot.state
) AS plain
WHERE resource IS NOT NULL;

COMMENT ON VIEW resources IS 'what the last snapshot of each unencrypted state holds; GRANT SELECT on it as you like';
