DO $thrice$
DECLARE
  k record;
  found bigint;
BEGIN
  FOR k IN SELECT * FROM thrice_column WHERE action IN ('redact', 'hash', 'null') LOOP
    EXECUTE format('SELECT count(*) FROM %s t JOIN pg_temp.thrice_before b ON b.value = t.%s::text'
      || ' WHERE b.relation = %s AND b.number = %s AND b.value NOT IN (''***REDACTED***'', ''"***REDACTED***"'')',
      k.of_table, k.quoted, k.relation, k.number) INTO found;
    IF found > 0 THEN
      RAISE EXCEPTION '% rows of % still hold a value of the source', found, k.name;
    END IF;
  END LOOP;
END
$thrice$;
-- Values that no line of the dump may hold. Short ones are left out: they stand everywhere.
COPY (SELECT DISTINCT value FROM thrice_before b JOIN thrice_column k USING (relation, number)
  WHERE k.action <> 'prefix' AND pg_catalog.length(value) >= 8 AND value NOT IN ('***REDACTED***', '"***REDACTED***"')) TO STDOUT;
