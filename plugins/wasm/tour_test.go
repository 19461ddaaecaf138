package wasm

import (
	"errors"
	"log/slog"
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
	report, err := TestFolder(t.Context(), dir, "", false, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatalf("%v: %v", err, errors.Unwrap(err))
	}
	if len(report.Failed) > 0 || report.Passed != 6 {
		t.Fatalf("%+v", report)
	}
}
