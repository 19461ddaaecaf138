package ddl

import (
	"slices"

	"github.com/trellishq/trellis/metadata"
)

// reindex makes those indexes again that nobody changed, but that are over other
// columns than before: conditions and the scopes of numbers name fields, and a
// field may have gone to another column, or another field may have its name by
// now. Indexes over computed columns that are made anew went with these.
func (p *planner) reindex(old *metadata.Definition) error {
	before := &planner{schema: p.schema, def: old, old: old}
	done := map[*metadata.Object]bool{}
	for _, c := range slices.Clone(p.plan.Changes) {
		if c.Kind != metadata.OfField || p.fresh[c.NewObject.Table] || done[c.NewObject] {
			continue
		}
		done[c.NewObject] = true
		p.reindexNumbers(c.OldObject, c.NewObject)
		for _, x := range c.NewObject.Indexes {
			if err := p.reindexDeclared(before, c.OldObject, c.NewObject, x); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p *planner) reindexNumbers(old, now *metadata.Object) {
	for _, f := range now.Fields {
		was := columnField(old, f.Column)
		if f.Kind != metadata.KindAutoNumber || was == nil || was.Kind != f.Kind || p.changes(now, f) {
			continue
		}
		p.replace(now, f, fieldSpecs(old, was), fieldSpecs(now, f))
	}
}

// changes says that the plan has a change of the field itself.
func (p *planner) changes(o *metadata.Object, f *metadata.Field) bool {
	return slices.ContainsFunc(p.plan.Changes, func(c metadata.Change) bool { return c.Kind == metadata.OfField && c.NewObject == o && c.NewField == f })
}

func columnField(o *metadata.Object, column string) *metadata.Field {
	if i := slices.IndexFunc(o.Fields, func(f *metadata.Field) bool { return f.Column == column }); i >= 0 {
		return o.Fields[i]
	}
	return nil
}

// reindexDeclared looks at an index that both states of an object have.
func (p *planner) reindexDeclared(before *planner, old, now *metadata.Object, x *metadata.Index) error {
	i := slices.IndexFunc(old.Indexes, func(was *metadata.Index) bool { return was.Name == x.Name })
	if i < 0 {
		return nil
	}
	spec, err := p.declared(now, x)
	if err != nil {
		return err
	}
	switch was, err := before.declared(old, old.Indexes[i]); {
	case p.overRemade(now, spec):
	case err == nil && was.same(spec):
		return nil
	default:
		p.dropDeclared(now, old.Indexes[i])
	}
	p.add(now, true, spec)
	return nil
}

// overRemade says that the index is over a computed column made anew.
func (p *planner) overRemade(o *metadata.Object, spec indexSpec) bool {
	return slices.ContainsFunc(o.Fields, func(f *metadata.Field) bool {
		columns := quoted(f.Columns())
		return len(columns) > 0 && p.remade[o.Table+"."+columns[0]] && spec.speaksOf(columns)
	})
}
