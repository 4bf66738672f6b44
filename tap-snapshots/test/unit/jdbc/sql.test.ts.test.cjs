/* IMPORTANT
 * This snapshot file is auto-generated, but designed for humans.
 * It should be checked into source control and tracked carefully.
 * Re-generate by setting TAP_SNAPSHOT=1 and running tests.
 * Make sure to inspect the output below.  Do not ignore changes!
 */
'use strict'
exports[`test/unit/jdbc/sql.test.ts > TAP > statements > create table 1`] = `
CREATE TABLE IF NOT EXISTS "public"."t" (
"id" BIGINT NOT NULL,
"say ""hi""" TEXT NULL,
"count" INT NOT NULL,
"word" TEXT DEFAULT 'it''s',
PRIMARY KEY("id"))
`

exports[`test/unit/jdbc/sql.test.ts > TAP > statements > insert 1`] = `
INSERT INTO "public"."t" ("id", "ip", "say ""hi""; --") SELECT r.c1, r.c2::inet, r.c3 FROM UNNEST($1::int8[], $2::text[], $3::text[]) AS r(c1, c2, c3)
`

exports[`test/unit/jdbc/sql.test.ts > TAP > statements > upsert 1`] = `
INSERT INTO "public"."t" ("id", "ip", "say ""hi""; --") SELECT r.c1, r.c2::inet, r.c3 FROM UNNEST($1::int8[], $2::text[], $3::text[]) AS r(c1, c2, c3) ON CONFLICT ("id") DO UPDATE SET "ip" = EXCLUDED."ip", "say ""hi""; --" = EXCLUDED."say ""hi""; --"
`

exports[`test/unit/jdbc/sql.test.ts > TAP > statements > upsert of keys alone 1`] = `
INSERT INTO "public"."t" ("id") SELECT r.c1 FROM UNNEST($1::int8[]) AS r(c1) ON CONFLICT ("id") DO NOTHING
`

exports[`test/unit/jdbc/sql.test.ts > TAP > statements > upsert with keys that only the server compares 1`] = `
INSERT INTO "public"."t" ("id", "part", "ip") SELECT DISTINCT ON (r.c1::citext, r.c2) r.c1::citext, r.c2, r.c3::inet FROM UNNEST($1::int8[], $2::int8[], $3::text[]) WITH ORDINALITY AS r(c1, c2, c3, n) ORDER BY r.c1::citext, r.c2, r.n DESC ON CONFLICT ("id", "part") DO UPDATE SET "ip" = EXCLUDED."ip"
`
