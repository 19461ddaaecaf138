package sync_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io/fs"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/apps"
	"github.com/trellishq/trellis/connectors"
	"github.com/trellishq/trellis/connectors/catalog/file"
	"github.com/trellishq/trellis/connectors/sync"
	"github.com/trellishq/trellis/core"
	"github.com/trellishq/trellis/core/access"
	"github.com/trellishq/trellis/core/catalog"
	"github.com/trellishq/trellis/core/egress"
	"github.com/trellishq/trellis/core/pg"
	"github.com/trellishq/trellis/core/pg/pgtest"
	"github.com/trellishq/trellis/core/query"
	"github.com/trellishq/trellis/core/secrets"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/policy"
)

// customers maps the shop's customers as most tests do.
const customers = `
streams:
  - from: customers
    to: account
    match: code
    fields:
      code: source.code
      name: source.name
      phone: source.phone
      annualRevenue: source.revenue
`

// lab is the sync engine over a workspace with the CRM, and a shop.
type lab struct {
	testing.TB
	url     string
	db      *pg.DB
	catalog *catalog.Catalog
	engine  *core.Engine
	sync    *sync.Service
	root    *core.Request
	shop    *shop
	logged  *bytes.Buffer
}

type labOptions struct {
	url   string // of a database that is set up; a fresh one when empty
	hooks []core.Hook
	files fs.FS
	page  int
}

