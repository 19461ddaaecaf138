package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestBadPlugins: a plugin that is refused, and one that misbehaves after it
// was installed, do no harm to the server.
func TestBadPlugins(t *testing.T) {
	t.Parallel()
	s := serve(t, dataDir(t))
	key := s.apiKey("admin")
	dir := filepath.Join(t.TempDir(), "tools")
	must(t, nil, "plugin", "init", dir)
	must(t, nil, "plugin", "build", dir)
	module := filepath.Join(dir, "plugin.wasm")
	good, err := os.ReadFile(module)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ module, words string }{
		// 17 bytes that ask a trusting decoder for 481 GB.
		"481 GB":    {"\x00asm\x01\x00\x00\x00\x02\x07\xff\xff\xff\xff\x0f\x00\x00", "4294967295 imports"},
		"no module": {"#!/bin/sh\n", ""},
		"cut off":   {string(good[:len(good)/2]), ""},
		"empty":     {"", ""},
	} {
		if err := os.WriteFile(module, []byte(c.module), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, command := range []string{"admit", "install"} {
			if said := refused(t, nil, "VALIDATION_FAILED", []string{c.words}, "plugin", command, dir, "--data", s.data); strings.Count(said, "\n") > 20 {
				t.Errorf("%s: %s says too much:\n%s", name, command, said)
			}
		}
	}
	if out := must(t, nil, "plugin", "list", "--data", s.data); out != "" {
		t.Errorf("installed: %s", out)
	}
	make1 := func() string {
		t.Helper()
		a, err := key.ask("/graphql", `mutation { createContact(input: {name: "x", email: "x@example.com"}) { record { id } errors { code } } createAccount(input: {name: "x"}) { record { id } errors { code message } } }`, nil)
		if err != nil {
			t.Fatal(err)
		}
		return string(a.Data) + strings.Join(a.codes(), " ")
	}
	if got := make1(); !strings.Contains(got, `"createAccount":{"record":{"id":`) {
		t.Errorf("without a plugin: %s", got)
	}
	for code, want := range map[string]string{
		`for {}`:          "TIMEOUT",
		`panic("a trap")`: "UNAVAILABLE",
		`var all [][]byte; for { all = append(all, make([]byte, 1<<20)) }`: "UNAVAILABLE",
	} {
		installBad(t, s, code)
		got := make1()
		if !strings.Contains(got, want) || strings.Contains(got, `"createAccount":{"record":{"id":`) || !strings.Contains(got, `"createContact":{"record":{"id":`) {
			t.Errorf("a plugin that does %q: %s, want %s for accounts and a contact", code, got, want)
		}
	}
	if status, body := s.get("/readyz"); status != 200 {
		t.Errorf("/readyz answers %d %s", status, body)
	}
}

// installBad installs a plugin whose first hook runs a piece of Go, each time as
// another version of one plugin.
func installBad(t *testing.T, s *server, code string) {
	t.Helper()
	versions++
	dir := filepath.Join(t.TempDir(), "bad")
	must(t, nil, "plugin", "init", dir)
	edit(t, filepath.Join(dir, "main.go"), "	before := h.Text(\"phone\")\n", "	before := h.Text(\"phone\")\n	if len(before) < 1<<20 {\n		"+code+"\n	}\n")
	edit(t, filepath.Join(dir, "plugin.yaml"), "version: 0.1.0", "version: 0.1."+string(rune('0'+versions)))
	must(t, nil, "plugin", "build", dir)
	must(t, nil, "plugin", "install", dir, "--data", s.data)
}

var versions int

func edit(t *testing.T, file, old, text string) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Count(string(b), old) != 1 {
		t.Fatalf("%s does not hold %q once", file, old)
	}
	if err := os.WriteFile(file, []byte(strings.Replace(string(b), old, text, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
}
