CREATE TEMP TABLE thrice_salt AS
  SELECT pg_catalog.gen_random_uuid()::text || pg_catalog.gen_random_uuid()::text AS salt;
CREATE TEMP TABLE thrice_before (relation oid, number int, value text);

DO $thrice$
DECLARE
  k record;
BEGIN
  -- No trigger may note elsewhere what it was.
  IF (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user) THEN
    SET LOCAL session_replication_role = replica;
  END IF;
  FOR k IN SELECT * FROM thrice_column WHERE action NOT IN ('keep', 'skip') LOOP
    EXECUTE format('INSERT INTO pg_temp.thrice_before SELECT DISTINCT %s::oid, %s, %s::text FROM %s WHERE %s IS NOT NULL',
      k.relation, k.number, k.quoted, k.of_table, k.quoted);
  END LOOP;
  FOR k IN
    SELECT of_table, is_plain, string_agg(CASE WHEN action = 'null' THEN quoted || ' = NULL'
      ELSE format('%s = CASE WHEN %s IS NULL THEN NULL ELSE %s END', quoted, quoted, becomes) END, ', ') AS changes
    FROM thrice_column WHERE action NOT IN ('keep', 'skip') GROUP BY relation, of_table, is_plain
  LOOP
    EXECUTE format('UPDATE %s %s SET %s', CASE WHEN k.is_plain THEN 'ONLY' ELSE '' END, k.of_table, k.changes);
  END LOOP;
  FOR k IN SELECT string_agg(DISTINCT of_table, ', ') AS tables FROM thrice_column WHERE action = 'skip' HAVING count(*) > 0 LOOP
    EXECUTE 'TRUNCATE ' || k.tables;
  END LOOP;
END
$thrice$;