func newLab(t testing.TB, o labOptions) *lab {
	t.Helper()
	ctx := t.Context()
	fresh := o.url == ""
	if fresh {
		o.url = pgtest.URL(t)
	}
	if o.page == 0 {
		o.page = 10
	}
	db, err := pg.Open(ctx, o.url, pg.Options{MaxConns: 8})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	if err := pg.Migrate(ctx, db); err != nil {
		t.Fatal(err)
	}
	l := &lab{TB: t, url: o.url, db: db, catalog: catalog.New(db, nil), shop: newShop(o.page), logged: &bytes.Buffer{}}
	if _, err = l.catalog.EnsureMain(ctx); err != nil {
		t.Fatal(err)
	}
	crm, errs := metadata.Read(apps.Starter())
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	if fresh {
		if _, err := l.catalog.Apply(ctx, "main", catalog.Packages(crm), catalog.Options{By: "system"}); err != nil {
			t.Fatal(err)
		}
	}
	view, err := l.catalog.Current(ctx, "main")
	if err != nil {
		t.Fatal(err)
	}
	l.engine = core.New(core.Options{DB: db, Catalog: l.catalog, Access: access.New(db), Hooks: o.hooks})
	box, err := secrets.New(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	l.sync = sync.New(sync.Options{DB: db, Engine: l.engine, Catalog: l.catalog, Gateway: egress.New(nil), Box: box, Connectors: []connectors.Connector{l.shop, file.Connector{}}, Files: o.files, Log: slog.New(slog.NewTextHandler(l.logged, nil))})
	if l.root, err = l.engine.Begin(ctx, "main", policy.System(view.WorkspaceID)); err != nil {
		t.Fatal(err)
	}
	return l
}

// connect makes a connection to the shop.
func (l *lab) connect(mapping, role string) *sync.Connection {
	l.Helper()
	c, err := l.sync.Create(l.Context(), l.root, sync.NewConnection{Name: "shop", Connector: "shop", Role: role, Settings: map[string]any{"user": "ali", "password": "open sesame"}, Mapping: mapping})
	if err != nil {
		l.Fatal(err)
	}
	return c
}

// pull pulls and wants that to end well.
func (l *lab) pull(c *sync.Connection) sync.Outcome {
	l.Helper()
	out, err := l.sync.Pull(l.Context(), "main", c.ID.String(), time.Minute)
	if err != nil {
		l.Fatalf("pull: %v\n%s", err, l.logged)
	}
	return out
}

// done pulls and wants that to find nothing more, with these counts.
func (l *lab) done(c *sync.Connection, read, written int64) {
	l.Helper()
	if out := l.pull(c); !out.Done || out.Read != read || out.Written != written {
		l.Fatalf("the pull did %+v, want %d read, %d written; letters %v", out, read, written, l.letters(c))
	}
	l.status(c, sync.Ready, "")
}

func (l *lab) status(c *sync.Connection, want sync.Status, problem string) {
	l.Helper()
	now, err := l.sync.Get(l.Context(), "main", c.ID.String())
	if err != nil {
		l.Fatal(err)
	}
	if now.Status != want || now.Problem != problem {
		l.Fatalf("the connection is %s, %q; want %s, %q", now.Status, now.Problem, want, problem)
	}
}

func (l *lab) letters(c *sync.Connection) []sync.DeadLetter {
	l.Helper()
	list, err := l.sync.DeadLetters(l.Context(), c.ID, 10_000)
	if err != nil {
		l.Fatal(err)
	}
	return list
}

// letter wants exactly one dead letter.
func (l *lab) letter(c *sync.Connection, key string, code trellis.Code, reason string) sync.DeadLetter {
	l.Helper()
	list := l.letters(c)
	if len(list) != 1 || list[0].Key != key || list[0].Code != string(code) || list[0].Reason != reason {
		l.Fatalf("dead letters %+v; want %s %s %q", list, key, code, reason)
	}
	return list[0]
}

// rows reads columns of a query as text, a line for each row.
func (l *lab) rows(sql string, args ...any) []string {
	l.Helper()
	rows, err := l.db.Query(l.Context(), sql, args...)
	if err != nil {
		l.Fatal(err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		l.Fatal(err)
	}
	return list
}

// all reads every live record of an object by the way of a query, as JSON.
func (l *lab) all(object string, fields ...string) []string {
	l.Helper()
	var sel query.Selection
	for _, f := range fields {
		sel = append(sel, query.Item{Key: f, Field: f})
	}
	buf, err := l.engine.Query(l.Context(), l.root, &query.Query{List: &query.List{Object: object, First: 1000, Order: []query.Order{{Field: fields[0]}}, Shape: []query.ListItem{{Key: "n", Kind: query.Nodes, Select: sel}}}}, nil)
	if err != nil {
		l.Fatal(err)
	}
	var m struct{ N []json.RawMessage }
	if err := json.Unmarshal(buf, &m); err != nil {
		l.Fatal(err)
	}
	out := make([]string, len(m.N))
	for i, n := range m.N {
		out[i] = string(n)
	}
	return out
}

// outbox counts entries and versions: what moves when anything is written.
func (l *lab) outbox() string {
	l.Helper()
	return l.rows(`SELECT (SELECT count(*) FROM trellis.outbox) || ' entries, ' || (SELECT coalesce(sum(version), 0) FROM ws_main.account) || ' versions'`)[0]
}

func (l *lab) write(ops ...core.Op) []core.Result {
	l.Helper()
	res, err := l.engine.Write(l.Context(), l.root, &core.Write{Ops: ops})
	if err != nil {
		l.Fatal(err)
	}
	return res
}

// idOf finds an account by its code.
func (l *lab) idOf(code string) trellis.ID {
	l.Helper()
	return trellis.MustParseID(l.rows(`SELECT id::text FROM ws_main.account WHERE code = $1 ORDER BY id DESC LIMIT 1`, code)[0])
}

// soon bounds what a test waits for.
func soon(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// change adds a text field to an object or removes a field.
func (l *lab) change(object, field string, add bool) error {
	_, err := l.catalog.Apply(l.Context(), "main", func(d *metadata.Definition) (*metadata.Definition, error) {
		o := d.Own(object)
		if add {
			o.Fields = append(o.Fields, &metadata.Field{Name: field, Kind: metadata.KindText, Package: metadata.CustomPackage, Label: metadata.Texts{"en": field}.Label()})
			return d, nil
		}
		o.Fields = slices.DeleteFunc(o.Fields, func(f *metadata.Field) bool { return f.Name == field })
		return d, nil
	}, catalog.Options{By: "system", AllowLoss: true})
	return err
}
