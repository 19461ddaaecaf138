package bench

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/trellishq/trellis/core"
	"github.com/trellishq/trellis/core/access"
	"github.com/trellishq/trellis/core/catalog"
	"github.com/trellishq/trellis/core/identity"
	"github.com/trellishq/trellis/core/pg"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/policy"
)

// Ground is a database that is ready to be measured on.
type Ground struct {
	Size Size
	URL  string

	db       *pg.DB
	catalog  *catalog.Catalog
	engine   *core.Engine
	identity *identity.Identity
	view     *catalog.View
	key      string // of the role
	actor    string // what createdBy holds of the key
}

// Prepare makes the ground in a database, or takes it as it was left. ErrStale
// says that the database holds another one.
func Prepare(ctx context.Context, url string, size Size, out io.Writer) (*Ground, error) {
	g := &Ground{Size: size, URL: url}
	var err error
	if g.db, err = pg.Open(ctx, url, pg.Options{ApplicationName: harnessName, StatementTimeout: -1}); err != nil {
		return nil, err
	}
	if err := g.prepare(ctx, out); err != nil {
		g.Close()
		return nil, err
	}
	return g, nil
}

// Close lets the database go.
func (g *Ground) Close() { g.db.Close() }

func (g *Ground) prepare(ctx context.Context, out io.Writer) error {
	if err := pg.Migrate(ctx, g.db); err != nil {
		return err
	}
	cat := catalog.New(g.db, nil)
	g.catalog = cat
	acc := access.New(g.db)
	g.engine = core.New(core.Options{DB: g.db, Catalog: cat, Access: acc})
	g.identity = identity.New(g.db, g.engine, cat, acc)
	var err error
	if g.view, err = cat.EnsureMain(ctx); err != nil {
		return err
	}
	if g.view.Snapshot.Role(role) == nil {
		if err := g.make(ctx, cat, out); err != nil {
			return err
		}
	}
	r, err := g.engine.Begin(ctx, g.view.Slug, policy.System(g.view.WorkspaceID))
	if err != nil {
		return err
	}
	id, key, err := g.identity.CreateKey(ctx, r, "bench", role)
	g.key, g.actor = key, (&policy.Principal{Kind: policy.KindKey, ID: id}).String()
	return err
}

func (g *Ground) make(ctx context.Context, cat *catalog.Catalog, out io.Writer) error {
	done, err := cat.Apply(ctx, g.view.Slug, draft, catalog.Options{Summary: "the CRM, and what the bench needs"})
	if err != nil {
		return err
	}
	g.view = done.View
	for _, t := range []struct {
		table, columns string
		kind           kind
		row            func(int) []any
	}{
		{"user", userColumns, users, g.Size.user},
		{"product", productColumns, products, g.Size.product},
		{"account", accountColumns, accounts, g.Size.account},
		{"contact", contactColumns, contacts, g.Size.contact},
		{"opportunity", opportunityColumns, opportunities, g.Size.opportunity},
		{"order", orderColumns, orders, g.Size.order},
		{"order_line", lineColumns, lines, g.Size.line},
	} {
		n := g.Size.count(t.kind)
		fmt.Fprintf(out, "making %d records of %s\n", n, t.table)
		if err := g.copy(ctx, t.table, t.columns, n, t.row); err != nil {
			return fmt.Errorf("bench: %s: %w", t.table, err)
		}
	}
	return nil
}

// copy fills a table. Foreign keys are not checked: what they refer to is made
// by the same functions.
func (g *Ground) copy(ctx context.Context, table, columns string, n int, row func(int) []any) error {
	return pgx.BeginFunc(ctx, g.db, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SET LOCAL session_replication_role = replica; SET LOCAL idle_in_transaction_session_timeout = 0"); err != nil {
			return err
		}
		rows := pgx.CopyFromSlice(n, func(i int) ([]any, error) { return row(i), nil })
		_, err := tx.CopyFrom(ctx, pgx.Identifier{g.view.Schema, table}, strings.Split(columns, ","), rows)
		return err
	})
}

// settle gives the planner what it must know, and sets the bits that let
// indexes answer alone, which autovacuum would do in the middle.
func (g *Ground) settle(ctx context.Context) error {
	for _, table := range []string{"account", "contact", "opportunity", "product", "user", "order", "order_line"} {
		if _, err := g.db.Exec(ctx, "VACUUM ANALYZE "+pgx.Identifier{g.view.Schema, table}.Sanitize()); err != nil {
			return err
		}
	}
	return nil
}

// Fingerprint tells whether data kept from another time is what Prepare would
// make now.
func Fingerprint(size Size) (string, error) {
	def, err := draft(&metadata.Definition{})
	if err != nil {
		return "", err
	}
	metadata.Normalize(def, nil)
	h := sha256.New()
	fmt.Fprintln(h, seed, size, fillFirms)
	files := metadata.Write(def)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		fmt.Fprintf(h, "%s\n%s\n", name, files[name])
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
