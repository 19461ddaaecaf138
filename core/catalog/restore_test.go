package catalog_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/trellishq/trellis/core/catalog"
	"github.com/trellishq/trellis/metadata"
)

// What has no column of its own comes back too: links with what was linked, a
// formula that is computed at read.
func TestRestoreOfFieldsWithoutColumns(t *testing.T) {
	t.Parallel()
	c, db := start(t)
	note := &metadata.Object{Name: "note", Plural: "notes", Fields: []*metadata.Field{
		{Name: "tags", Kind: metadata.KindManyToMany, Target: "tag"},
		{Name: "old", Kind: metadata.KindFormula, Result: metadata.KindBoolean, Formula: "record.createdAt < now"},
	}}
	apply(t, c, catalog.Packages(withPackage(&metadata.Definition{Objects: []*metadata.Object{note, {Name: "tag", Plural: "tags"}}})), catalog.Options{})
	head := `id, created_at, created_by, updated_at, updated_by, version`
	values := `now(), 'system', now(), 'system', 1`
	for _, sql := range []string{
		fmt.Sprintf(`INSERT INTO ws_main.note (%s) SELECT gen_random_uuid(), %s FROM generate_series(1, 3)`, head, values),
		fmt.Sprintf(`INSERT INTO ws_main.tag (%s) SELECT gen_random_uuid(), %s FROM generate_series(1, 3)`, head, values),
		fmt.Sprintf(`INSERT INTO ws_main.note_tags (%s, note_id, tag_id) SELECT gen_random_uuid(), %s, n.id, t.id FROM ws_main.note n, ws_main.tag t`, head, values),
	} {
		if _, err := db.Exec(t.Context(), sql); err != nil {
			fatal(t, err)
		}
	}
	lose := catalog.Options{AllowLoss: true}
	without := func(field string) catalog.Draft {
		return func(d *metadata.Definition) (*metadata.Definition, error) {
			o := d.Own("note")
			o.Fields = slices.DeleteFunc(o.Fields, func(f *metadata.Field) bool { return f.Name == field })
			return d, nil
		}
	}
	for what, do := range map[string]func() error{
		"links": func() error {
			apply(t, c, without("tags"), lose)
			_, err := c.Restore(t.Context(), "main", "note", "tags", lose)
			return err
		},
		"formula": func() error {
			apply(t, c, without("old"), lose)
			_, err := c.Restore(t.Context(), "main", "note", "old", lose)
			return err
		},
		"object": func() error {
			apply(t, c, func(d *metadata.Definition) (*metadata.Definition, error) {
				d.Objects = slices.DeleteFunc(d.Objects, func(o *metadata.Object) bool { return o.Name == "note" })
				return d, nil
			}, lose)
			_, err := c.Restore(t.Context(), "main", "note", "", lose)
			return err
		},
	} {
		if err := do(); err != nil {
			fatal(t, fmt.Errorf("%s: %w", what, err))
		}
		noDrift(t, c)
		v, err := c.Current(t.Context(), "main")
		if err != nil {
			fatal(t, err)
		}
		var links int
		if link := v.Snapshot.Lookup("noteTags"); link == nil || link.Table != "note_tags" || v.Snapshot.Lookup("note").Field("old") == nil {
			t.Fatalf("%s: the link is %+v", what, link)
		}
		if err := db.QueryRow(t.Context(), "SELECT count(*) FROM ws_main.note_tags").Scan(&links); err != nil || links != 9 {
			t.Errorf("%s: %d links, %v", what, links, err)
		}
		if list, err := c.Hidden(t.Context(), "main"); err != nil || len(list) != 0 {
			t.Errorf("%s: hidden are %v, %v", what, list, err)
		}
	}
}
