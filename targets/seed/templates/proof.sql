DO $thrice$
DECLARE
  k record;
  found bigint;
BEGIN
  FOR k IN SELECT * FROM thrice_column WHERE action NOT IN ('keep', 'skip') LOOP
    EXECUTE format('SELECT count(*) FROM %s WHERE %s IS NOT NULL AND NOT (%s)', k.of_table, k.quoted, k.is_right) INTO found;
    IF found > 0 THEN
      RAISE EXCEPTION 'in % rows % is not as the policy says (%)', found, k.name, k.action;
    END IF;
  END LOOP;
  FOR k IN SELECT DISTINCT of_table FROM thrice_column WHERE action = 'skip' LOOP
    EXECUTE format('SELECT count(*) FROM %s', k.of_table) INTO found;
    IF found > 0 THEN
      RAISE EXCEPTION '% rows of % are there, which does not go', found, k.of_table;
    END IF;
  END LOOP;
END
$thrice$;
