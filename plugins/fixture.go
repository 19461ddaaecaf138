package plugins

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/trellishq/trellis"
)

// maxFixture bounds one fixture file.
const maxFixture = 4 << 20

// FixtureReport tells what RunFixtures did.
type FixtureReport struct {
	Passed  int
	Updated int
	// Failed lists each case that did not answer as expected, in sentences.
	Failed []string
}

// fixture is one case of tests/*.yaml. Expect is a HookResult; empty means ok.
type fixture struct {
	Name   string         `yaml:"name"`
	Entry  string         `yaml:"entry"`
	Input  fixtureInput   `yaml:"input"`
	Expect map[string]any `yaml:"expect"`
}

type fixtureInput struct {
	Event   Event          `yaml:"event"`
	Record  map[string]any `yaml:"record"`
	Old     map[string]any `yaml:"old"`
	Changed []string       `yaml:"changed"`
	Caller  string         `yaml:"caller"`
}

// RunFixtures calls the plugin for every case in dir/tests/*.yaml and compares
// the answers, under the rules a server applies. With update it writes the
// answers into the files instead. h must hold the plugin.
func RunFixtures(ctx context.Context, h *Host, pkg *Package, dir string, update bool) (FixtureReport, error) {
	var report FixtureReport
	files, err := filepath.Glob(filepath.Join(dir, "tests", "*.yaml"))
	if err != nil || len(files) == 0 {
		return report, trellis.Wrap(trellis.CodeNotFound, err, "there are no fixtures in %s", filepath.Join(dir, "tests"))
	}
	for _, file := range files {
		if err := runFile(ctx, h, pkg, file, update, &report); err != nil {
			return report, err
		}
	}
	return report, nil
}

func runFile(ctx context.Context, h *Host, pkg *Package, file string, update bool, report *FixtureReport) error {
	bad := func(err error) error {
		return trellis.Wrap(trellis.CodeInvalidInput, err, "%s is no list of fixtures: %v", file, err)
	}
	info, err := os.Stat(file)
	if err != nil {
		return bad(err)
	}
	if info.Size() > maxFixture {
		return bad(fmt.Errorf("it has %d bytes", info.Size()))
	}
	source, err := os.ReadFile(file)
	if err != nil {
		return bad(err)
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(source, &doc); err != nil {
		return bad(err)
	}
	var cases []fixture
	dec := yaml.NewDecoder(bytes.NewReader(source))
	dec.KnownFields(true)
	if err := dec.Decode(&cases); err != nil {
		return bad(err)
	}
	changed := false
	for i, c := range cases {
		got, err := c.run(ctx, h, pkg.Manifest)
		switch want, _ := normalise(c.Expect); {
		case err != nil:
			report.Failed = append(report.Failed, fmt.Sprintf("%s: %s: %v", filepath.Base(file), c.Name, err))
		case reflect.DeepEqual(got, want):
			report.Passed++
		case update:
			report.Updated++
			changed = true
			if err := setExpect(doc.Content[0].Content[i], got); err != nil {
				return bad(err)
			}
		default:
			report.Failed = append(report.Failed, fmt.Sprintf("%s: %s: expected %s, got %s", filepath.Base(file), c.Name, inJSON(want), inJSON(got)))
		}
	}
	if !changed {
		return nil
	}
	var out bytes.Buffer
	enc := yaml.NewEncoder(&out)
	enc.SetIndent(2)
	if err := enc.Encode(&doc); err != nil {
		return bad(err)
	}
	return os.WriteFile(file, out.Bytes(), 0o644)
}

func (c *fixture) run(ctx context.Context, h *Host, m *Manifest) (map[string]any, error) {
	at := slices.IndexFunc(m.Hooks, func(h Hook) bool { return h.Entry == c.Entry })
	if at < 0 {
		return nil, fmt.Errorf("the manifest has no entry %q", clip(c.Entry))
	}
	hook := m.Hooks[at]
	hook.Plugin, hook.Version = m.ID, m.Version
	if !slices.Contains(hook.Events, c.Input.Event) {
		return nil, fmt.Errorf("the entry %s is not called at %q", c.Entry, clip(string(c.Input.Event)))
	}
	record, err := rawFields(c.Input.Record)
	if err != nil {
		return nil, err
	}
	old, err := rawFields(c.Input.Old)
	if err != nil {
		return nil, err
	}
	res, err := h.Before(ctx, hook, HookInput{
		Event: c.Input.Event, Object: hook.Object, Record: record, Old: old, Changed: c.Input.Changed, Caller: c.Input.Caller})
	if err != nil {
		return nil, err
	}
	got := map[string]any{}
	if res.Patch != nil {
		got["patch"] = res.Patch
	}
	if res.Veto != nil {
		got["veto"] = res.Veto
	}
	return normalise(got)
}

func rawFields(in map[string]any) (map[string]json.RawMessage, error) {
	if in == nil {
		return nil, nil
	}
	out := map[string]json.RawMessage{}
	for k, v := range in {
		raw, err := json.Marshal(v)
		if err != nil {
			return nil, fmt.Errorf("the input field %s: %w", clip(k), err)
		}
		out[k] = raw
	}
	return out, nil
}

// normalise takes both sides of a comparison through JSON.
func normalise(v map[string]any) (map[string]any, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	out := map[string]any{}
	if err := json.Unmarshal(raw, &out); err != nil {
		return nil, err
	}
	if out == nil { // expect: without a value
		out = map[string]any{}
	}
	return out, nil
}

func inJSON(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(raw)
}

// setExpect replaces the value of expect and leaves the rest, with its
// comments, as it is.
func setExpect(item *yaml.Node, expect map[string]any) error {
	var n yaml.Node
	if err := n.Encode(expect); err != nil {
		return err
	}
	for i := 0; i+1 < len(item.Content); i += 2 {
		if item.Content[i].Value == "expect" {
			item.Content[i+1] = &n
			return nil
		}
	}
	item.Content = append(item.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: "expect"}, &n)
	return nil
}
