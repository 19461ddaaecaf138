package ddl

import (
	"fmt"
	"slices"
	"strings"

	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/expr"
)

// indexSpec is an index as it should be.
type indexSpec struct {
	name    string
	method  string   // of access, "" for btree
	columns []string // quoted, with direction or operator class
	unique  bool
	where   string // beside the live records of a unique one
	// overlap is the expression of a range of which two records with equal
	// columns may not share a point: then it is an exclusion constraint.
	overlap string
	field   *metadata.Field // that it is for, nil for the object
}

// predicate is the condition of the index, "" for none.
func (x indexSpec) predicate() string {
	switch {
	case !x.unique:
		return x.where
	case x.where == "":
		return `"deleted_at" IS NULL`
	}
	return `"deleted_at" IS NULL AND ` + x.where
}

// columnNames are the columns, quoted, without direction and class.
func (x indexSpec) columnNames() []string {
	out := make([]string, len(x.columns))
	for i, c := range x.columns {
		out[i], _, _ = strings.Cut(c, " ")
	}
	return out
}

// fieldSpecs are the indexes that come with a field: the unique one, and another
// that lists and joins use. Lookups always have that, since joins, cascades and
// rules go along them; the unique index leaves out the trash, so a lookup needs
// both. A searchable field has one more.
func fieldSpecs(o *metadata.Object, f *metadata.Field) []indexSpec {
	var out []indexSpec
	if f.Width() == 0 {
		return nil
	}
	if f.Unique {
		out = append(out, indexSpec{name: metadata.KeyName(o, f), columns: quoted(f.KeyColumns()), unique: true, field: f})
	}
	if f.Kind == metadata.KindAutoNumber && !f.Unique {
		out = append(out, numberSpec(o, f))
	}
	if f.Kind.IsLookup() || f.Kind == metadata.KindPolymorphic || f.Indexed && !f.Unique {
		x := indexSpec{name: metadata.IndexName(o.Table, f.Column, "idx"), columns: quoted(f.KeyColumns()), field: f}
		if f.Kind == metadata.KindPolymorphic { // the id tells records apart, the object hardly does
			slices.Reverse(x.columns)
		}
		switch f.Part(0).Storage {
		case metadata.StoredTexts:
			x.method = "gin"
		case metadata.StoredJSON:
			x.method, x.columns[0] = "gin", x.columns[0]+" jsonb_path_ops"
		}
		out = append(out, x)
	}
	if Searched(f) {
		out = append(out, searchIndex(o, f))
	}
	return out
}

// numberSpec keeps auto-numbers apart within their scope. Nulls in the scope are
// a sequence of their own, which the engine keeps without an index.
func numberSpec(o *metadata.Object, f *metadata.Field) indexSpec {
	var columns []string
	for _, name := range f.Number.Scope {
		for _, s := range append(metadata.SystemFields(o), o.Fields...) {
			if s.Name == name {
				columns = append(columns, quoted(s.Columns())...)
			}
		}
	}
	return indexSpec{name: metadata.KeyName(o, f), columns: append(columns, quoted(f.Columns())...), unique: true, field: f}
}

// recordSpecs are what lists under row rules need: newest first, of all, of an
// owner, of a team.
func recordSpecs(o *metadata.Object) []indexSpec {
	newest := []string{`"created_at" DESC`, `"id" DESC`}
	out := []indexSpec{{name: metadata.IndexName(o.Table, "created_at", "idx"), columns: newest}}
	if o.Unowned {
		return out
	}
	for _, column := range []string{"owner_id", "team_id"} {
		out = append(out, indexSpec{name: metadata.IndexName(o.Table, column, "idx"), columns: append([]string{quote(column)}, newest...)})
	}
	return out
}

