package pg

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/trellishq/trellis"
)

// CheckText makes sure that the database treats text as Trellis needs it, in
// every script: UTF-8, lower-casing beyond ASCII, and trigrams of Chinese text,
// which search is built on. In a database with LC_CTYPE C the last two silently
// give nothing.
//
// It creates the extensions that Trellis needs where they are missing, in the
// schema public. Errors are *trellis.Error that say what to do.
func CheckText(ctx context.Context, conn *pgx.Conn) error {
	var encoding string
	var missing []string
	err := conn.QueryRow(ctx, `SELECT current_setting('server_encoding'),
		ARRAY(SELECT e FROM unnest($1::text[]) AS e WHERE NOT EXISTS (SELECT FROM pg_extension WHERE extname = e))`, extensions).Scan(&encoding, &missing)
	if err != nil {
		return Error(err)
	}
	if encoding != "UTF8" {
		return trellis.Errorf(trellis.CodeUnavailable,
			"the database stores text as %s; Trellis needs one made with ENCODING 'UTF8'", encoding)
	}
	for _, name := range missing {
		if err := createExtension(ctx, conn, name); err != nil {
			return err
		}
	}
	return checkLetters(ctx, conn)
}

// extensions are what search and indexes over ranges are built on; both come
// with PostgreSQL and may be created by the owner of a database.
var extensions = []string{"pg_trgm", "btree_gist"}

func createExtension(ctx context.Context, conn *pgx.Conn, name string) error {
	err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		// Two processes may start at once; IF NOT EXISTS alone does not order them.
		if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", migrationLock); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, "CREATE EXTENSION IF NOT EXISTS "+name+" WITH SCHEMA public")
		return err
	})
	if err != nil {
		return trellis.Wrap(trellis.CodeUnavailable, err, "the database lacks the extension %[1]s, and it cannot be created here: "+
			"install PostgreSQL's contrib modules and run CREATE EXTENSION %[1]s as the owner of the database", name)
	}
	return nil
}

// checkLetters calls show_trgm by its full name, wherever the extension lives.
func checkLetters(ctx context.Context, conn *pgx.Conn) error {
	var schema, ctype string
	err := conn.QueryRow(ctx, `SELECT n.nspname, d.datctype
		FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace, pg_database d
		WHERE e.extname = 'pg_trgm' AND d.datname = current_database()`).Scan(&schema, &ctype)
	if err != nil {
		return Error(err)
	}
	var trigrams int
	var lower string
	err = conn.QueryRow(ctx, "SELECT cardinality("+pgx.Identifier{schema, "show_trgm"}.Sanitize()+"('客户')), lower('ÄΣЖ' COLLATE \"default\")").
		Scan(&trigrams, &lower)
	if err != nil {
		return Error(err)
	}
	if trigrams == 0 || lower != "äσж" {
		return trellis.Errorf(trellis.CodeUnavailable,
			"the database has LC_CTYPE %q, which knows no letters beyond English; Trellis needs one made with "+
				"LC_CTYPE 'C.UTF-8' (or any UTF-8 locale) and LC_COLLATE 'C'", ctype)
	}
	return nil
}
