package wasm

import (
	"errors"
	"log/slog"
	"os"
	"strings"
	"testing"

	"github.com/trellishq/trellis/plugins"
)

// The way of an author: init, build, test, with the template's own fixtures.
func TestTemplateBuildsAndPassesItsFixtures(t *testing.T) {
	t.Parallel()
	dir := t.TempDir() + "/tour"
	if err := plugins.Init(dir, "tour", "go"); err != nil {
		t.Fatal(err)
	}
	if _, err := plugins.Build(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	run := func(update bool) plugins.FixtureReport {
		t.Helper()
		report, err := TestFolder(t.Context(), dir, place.dir+"/cache", update, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatalf("%v: %v", err, errors.Unwrap(err))
		}
		return report
	}
	if report := run(false); len(report.Failed) > 0 || report.Passed != 6 {
		t.Fatalf("%+v", report)
	}

	// A wrong expectation fails, says how, and update corrects it in place.
	file := dir + "/tests/account.yaml"
	right, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	wrong := strings.Replace(string(right), `patch: {phone: "+4930901820"}`, "veto: {field: phone}", 1)
	if err := os.WriteFile(file, []byte(wrong), 0o644); err != nil {
		t.Fatal(err)
	}
	if report := run(false); report.Passed != 5 || len(report.Failed) != 1 || !strings.Contains(report.Failed[0], `got {"patch":{"phone":"+4930901820"}}`) {
		t.Errorf("%+v", report)
	}
	if report := run(true); report.Passed != 5 || report.Updated != 1 {
		t.Errorf("%+v", report)
	}
	if report := run(false); report.Passed != 6 {
		t.Errorf("%+v", report)
	}
	if text, err := os.ReadFile(file); err != nil || !strings.HasPrefix(string(text), "# Each case calls one entry.") {
		t.Errorf("the comments are gone: %.80s, %v", text, err)
	}
}
