package ddl

import (
	"fmt"
	"slices"
	"strings"

	"github.com/trellishq/trellis/metadata"
)

// indexSpec is an index as it should be.
type indexSpec struct {
	name    string
	columns []string // quoted, with direction
	unique  bool
	using   string // the method, with a space behind; empty for the usual one
}

func uniqueIndex(o *metadata.Object, f *metadata.Field) indexSpec {
	return indexSpec{name: metadata.IndexName(o.Table, f.Column, "key"), columns: quoted(f.KeyColumns()), unique: true}
}

func plainIndex(o *metadata.Object, f *metadata.Field) indexSpec {
	spec := indexSpec{name: metadata.IndexName(o.Table, f.Column, "idx"), columns: quoted(f.KeyColumns())}
	if f.Width() == 1 && f.Part(0).Storage == metadata.StoredTexts {
		spec.using = "USING gin " // serves what a list contains
	}
	return spec
}

// numberIndex keeps auto-numbers apart within their scope. Nulls in the scope are
// a sequence of their own, which the engine keeps without an index.
func numberIndex(o *metadata.Object, f *metadata.Field) indexSpec {
	var columns []string
	for _, name := range f.Number.Scope {
		for _, s := range append(metadata.SystemFields(o), o.Fields...) {
			if s.Name == name {
				columns = append(columns, quoted(s.Columns())...)
			}
		}
	}
	return indexSpec{name: metadata.IndexName(o.Table, f.Column, "key"), columns: append(columns, quoted(f.Columns())...), unique: true}
}

// plainIndexed says that a field has an index that is not the unique one:
// lookups always, since joins, cascades and rules go along them. The unique
// index leaves out the trash, so that a lookup needs both.
func plainIndexed(f *metadata.Field) bool {
	return f.Kind.IsLookup() || f.Indexed && !f.Unique
}

// recordIndexes are what lists under row rules need: newest first, of all, of
// an owner, of a team.
func (p *planner) recordIndexes(o *metadata.Object) {
	newest := []string{`"created_at" DESC`, `"id" DESC`}
	p.add(o, nil, false, indexSpec{name: metadata.IndexName(o.Table, "created_at", "idx"), columns: newest})
	if o.Unowned {
		return
	}
	for _, column := range []string{"owner_id", "team_id"} {
		p.add(o, nil, false, indexSpec{name: metadata.IndexName(o.Table, column, "idx"), columns: append([]string{quote(column)}, newest...)})
	}
}

func (p *planner) fieldIndexes(o *metadata.Object, f *metadata.Field, onData bool) {
	if f.Unique {
		// The column is new and empty or has one default, so the index decides
		// nothing by being early; but it must be there before the first write.
		s := p.create(o, uniqueIndex(o, f), Within)
		s.Field = f.Name
		if onData {
			s.Lock, s.Online = Share, false
		}
		p.indexes = append(p.indexes, s)
	}
	if f.Kind == metadata.KindAutoNumber && !f.Unique {
		p.add(o, f, onData, numberIndex(o, f))
	}
	if plainIndexed(f) {
		p.add(o, f, onData, plainIndex(o, f))
	}
}

// toggle makes or drops an index on a column that exists.
func (p *planner) toggle(o *metadata.Object, f *metadata.Field, on bool, of func(*metadata.Object, *metadata.Field) indexSpec) {
	if on {
		p.add(o, f, true, of(o, f))
	} else {
		p.dropIndex(o, f, of(o, f))
	}
}

// index follows a declared index.
func (p *planner) index(c metadata.Change) {
	o := c.NewObject
	if c.Op == metadata.OpRemove {
		p.dropIndex(o, nil, indexSpec{name: c.OldIndex.Name})
		return
	}
	if c.Op != metadata.OpAdd {
		return
	}
	p.add(o, nil, !p.fresh[o.Table], declared(o, c.NewIndex, metadata.SystemFields(o)))
}

func declared(o *metadata.Object, x *metadata.Index, system []*metadata.Field) indexSpec {
	spec := indexSpec{name: x.Name, unique: x.Unique}
	for _, name := range x.Fields {
		for _, f := range append(system, o.Fields...) {
			if f.Name == name {
				spec.columns = append(spec.columns, quoted(f.KeyColumns())...)
				break
			}
		}
	}
	return spec
}

// add makes an index in the transaction on an empty table, and CONCURRENTLY
// where there may be data: a unique one before, since it may fail on what there
// is, any other after. A unique index over columns of the same plan cannot be
// made before them, so it is made with them.
func (p *planner) add(o *metadata.Object, f *metadata.Field, onData bool, spec indexSpec) {
	phase := Within
	if onData {
		phase = After
		if spec.unique {
			phase = Before
		}
	}
	if phase == Before && p.overNewColumn(o, spec) {
		s := p.create(o, spec, Within)
		s.Lock, s.Online = Share, false
		p.indexes = append(p.indexes, s)
		return
	}
	s := p.create(o, spec, phase)
	if f != nil {
		s.Field = f.Name
	}
	p.indexes = append(p.indexes, s)
}

// overNewColumn says that the plan itself adds one of the index's columns.
func (p *planner) overNewColumn(o *metadata.Object, spec indexSpec) bool {
	for _, c := range p.plan.Changes {
		if c.Kind != metadata.OfField || c.Op != metadata.OpAdd || c.NewObject.Table != o.Table {
			continue
		}
		for _, column := range spec.columns {
			if slices.Contains(quoted(c.NewField.Columns()), column) {
				return true
			}
		}
	}
	return false
}

func (p *planner) create(o *metadata.Object, spec indexSpec, phase Phase) Step {
	s := Step{Kind: CreateIndex, Phase: phase, Lock: NoLock, Online: true, Object: o.Name}
	unique, concurrently, where := "", "", ""
	if spec.unique {
		unique, where = "UNIQUE ", ` WHERE "deleted_at" IS NULL`
	}
	if phase != Within {
		s.Lock, concurrently = ShareUpdateExclusive, "CONCURRENTLY "
		s.Index = p.table(spec.name)
	}
	s.SQL = fmt.Sprintf("CREATE %sINDEX %s%s ON %s %s(%s)%s", unique, concurrently, quote(spec.name), p.table(o.Table), spec.using, strings.Join(spec.columns, ", "), where)
	return s
}

func (p *planner) dropIndex(o *metadata.Object, f *metadata.Field, spec indexSpec) {
	s := Step{Kind: DropIndex, Lock: AccessExclusive, Online: true, Object: o.Name, Index: p.table(spec.name), SQL: "DROP INDEX IF EXISTS " + p.table(spec.name)}
	if f != nil {
		s.Field = f.Name
	}
	p.within(s)
}

func quoted(names []string) []string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = quote(n)
	}
	return out
}
