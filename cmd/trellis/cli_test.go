package main

import (
	"bytes"
	"context"
	"io/fs"
	"strings"
	"testing"

	"github.com/trellishq/trellis/core/catalog"
	"github.com/trellishq/trellis/core/pg"
	"github.com/trellishq/trellis/core/pg/pgtest"
	"github.com/trellishq/trellis/metadata"
)

// shell runs commands against a database of its own, as a person does.
type shell struct {
	t    *testing.T
	url  string
	data string
}

// newShell makes a workspace that defines what the package says.
func newShell(t *testing.T, folder fs.FS) *shell {
	t.Helper()
	s := &shell{t: t, url: pgtest.URL(t), data: t.TempDir()}
	def, problems := metadata.Read(folder)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	s.catalogue(func(ctx context.Context, c *catalog.Catalog) error {
		_, err := c.Apply(ctx, "main", catalog.Packages(def), catalog.Options{})
		return err
	})
	return s
}

// catalogue does something to the workspace past the commands.
func (s *shell) catalogue(do func(ctx context.Context, c *catalog.Catalog) error) {
	s.t.Helper()
	ctx := s.t.Context()
	db, err := pg.Open(ctx, s.url, pg.Options{MaxConns: 3})
	if err != nil {
		s.t.Fatal(err)
	}
	defer db.Close()
	if err := pg.Migrate(ctx, db); err != nil {
		s.t.Fatal(err)
	}
	c := catalog.New(db, nil)
	if _, err := c.EnsureMain(ctx); err != nil {
		s.t.Fatal(err)
	}
	if err := do(ctx, c); err != nil {
		s.t.Fatal(err)
	}
}

// sql runs a statement past Trellis.
func (s *shell) sql(statement string) {
	s.t.Helper()
	db, err := pg.Open(s.t.Context(), s.url, pg.Options{MaxConns: 1})
	if err != nil {
		s.t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(s.t.Context(), statement); err != nil {
		s.t.Fatalf("%s: %v", statement, err)
	}
}

// ran is what a command left.
type ran struct {
	status      int
	out, errOut string
}

// run runs a command that needs the database.
func (s *shell) run(input string, args ...string) ran {
	s.t.Helper()
	return runWith(s.t, input, append(args, "--database-url", s.url, "--data", s.data)...)
}

// must runs a command that has to succeed, and gives what it printed.
func (s *shell) must(args ...string) string {
	s.t.Helper()
	return s.mustWith("", args...)
}

func (s *shell) mustWith(input string, args ...string) string {
	s.t.Helper()
	r := s.run(input, args...)
	if r.status != 0 || r.errOut != "" {
		s.t.Fatalf("trellis %s: status %d\n%s%s", strings.Join(args, " "), r.status, r.out, r.errOut)
	}
	return r.out
}

func runWith(t *testing.T, input string, args ...string) ran {
	t.Helper()
	var out, errOut bytes.Buffer
	status := run(t.Context(), args, strings.NewReader(input), &out, &errOut)
	return ran{status, out.String(), errOut.String()}
}
