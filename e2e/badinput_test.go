package e2e

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestPortInUse(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	data := dataDir(t)
	refused(t, nil, "CONFLICT", []string{"another program listens on " + l.Addr().String(), "--listen"}, "serve", "--listen", l.Addr().String(), "--data", data)
	refused(t, nil, "INVALID_INPUT", []string{"no address to listen on"}, "serve", "--listen", "nowhere", "--data", data)
	absent(t, data)
}

// TestDataDirectoryInUse: one server a directory; commands work beside it.
func TestDataDirectoryInUse(t *testing.T) {
	t.Parallel()
	data := dataDir(t)
	s := serve(t, data)
	refused(t, nil, "CONFLICT", []string{"another server uses the directory " + data, "--data"}, "serve", "--listen", "127.0.0.1:0", "--data", data)
	if got := accounts(t, s.apiKey("admin")); len(got) != 0 {
		t.Errorf("%d accounts", len(got))
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	refused(t, nil, "UNAVAILABLE", []string{file}, "serve", "--listen", "127.0.0.1:0", "--data", file)
}

func TestWrongDatabaseAddress(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string][2]string{
		"postgres://u:secret-word@" + closed + "/x": {"UNAVAILABLE", "no PostgreSQL answers at " + closed},
		"nonsense":              {"INVALID_INPUT", "postgres://user:password@host:5432/database"},
		"mysql://127.0.0.1/app": {"INVALID_INPUT", "postgres://user:password@host:5432/database"},
	} {
		data := dataDir(t)
		said := refused(t, nil, want[0], []string{want[1]}, "serve", "--listen", "127.0.0.1:0", "--data", data, "--database-url", address)
		if strings.Contains(said, "secret-word") {
			t.Errorf("the password is shown: %s", said)
		}
		// Nothing of it is remembered: the next start is as if it had not been.
		absent(t, filepath.Join(data, "database-url"))
	}
}

// TestDatabaseAddress is the right one: the commands beside the server find it.
func TestDatabaseAddress(t *testing.T) {
	t.Parallel()
	postgres := serve(t, dataDir(t)) // its PostgreSQL is the one to use
	if _, err := postgres.sql().Exec(t.Context(), `CREATE DATABASE elsewhere TEMPLATE template0`); err != nil {
		t.Fatal(err)
	}
	pm, err := postgres.postmaster()
	if err != nil {
		t.Fatal(err)
	}
	s := serve(t, dataDir(t), "--database-url", "postgres:///elsewhere?user=trellis&host="+pm.socket)
	if got := accounts(t, s.apiKey("admin")); len(got) != 0 {
		t.Errorf("%d accounts", len(got))
	}
	absent(t, filepath.Join(s.data, "postgres"))
}

