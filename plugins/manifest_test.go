package plugins

import (
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/trellishq/trellis"
)

func TestParseManifest(t *testing.T) {
	t.Parallel()
	m, err := ParseManifest([]byte(`
id: tidy
version: 1.2.3-rc.1
abi: trellis/1
language: rust
description: "Tidies\nup"
entries:
  hooks:
    - entry: normalise
      object: account
      events: [before-create, before-update]
      mode: transform
      fields: [phone, name]
      order: 10
capabilities:
  records: [{object: account, verbs: [read], reason: finds duplicates}]
  http: [{host: "api.example.com:8443", reason: asks a directory}]
  kv: {reason: remembers answers}
  secrets: [{name: DIRECTORY_KEY, reason: signs in there}]
limits: {memory: 3000KB, time: 120ms}
`))
	if err != nil {
		t.Fatal(err)
	}
	want := &Manifest{
		ID: "tidy", Version: "1.2.3-rc.1", Language: "rust", Description: "Tidies up",
		Hooks: []Hook{{Entry: "normalise", Object: "account", Events: []Event{BeforeCreate, BeforeUpdate}, Mode: ModeTransform, Fields: []string{"phone", "name"}, Order: 10}},
		Capabilities: Capabilities{
			Records: []RecordCapability{{"account", []string{"read"}, "finds duplicates"}},
			HTTP:    []HostCapability{{"api.example.com:8443", "asks a directory"}},
			KV:      &KVCapability{"remembers answers"},
			Secrets: []SecretCapability{{"DIRECTORY_KEY", "signs in there"}},
		},
		Limits: Limits{Memory: 47 * 64 << 10, Time: 120 * time.Millisecond},
	}
	if !reflect.DeepEqual(m, want) {
		t.Errorf("got  %+v\nwant %+v", m, want)
	}
}

// All problems of a file come at once, in its order, with lines and paths.
func TestParseManifestFindsEveryProblem(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("testdata/broken.yaml")
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("testdata/broken.txt")
	if err != nil {
		t.Fatal(err)
	}
	_, err = ParseManifest(source)
	var all trellis.Errors
	if !errors.As(err, &all) {
		t.Fatalf("%v", err)
	}
	if got := all.Error() + "\n"; got != string(want) {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
	for _, e := range all {
		if e.Code != trellis.CodeValidationFailed {
			t.Errorf("%v has code %s", e, e.Code)
		}
	}
}

func TestParseManifestRefusesOtherFiles(t *testing.T) {
	t.Parallel()
	for source, says := range map[string]string{
		"":                                 "empty",
		"- a":                              "must have the keys",
		"id: [":                            "not YAML",
		"a: &x [*x]":                       `"a" is not known here`,
		"id: &i tidy\nversion: *i":         "a single value",
		strings.Repeat(" ", MaxManifest+1): "the most is",
	} {
		if m, err := ParseManifest([]byte(source)); err == nil || m != nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%.40q: %v, want %q", source, err, says)
		}
	}
}

func FuzzParseManifest(f *testing.F) {
	for _, file := range []string{"testdata/broken.yaml", "plugintest/guest/plugin.yaml", "sdk/templates/go/plugin.yaml.tmpl"} {
		source, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(source)
	}
	f.Fuzz(func(t *testing.T, source []byte) {
		m, err := ParseManifest(source)
		if (m == nil) == (err == nil) {
			t.Fatalf("%+v, %v", m, err)
		}
		if err == nil && (!idForm.MatchString(m.ID) || len(m.Hooks) == 0 || m.Limits.Memory > MaxMemory || m.Limits.Time > MaxTime || m.Limits.Time < MinTime) {
			t.Fatalf("%+v", m)
		}
	})
}
