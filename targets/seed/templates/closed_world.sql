-- Every column that pg_dump dumps the data of, and what the policy says of it.
CREATE TEMP TABLE thrice_column AS
SELECT DISTINCT ON (c.oid, a.attnum)
  c.oid AS relation, a.attnum AS number, c.relkind = 'r' AS is_plain,
  pg_catalog.format('%I.%I', n.nspname, c.relname) AS of_table,
  pg_catalog.format('%I', a.attname) AS quoted,
  pg_catalog.format('%I.%I.%I', n.nspname, c.relname, a.attname) AS name,
  a.attname::text AS bare, a.attnotnull AS must_be,
  t.typcategory = 'S' AS is_text, t.typname::text IN ('json', 'jsonb') AS is_json, t.typname::text AS type,
  t.typcategory = 'S' OR t.typname::text IN ('json', 'jsonb', 'bytea', 'xml', 'hstore', '_text', '_varchar') AS may_tell,
  CASE WHEN t.typcategory = 'S' AND a.atttypmod > 4 THEN a.atttypmod - 4 END AS longest,
  r.depth, r.action, r.argument
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_type d ON d.oid = a.atttypid
JOIN pg_catalog.pg_type t ON t.oid = CASE WHEN d.typtype = 'd' THEN d.typbasetype ELSE d.oid END
LEFT JOIN thrice_rule r ON (r.of_schema IS NULL OR r.of_schema = n.nspname)
  AND (r.of_table IS NULL OR r.of_table = c.relname) AND (r.of_column IS NULL OR r.of_column = a.attname)
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND a.attnum > 0 AND NOT a.attisdropped
  AND a.attgenerated = '' AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
ORDER BY c.oid, a.attnum, r.depth DESC NULLS LAST, r.of_schema IS NULL;

DO $thrice$
DECLARE
  found text;
BEGIN
  SELECT string_agg(DISTINCT concat_ws('.', r.of_schema, r.of_table, r.of_column), ', ') INTO found
  FROM thrice_rule r WHERE r.depth > 0 AND NOT EXISTS (
    SELECT FROM thrice_column k JOIN pg_catalog.pg_class c ON c.oid = k.relation
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE (r.of_schema IS NULL OR r.of_schema = n.nspname) AND r.of_table = c.relname
      AND (r.of_column IS NULL OR r.of_column = k.bare));
  IF found IS NOT NULL THEN
    RAISE EXCEPTION 'the policy has a rule for what is not there: %', found;
  END IF;

  SELECT string_agg(name, ', ' ORDER BY name) INTO found FROM thrice_column WHERE action IS NULL;
  IF found IS NOT NULL THEN
    RAISE EXCEPTION 'no rule of the policy says what becomes of: %', found;
  END IF;

  -- What may hold a secret or a person, and that only a rule for a whole table or database keeps.
  SELECT string_agg(name, ', ' ORDER BY name) INTO found FROM thrice_column
  WHERE action = 'keep' AND depth < 2 AND may_tell AND bare ~*
    'passw|passphrase|secret|token|api_?key|private_?key|credential|mail|phone|iban|birth|salt|otp|cookie|session_?id|cvv|card_?num|ssn';
  IF found IS NOT NULL THEN
    RAISE EXCEPTION 'these look sensitive, and no rule of their own says what becomes of them: %', found;
  END IF;

  IF EXISTS (SELECT FROM pg_catalog.pg_largeobject_metadata) THEN
    RAISE EXCEPTION 'there are large objects, for which there is no rule';
  END IF;
  IF EXISTS (SELECT FROM pg_catalog.pg_foreign_server) OR EXISTS (
    SELECT FROM pg_catalog.pg_subscription WHERE subdbid = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())) THEN
    RAISE EXCEPTION 'there are foreign servers or subscriptions, which hold passwords';
  END IF;

  -- A column that does not go, in a table that does, holds nothing.
  UPDATE thrice_column k SET action = 'null'
  WHERE action = 'skip' AND EXISTS (SELECT FROM thrice_column o WHERE o.relation = k.relation AND o.action <> 'skip');
  SELECT string_agg(name, ', ' ORDER BY name) INTO found FROM thrice_column WHERE action = 'null' AND must_be;
  IF found IS NOT NULL THEN
    RAISE EXCEPTION 'these do not go, but must hold something: %', found;
  END IF;
  SELECT string_agg(name, ', ' ORDER BY name) INTO found FROM thrice_column
  WHERE (action IN ('hash', 'prefix') AND NOT is_text) OR (action = 'redact' AND NOT is_text AND NOT is_json);
  IF found IS NOT NULL THEN
    RAISE EXCEPTION 'these are no texts, so they cannot be changed like one: %', found;
  END IF;
END
$thrice$;

-- What a changed column holds, as SQL; and what it may hold afterwards.
ALTER TABLE thrice_column ADD COLUMN becomes text, ADD COLUMN is_right text;
UPDATE thrice_column SET becomes = CASE
    WHEN action = 'redact' AND is_json THEN pg_catalog.format('pg_catalog.to_%s(''***REDACTED***''::text)', type)
    WHEN action = 'redact' THEN pg_catalog.format('pg_catalog.left(''***REDACTED***'', %s)', coalesce(longest, 100))
    WHEN action = 'prefix' THEN pg_catalog.format('%L || %s::text', argument, quoted)
    WHEN action = 'hash' THEN pg_catalog.format(
      'pg_catalog.left(pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to((SELECT salt FROM pg_temp.thrice_salt) || %s::text, ''UTF8'')), ''hex''), %s)',
      quoted, coalesce(longest, 64))
  END, is_right = CASE
    WHEN action = 'redact' AND is_json THEN pg_catalog.format('%s::text = ''"***REDACTED***"''', quoted)
    WHEN action = 'redact' THEN pg_catalog.format('%s::text = pg_catalog.left(''***REDACTED***'', %s)', quoted, coalesce(longest, 100))
    WHEN action = 'prefix' THEN pg_catalog.format('pg_catalog.starts_with(%s::text, %L)', quoted, argument)
    WHEN action = 'hash' THEN pg_catalog.format('%s::text ~ ''^[0-9a-f]{%s}$''', quoted, least(coalesce(longest, 64), 64))
    WHEN action = 'null' THEN 'false'
  END
WHERE action NOT IN ('keep', 'skip');