// TestBrokenYAML wants all problems of all files at once, each with its line,
// and the workspace as it was.
func TestBrokenYAML(t *testing.T) {
	t.Parallel()
	data := dataDir(t)
	good := map[string]string{"package.yaml": "name: tour\nversion: 1.0.0\nlabel: {en: Tour}\n"}
	for name, c := range map[string]struct {
		code  string
		files map[string]string
		words []string
	}{
		"syntax": {"INVALID_INPUT", map[string]string{
			"objects/thing.yaml": "name: thing\nplural: things\nlabel: {en: Thing}\nfields:\n  - name: a\n    kindd: text\n  - name: b\n    kind: [text]\n",
			"objects/other.yaml": "name: other\n  plural: others\n",
		}, []string{"objects/thing.yaml:6", "objects/thing.yaml:8", "objects/other.yaml:2", `did you mean "kind"`}},
		"both": {"INVALID_INPUT", map[string]string{
			"objects/thing.yaml": "name: thing\nplural: things\nlabel: {en: Thing}\nfields:\n  - name: a\n    kind: texxt\n  - name: b\n    kind: text\n    maxLenght: 5\n  - name: c\n    kind: lookup\n    target: nothing\n",
		}, []string{"objects/thing.yaml:6", "objects/thing.yaml:9", "objects/thing.yaml:12"}},
		"meaning": {"VALIDATION_FAILED", map[string]string{
			"objects/thing.yaml": "name: thing\nplural: things\nlabel: {en: Thing}\nfields:\n  - name: a\n    kind: texxt\n  - name: b\n    kind: lookup\n    target: nothing\n  - name: a\n    kind: text\n",
		}, []string{"objects/thing.yaml:6", "objects/thing.yaml:9", "objects/thing.yaml:10"}},
		"rules": {"VALIDATION_FAILED", map[string]string{
			"objects/thing.yaml": "name: thing\nplural: things\nlabel: {en: Thing}\nfields:\n  - {name: a, kind: integer, label: {en: A}}\nrules:\n" +
				"  - {name: one, rule: record.a >, message: {en: x}}\n  - {name: two, rule: record.b > 1, message: {en: x}}\n",
			"policies/salesRep.yaml": "role: salesRep\npolicies:\n  - {name: three, object: account, actions: [read], rule: record.owner = user.id}\n" +
				"  - {name: four, object: account, actions: [read], rule: record.nothing == 1}\n",
		}, []string{"objects/thing.yaml:7", "objects/thing.yaml:8", "policies/salesRep.yaml:3", "policies/salesRep.yaml:4"}},
	} {
		folder := t.TempDir()
		for file, text := range good {
			write(t, folder, file, text)
		}
		for file, text := range c.files {
			write(t, folder, file, text)
		}
		for _, command := range []string{"plan", "apply"} {
			said := refused(t, nil, c.code, c.words, command, "-f", folder, "--data", data)
			if lines := strings.Count(said, "objects/") + strings.Count(said, "policies/"); lines < len(c.words)-1 {
				t.Errorf("%s, %s: %d problems:\n%s", name, command, lines, said)
			}
		}
	}
	folder := filepath.Join(t.TempDir(), "out")
	if out := must(t, nil, "export", "--out", folder, "--data", data); strings.Contains(out, "tour") {
		t.Errorf("something of the broken package is there:\n%s", out)
	}
}

func TestUnknownFields(t *testing.T) {
	t.Parallel()
	s := serve(t, dataDir(t))
	key := s.apiKey("admin")
	for query, want := range map[string]string{
		`{ accounts { nodes { nope } } }`:                                           `"nope"`,
		`{ nopes { totalCount } }`:                                                  `"nopes"`,
		`{ accounts(filter: {nope: {eq: "1"}}) { totalCount } }`:                    `"nope"`,
		`{ accounts(orderBy: [{nope: ASC}]) { totalCount } }`:                       `"nope"`,
		`mutation { createAccount(input: {name: "x", nope: 1}) { record { id } } }`: `"nope"`,
		`{ accounts {`: "",
		`{ accounts(filter: {code: {eq: "a"}}, first: 5000) { totalCount nodes { id } } } `: "1000",
	} {
		a, err := key.ask("/graphql", query, nil)
		if err != nil || fmt.Sprint(a.codes()) != "[INVALID_INPUT]" || !strings.Contains(strings.ReplaceAll(a.Errors[0].Message, ",", ""), want) {
			t.Errorf("%s: %v %+v", query, err, a)
		}
	}
	file := filepath.Join(t.TempDir(), "connection.yaml")
	write(t, filepath.Dir(file), filepath.Base(file), `name: broken
connector: tryton
role: nobody
settings: {url: "http://127.0.0.1:1", user: a, password: b, colour: red}
mapping:
  streams:
    - from: party.party
      to: account
      match: name
      fields:
        nope: source.name
        name: source.name +
        phone: sauce.phone
    - from: product.product
      to: nothing
      fields: {code: source.code}
`)
	said := refused(t, nil, "INVALID_INPUT", []string{
		`account has no field "nope"`, `there is no object "nothing"`, `there is no role "nobody"`, "database", "colour", `"name" is no unique field`,
		"fields.nope", "fields.name", "fields.phone", "line ",
	}, "sync", "connect", "-f", file, "--data", s.data)
	if n := strings.Count(said, "trellis: INVALID_INPUT"); n != 8 {
		t.Errorf("%d problems, want 8:\n%s", n, said)
	}
	if out := must(t, nil, "sync", "status", "--data", s.data); strings.Contains(out, "broken") {
		t.Errorf("the connection was made: %s", out)
	}
}

func absent(t *testing.T, path string) {
	t.Helper()
	if _, err := os.Lstat(path); !os.IsNotExist(err) {
		t.Errorf("%s is there (%v)", path, err)
	}
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
