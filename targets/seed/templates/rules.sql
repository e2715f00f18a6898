SET client_min_messages = warning;
SET search_path = '';
-- A rule for a column (depth 2) goes before one for its table (1), for the database (0), for the rest (-1).
CREATE TEMP TABLE thrice_rule (depth int, of_schema text, of_table text, of_column text, action text, argument text);
