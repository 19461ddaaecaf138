package core_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core"
	"github.com/trellishq/trellis/metadata"
)

var pastFiles = fstest.MapFS{
	"objects/tag.yaml": {Data: []byte("name: tag\nplural: tags\nunowned: true\nfields:\n  - {name: name, kind: text}\n")},
	"objects/deal.yaml": {Data: []byte(`name: deal
plural: deals
unowned: true
fields:
  - {name: name, kind: text}
  - {name: secret, kind: text}
  - {name: open, kind: boolean}
  - {name: phone, kind: phone}
  - {name: tags, kind: manyToMany, target: tag, inverse: deals}
  - {name: total, kind: rollUp, rollUp: {relation: parts, function: sum, field: amount}}
`)},
	"objects/part.yaml": {Data: []byte(`name: part
plural: parts
unowned: true
fields:
  - {name: deal, kind: lookup, target: deal, inverse: parts, onDelete: cascade}
  - {name: amount, kind: decimal}
`)},
}

// past is a record's history in words.
func (l *lab) past(r *core.Request, object string, id trellis.ID) string {
	l.Helper()
	page, err := l.engine.History(l.Context(), r, object, id, 0, "")
	if err != nil {
		return string(trellis.CodeOf(err))
	}
	return l.told(page)
}

func (l *lab) told(page *core.HistoryPage) string {
	var all []string
	for _, c := range page.Changes {
		s := fmt.Sprintf("%d %s", c.Version, c.Op)
		if c.Actor != "" && c.At != nil {
			s += " by"
		}
		for _, f := range c.Fields {
			s += fmt.Sprintf(" %s %s>%s", f.Field, f.Old, f.New)
		}
		all = append(all, s)
	}
	return strings.Join(all, "; ")
}

func set(object string, id trellis.ID, values map[string]any) core.Op {
	return core.Op{Verb: core.Update, Object: object, ID: id, Values: values}
}

func TestHistory(t *testing.T) {
	t.Parallel()
	l := documents(t, pastFiles)
	deal := l.must(l.root, create("deal", map[string]any{"name": "A"}))[0].ID
	l.must(l.root, set("deal", deal, map[string]any{"name": "B", "secret": "s"}))
	part := l.must(l.root, create("part", map[string]any{"deal": deal, "amount": 3}), create("part", map[string]any{"amount": 4}))[0].ID
	l.must(l.root, core.Op{Verb: core.Delete, Object: "deal", ID: deal})
	l.must(l.root, core.Op{Verb: core.Restore, Object: "deal", ID: deal})
	l.is(l.past(l.root, "deal", deal), `5 restore by; 4 delete by; 3 update by total "0.00">"3.00"; 2 update by name "A">"B" secret null>"s"; 1 create by name null>"A" total null>"0.00"`)
	l.is(l.past(l.root, "part", part), fmt.Sprintf(`3 restore by; 2 delete by; 1 create by deal null>"%s" amount null>"3.00"`, deal))
	l.is(l.past(l.root, "part", deal), "NOT_FOUND")
	l.is(l.past(l.root, "part", trellis.NewID()), "NOT_FOUND")
	l.is(l.past(l.root, "nothing", deal), "INVALID_INPUT")
}

func TestHistoryOfARecordThatOthersHaveTheIDOf(t *testing.T) {
	t.Parallel()
	l := documents(t, pastFiles)
	id := l.must(l.root, create("deal", map[string]any{"secret": "s"}))[0].ID
	op := create("tag", map[string]any{"name": "x"})
	op.ID = id
	l.must(l.root, op)
	l.is(l.past(l.root, "tag", id), `1 create by name null>"x"`)
}

// TestHistoryShowsWhatIsSeenToday goes through every way to see a field.
func TestHistoryShowsWhatIsSeenToday(t *testing.T) {
	t.Parallel()
	l := documents(t, pastFiles)
	read := []metadata.Action{metadata.ActionRead}
	fields := []string{"name", "open", "updatedAt", "updatedBy"}
	l.role("reader", &metadata.Policy{Name: "reader", Object: "deal", Actions: read, ReadFields: fields})
	l.role("sometimes", &metadata.Policy{Name: "s1", Object: "deal", Actions: read, ReadFields: fields},
		&metadata.Policy{Name: "s2", Object: "deal", Actions: read, Rule: "record.open", ReadFields: []string{"secret"}})
	l.role("anonymous", &metadata.Policy{Name: "a", Object: "deal", Actions: read, ReadFields: []string{"name"}})
	l.role("others", &metadata.Policy{Name: "o", Object: "deal", Actions: read, Rule: "record.name == 'other'"})
	l.role("deleter", &metadata.Policy{Name: "d", Object: "deal", Actions: append([]metadata.Action{metadata.ActionDelete}, read...), ReadFields: fields})
	deal := l.must(l.root, create("deal", map[string]any{"name": "A", "secret": "s"}))[0].ID
	l.must(l.root, set("deal", deal, map[string]any{"secret": "t", "phone": "+4930123456"}))
	l.must(l.root, set("deal", deal, map[string]any{"open": true}))
	people := map[string]*core.Request{}
	for _, role := range []string{"reader", "sometimes", "anonymous", "others", "deleter"} {
		people[role] = l.person(role, role)
	}
	sees := func(want map[string]string) {
		t.Helper()
		for role, w := range want {
			if got := l.past(people[role], "deal", deal); got != w {
				t.Errorf("%s: got %s, want %s", role, got, w)
			}
		}
	}
	plain := `3 update by open null>true; 2 update; 1 create by name null>"A"`
	sees(map[string]string{
		"reader": plain, "deleter": plain,
		"sometimes": `3 update by open null>true; 2 update by secret "s">"t"; 1 create by name null>"A" secret null>"s"`,
		"anonymous": `3 update; 2 update; 1 create name null>"A"`,
		"others":    "NOT_FOUND",
	})
	l.must(l.root, set("deal", deal, map[string]any{"open": false}))
	sees(map[string]string{"sometimes": `4 update by open true>false; ` + plain})
	l.must(l.root, core.Op{Verb: core.Delete, Object: "deal", ID: deal})
	sees(map[string]string{"reader": "NOT_FOUND", "deleter": `5 delete by; 4 update by open true>false; ` + plain})
}