// declared is an index that somebody defined.
func (p *planner) declared(o *metadata.Object, x *metadata.Index) (indexSpec, error) {
	spec := indexSpec{name: x.Name, unique: x.Unique}
	all := append(metadata.SystemFields(o), o.Fields...)
	named := func(name string) *metadata.Field {
		i := slices.IndexFunc(all, func(f *metadata.Field) bool { return f.Name == name })
		if i < 0 {
			return &metadata.Field{}
		}
		return all[i]
	}
	for _, name := range x.Fields {
		spec.columns = append(spec.columns, quoted(named(name).KeyColumns())...)
	}
	if x.Range != nil {
		typ, from, to := x.Range.Type(o), quote(named(x.Range.From).Column), quote(named(x.Range.To).Column)
		// A range that ends before it begins is an error of PostgreSQL's; here it
		// overlaps nothing, and whether it may be is for a rule to say.
		spec.overlap = fmt.Sprintf("CASE WHEN %s > %s THEN 'empty'::%s ELSE %s(%s, %s, '[]') END", from, to, typ, typ, from, to)
	}
	if x.Where != "" {
		if p.engine == nil {
			p.engine = expr.New(metadata.ExprSchema(p.def, p.old))
		}
		pred, err := x.Condition(p.engine, o)
		if err != nil {
			return spec, err
		}
		c := conditions{object: o}
		spec.where = c.pred(pred)
		return spec, c.err
	}
	return spec, nil
}

// newFieldIndexes makes the indexes of a field that was added to a table.
func (p *planner) newFieldIndexes(o *metadata.Object, f *metadata.Field, onData bool) {
	for _, x := range fieldSpecs(o, f) {
		if !x.unique {
			p.add(o, onData, x)
			continue
		}
		// The column is new and empty or has one default, so the index decides
		// nothing by being early; but it must be there before the first write.
		s := p.create(o, x, Within)
		if onData {
			s.Lock, s.Online = Share, false
		}
		p.indexes = append(p.indexes, s)
	}
}

// changeFieldIndexes drops the indexes that a field had and has no more, and
// makes those it has now.
func (p *planner) changeFieldIndexes(c metadata.Change) {
	p.replace(c.NewObject, c.NewField, fieldSpecs(c.OldObject, c.OldField), fieldSpecs(c.NewObject, c.NewField))
}

// replace drops the indexes of was that are not among is, and makes the others.
func (p *planner) replace(o *metadata.Object, f *metadata.Field, was, is []indexSpec) {
	for _, x := range was {
		if !slices.ContainsFunc(is, x.same) {
			x.field = f
			p.dropIndex(o, x)
		}
	}
	for _, x := range is {
		if !slices.ContainsFunc(was, x.same) {
			p.add(o, true, x)
		}
	}
}

func (x indexSpec) same(y indexSpec) bool {
	return x.name == y.name && x.method == y.method && x.predicate() == y.predicate() && x.overlap == y.overlap && slices.Equal(x.columns, y.columns)
}

// index follows a declared index.
func (p *planner) index(c metadata.Change) error {
	o := c.NewObject
	switch c.Op {
	case metadata.OpRemove:
		p.dropDeclared(o, c.OldIndex)
	case metadata.OpAdd:
		spec, err := p.declared(o, c.NewIndex)
		if err != nil {
			return err
		}
		p.add(o, !p.fresh[o.Table], spec)
	}
	return nil
}

func (p *planner) dropDeclared(o *metadata.Object, x *metadata.Index) {
	spec := indexSpec{name: x.Name}
	if x.Range != nil {
		p.within(Step{Kind: DropConstraint, Lock: AccessExclusive, Online: true, Object: o.Name, Index: p.table(x.Name),
			SQL: fmt.Sprintf("ALTER TABLE %s DROP CONSTRAINT IF EXISTS %s", p.table(o.Table), quote(x.Name))})
		return
	}
	p.dropIndex(o, spec)
}

