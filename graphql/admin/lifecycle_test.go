package admin_test

import (
	"strings"
	"testing"
)

func TestRemovedThingsComeBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.expect("admin", `{ drift { what name } hidden { object } }`, `{"data":{"drift":[],"hidden":[]}}`)
	got := w.ask("admin", `mutation { apply(changes: [{removeField: {object: "account", field: "phone"}}], allowLoss: true) { revision problems { message } } }`)
	if !strings.Contains(got, `"problems":[]`) {
		t.Fatal(got)
	}
	w.expect("admin", `{ hidden { object field } }`, `{"data":{"hidden":[{"object":"account","field":"phone"}]}}`)
	got = w.ask("admin", `mutation { restore(object: "account", field: "phone") { problems { message } } }`)
	if !strings.Contains(got, `"problems":[]`) {
		t.Error(got)
	}
	got = w.ask("admin", `mutation { restore(object: "account", field: "phone") { problems { code } } undo(revision: 99) { problems { code } } }`)
	if strings.Count(got, "NOT_FOUND") != 2 {
		t.Error(got)
	}
	got = w.ask("admin", `{ impact(object: "account") { kind path } drift { name } }`)
	if !strings.Contains(got, `"lookup"`) || !strings.Contains(got, `"drift":[]`) {
		t.Error(got)
	}
}
