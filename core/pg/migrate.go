package pg

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"regexp"
	"strconv"

	"github.com/jackc/pgx/v5"

	"github.com/trellishq/trellis"
)

//go:embed migrations/*.sql
var systemMigrations embed.FS

// migrationLock keeps processes from migrating one database at the same time.
const migrationLock int64 = 0x7472656c6c6973 // "trellis"

// migration is one file NNNN_name.sql.
type migration struct {
	number int
	name   string
	sql    string
	sum    string // SHA-256 of the file
}

// Migrate brings the system schema up to date. Files of migrations/ run in the
// order of their numbers, each in a transaction of its own and each once; a
// number lower than the last one applied runs too, since packages own ranges of
// numbers. Processes that start together wait for each other.
//
// It also runs CheckText. A database that a newer Trellis has set up, or one
// where an applied file read differently, is refused with CONFLICT and not
// touched.
func Migrate(ctx context.Context, db *DB) error {
	dir, err := fs.Sub(systemMigrations, "migrations")
	if err != nil {
		return err
	}
	conn, err := db.session(ctx)
	if err != nil {
		return Error(err)
	}
	defer closeSoon(ctx, conn) // gives the lock back
	if err := CheckText(ctx, conn); err != nil {
		return err
	}
	return Error(migrate(ctx, conn, dir))
}

func migrate(ctx context.Context, conn *pgx.Conn, dir fs.FS) error {
	all, err := readMigrations(dir)
	if err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock($1)", migrationLock); err != nil {
		return err
	}
	applied, err := appliedMigrations(ctx, conn)
	if err != nil {
		return err
	}
	if err := checkApplied(all, applied); err != nil {
		return err
	}
	for _, m := range all {
		if _, done := applied[m.number]; done {
			continue
		}
		if err := m.apply(ctx, conn); err != nil {
			return fmt.Errorf("migration %04d_%s: %w", m.number, m.name, err)
		}
	}
	return nil
}

// checkApplied refuses a database that this program does not know.
func checkApplied(all []migration, applied map[int]string) error {
	known := make(map[int]bool, len(all))
	for _, m := range all {
		known[m.number] = true
		if sum, done := applied[m.number]; done && sum != m.sum {
			return trellis.Errorf(trellis.CodeConflict,
				"the database was set up with another form of migration %04d_%s; it belongs to another build of Trellis", m.number, m.name)
		}
	}
	for number := range applied {
		if !known[number] {
			return trellis.Errorf(trellis.CodeConflict,
				"the database was set up by a newer Trellis (migration %04d); use that version or a newer one", number)
		}
	}
	return nil
}

// appliedMigrations maps numbers to sums. It creates the schema where there is
// none; CREATE SCHEMA IF NOT EXISTS would do it too, but Citus sends that one to
// all its nodes.
func appliedMigrations(ctx context.Context, conn *pgx.Conn) (map[int]string, error) {
	var schema, table bool
	err := conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = 'trellis'),
		to_regclass('trellis.migration') IS NOT NULL`).Scan(&schema, &table)
	if err != nil {
		return nil, err
	}
	if !schema {
		if _, err := conn.Exec(ctx, "CREATE SCHEMA trellis"); err != nil {
			return nil, err
		}
	}
	applied := map[int]string{}
	if !table {
		return applied, nil
	}
	rows, err := conn.Query(ctx, "SELECT number, sum FROM trellis.migration")
	if err != nil {
		return nil, err
	}
	var number int
	var sum string
	_, err = pgx.ForEachRow(rows, []any{&number, &sum}, func() error {
		applied[number] = sum
		return nil
	})
	return applied, err
}

func (m migration) apply(ctx context.Context, conn *pgx.Conn) error {
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, m.sql); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, "INSERT INTO trellis.migration (number, name, sum) VALUES ($1, $2, $3)", m.number, m.name, m.sum)
		return err
	})
}

var migrationName = regexp.MustCompile(`^(\d{4})_([a-z0-9_]+)\.sql$`)

// readMigrations gives the files in the order of their numbers, which is that of
// their names.
func readMigrations(dir fs.FS) ([]migration, error) {
	entries, err := fs.ReadDir(dir, ".")
	if err != nil {
		return nil, err
	}
	var all []migration
	for _, e := range entries {
		parts := migrationName.FindStringSubmatch(e.Name())
		if parts == nil {
			return nil, fmt.Errorf("migrations/%s is not named NNNN_name.sql", e.Name())
		}
		number, err := strconv.Atoi(parts[1])
		if err != nil {
			return nil, err
		}
		if n := len(all); n > 0 && all[n-1].number == number {
			return nil, fmt.Errorf("two migrations have the number %04d", number)
		}
		body, err := fs.ReadFile(dir, e.Name())
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(body)
		all = append(all, migration{number, parts[2], string(body), hex.EncodeToString(sum[:])})
	}
	return all, nil
}