// TestHistoryKnowsFieldsByWhatTheyWere: a name may mean another field since.
func TestHistoryKnowsFieldsByWhatTheyWere(t *testing.T) {
	t.Parallel()
	l := documents(t, pastFiles)
	deal := l.must(l.root, create("deal", map[string]any{"name": "A", "secret": "s"}))[0].ID
	l.change(func(d *metadata.Definition) {
		o := d.Own("deal")
		f := o.Field("secret")
		f.Formerly = metadata.Renamed(f.Formerly, "secret", "motive", "2030-01-01")
		f.Name = "motive"
	})
	l.must(l.root, set("deal", deal, map[string]any{"motive": "m"}))
	l.change(func(d *metadata.Definition) {
		o := d.Own("deal")
		o.Field("motive").Formerly = nil
		o.Fields = append(o.Fields, &metadata.Field{Name: "secret", Kind: metadata.KindText})
	})
	l.must(l.root, set("deal", deal, map[string]any{"secret": "new"}))
	l.is(l.past(l.root, "deal", deal), `3 update by secret null>"new"; 2 update by motive "s">"m"; 1 create by name null>"A" motive null>"s" total null>"0.00"`)
	l.change(func(d *metadata.Definition) {
		o := d.Own("deal")
		o.Fields = slices.DeleteFunc(o.Fields, func(f *metadata.Field) bool { return f.Name == "motive" })
	})
	l.is(l.past(l.root, "deal", deal), `3 update by secret null>"new"; 2 update; 1 create by name null>"A" total null>"0.00"`)
}

func TestHistoryOfLinksLeavesOutUnseenRecords(t *testing.T) {
	t.Parallel()
	l := documents(t, pastFiles)
	tags := l.named("tag", "one", "two")
	deal := l.must(l.root, create("deal", map[string]any{"tags": tags}))[0].ID
	l.must(l.root, set("deal", deal, map[string]any{"tags": tags[1:]}))
	read := []metadata.Action{metadata.ActionRead}
	l.role("one", &metadata.Policy{Name: "t", Object: "tag", Actions: read, Rule: "record.name == 'one'"}, &metadata.Policy{Name: "d", Object: "deal", Actions: read, ReadFields: []string{"tags"}})
	l.is(l.past(l.person("ann", "one"), "deal", deal), fmt.Sprintf(`2 update tags ["%[1]s"]>[]; 1 create tags []>["%[1]s"]`, tags[0]))
}

func TestHistoryComesInPages(t *testing.T) {
	t.Parallel()
	l := documents(t, pastFiles)
	deal := l.must(l.root, create("deal", nil))[0].ID
	const most = 25
	for i := 2; i <= most; i++ {
		l.must(l.root, set("deal", deal, map[string]any{"name": fmt.Sprint(i)}))
	}
	want, after := int64(most), ""
	for {
		page, err := l.engine.History(t.Context(), l.root, "deal", deal, 10, after)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range page.Changes {
			if c.Version != want {
				t.Errorf("version %d, want %d", c.Version, want)
			}
			want--
		}
		if after = page.End; !page.More {
			break
		}
		l.must(l.root, set("deal", deal, map[string]any{"name": after})) // newer: no matter
	}
	if want != 0 {
		t.Errorf("the pages end before version %d", want)
	}
	for _, c := range []struct {
		first int
		after string
		code  trellis.Code
	}{{-1, "", trellis.CodeInvalidInput}, {201, "", trellis.CodeQueryTooCostly}, {0, "!", trellis.CodeInvalidInput}, {0, strings.Repeat("A", 65), trellis.CodeInvalidInput}} {
		if _, err := l.engine.History(t.Context(), l.root, "deal", deal, c.first, c.after); trellis.CodeOf(err) != c.code {
			t.Errorf("%d %q: %v", c.first, c.after, err)
		}
	}
}

// TestHistoryOfEntriesFromBefore runs the part of the migration that finds what
// was written without a place in the history.
func TestHistoryOfEntriesFromBefore(t *testing.T) {
	t.Parallel()
	l := documents(t, pastFiles)
	deal := l.must(l.root, create("deal", map[string]any{"name": "A"}), create("deal", nil))[0].ID
	l.must(l.root, set("deal", deal, map[string]any{"secret": "s"}))
	want := l.past(l.root, "deal", deal)
	migration, err := os.ReadFile("pg/migrations/0082_record_change.sql")
	if err != nil {
		t.Fatal(err)
	}
	_, from, _ := strings.Cut(string(migration), "INSERT INTO")
	fill, _, _ := strings.Cut(from, ";")
	if _, err := l.db.Exec(t.Context(), "TRUNCATE trellis.record_change"); err != nil {
		t.Fatal(err)
	}
	if _, err := l.db.Exec(t.Context(), "INSERT INTO"+fill); err != nil {
		t.Fatal(err)
	}
	l.is(l.past(l.root, "deal", deal), want)
}