// add makes an index in the transaction on an empty table, and CONCURRENTLY
// where there may be data: a unique one before, since it may fail on what there
// is, any other after. A unique index over columns of the same plan cannot be
// made before them, so it is made with them, and so is one that takes the place
// of another of the same name; an exclusion constraint is always made within,
// since PostgreSQL builds none beside the traffic.
func (p *planner) add(o *metadata.Object, onData bool, spec indexSpec) {
	phase := Within
	if onData && spec.overlap == "" {
		phase = After
		if spec.unique {
			phase = Before
		}
	}
	early := phase == Before && (p.overNewColumn(o, spec) || p.drops(spec))
	if early {
		phase = Within
	}
	s := p.create(o, spec, phase)
	switch {
	case early:
		s.Lock, s.Online = Share, false
	case onData && spec.overlap != "":
		s.Lock, s.Online = AccessExclusive, false
	}
	p.indexes = append(p.indexes, s)
}

// overNewColumn says that the plan itself adds one of the index's columns, or
// one its condition speaks of.
func (p *planner) overNewColumn(o *metadata.Object, spec indexSpec) bool {
	for _, c := range p.plan.Changes {
		if c.Kind != metadata.OfField || c.NewField == nil || c.NewObject.Table != o.Table {
			continue
		}
		columns := quoted(c.NewField.Columns())
		if c.OldField != nil && c.OldField.Column == c.NewField.Column {
			columns = slices.DeleteFunc(columns, func(column string) bool { return !p.remade[o.Table+"."+column] })
		}
		if spec.speaksOf(columns) {
			return true
		}
	}
	return false
}

// drops says that the plan has dropped an index of the same name so far.
func (p *planner) drops(spec indexSpec) bool {
	return slices.ContainsFunc(p.plan.Steps, func(s Step) bool { return s.Kind == DropIndex && s.Index == p.table(spec.name) })
}

// speaksOf says that the index is over one of some quoted columns, or that its
// condition or range has one.
func (x indexSpec) speaksOf(columns []string) bool {
	return slices.ContainsFunc(columns, func(column string) bool {
		return slices.Contains(x.columnNames(), column) || strings.Contains(x.where, column) || strings.Contains(x.overlap, column)
	})
}

func (p *planner) create(o *metadata.Object, x indexSpec, phase Phase) Step {
	s := Step{Kind: CreateIndex, Phase: phase, Lock: NoLock, Online: true, Object: o.Name}
	if x.field != nil {
		s.Field = x.field.Name
	}
	if phase != Within {
		s.Lock, s.Index = ShareUpdateExclusive, p.table(x.name)
	}
	if x.overlap != "" {
		s.Kind = AddConstraint
	}
	s.SQL = x.sql(p.table(o.Table), phase != Within)
	return s
}

// sql makes the index on a table, given by its qualified and quoted name.
func (x indexSpec) sql(table string, concurrently bool) string {
	if x.overlap != "" {
		parts := make([]string, 0, len(x.columns)+1)
		for _, c := range x.columns {
			parts = append(parts, c+" WITH =")
		}
		parts = append(parts, "("+x.overlap+") WITH &&")
		return fmt.Sprintf("ALTER TABLE %s ADD CONSTRAINT %s EXCLUDE USING gist (%s) WHERE (%s)", table, quote(x.name), strings.Join(parts, ", "), x.predicate())
	}
	words := "CREATE "
	if x.unique {
		words += "UNIQUE "
	}
	words += "INDEX "
	if concurrently {
		words += "CONCURRENTLY "
	}
	using, where := "", ""
	if x.method != "" {
		using = "USING " + x.method + " "
	}
	if p := x.predicate(); p != "" {
		where = " WHERE " + p
	}
	return fmt.Sprintf("%s%s ON %s %s(%s)%s", words, quote(x.name), table, using, strings.Join(x.columns, ", "), where)
}

func (p *planner) dropIndex(o *metadata.Object, spec indexSpec) {
	s := Step{Kind: DropIndex, Lock: AccessExclusive, Online: true, Object: o.Name, Index: p.table(spec.name), SQL: "DROP INDEX IF EXISTS " + p.table(spec.name)}
	if spec.field != nil {
		s.Field = spec.field.Name
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
