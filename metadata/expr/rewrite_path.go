package expr

import (
	"slices"
	"strings"

	celast "cel.dev/cel-go/common/ast"
)

// sel resolves one step of a path.
func (w *rewriter) sel(e celast.Expr) kind {
	sel := e.AsSelect()
	name := sel.FieldName()
	base := w.walk(sel.Operand())
	switch {
	case base.field != nil && len(base.field.Type.Parts()) > 0 && base.object == "":
		return w.part(e, base, name)
	case base.field != nil && base.field.Ref != "" && name == "id":
		return w.lookupID(e, base)
	case base.object != "":
		return w.field(e, base, name)
	case base.user:
		f, ok := w.engine.provider.user[name]
		if !ok {
			w.probs.at(e.ID(), "the user has no attribute %q", clip(name)).Suggestion = closest(name, w.engine.userAttr)
			return kind{}
		}
		return kind{typ: typeOf(f.Type)}
	case base.many != "":
		w.probs.at(e.ID(), "this is a list of records: use all, exists, filter, map or size on it")
	case base.field != nil:
		w.probs.at(e.ID(), "%s is of type %s and has no field %q", base.field.Name, base.field.Type, clip(name))
	}
	return kind{}
}

// part selects a part of a composite field.
func (w *rewriter) part(e celast.Expr, base kind, name string) kind {
	operand := e.AsSelect().Operand().AsSelect().Operand()
	if base.rooted {
		w.use(base.path)
	}
	p, ok := base.field.Type.part(name)
	if !ok {
		names := base.field.Type.partNames()
		w.probs.at(e.ID(), "%s has %s and %s, no %q", base.field.Name, strings.Join(names[:len(names)-1], ", "), names[len(names)-1], clip(name)).
			Suggestion = closest(name, names)
		return kind{}
	}
	w.setSelect(e, operand, p.column(base.field.Name), e.AsSelect().IsTestOnly())
	return kind{typ: p.Type}
}

// lookupID makes record.account.id the same as record.account.
func (w *rewriter) lookupID(e celast.Expr, base kind) kind {
	if base.rooted {
		w.use(base.path)
	}
	w.setSelect(e, e.AsSelect().Operand().AsSelect().Operand(), base.field.Name+idSuffix, e.AsSelect().IsTestOnly())
	return kind{typ: IDType}
}

func (w *rewriter) field(e celast.Expr, base kind, name string) kind {
	t, ok := w.engine.provider.record(base.object)
	if !ok {
		w.probs.at(e.ID(), "there is no object %q", clip(base.object))
		return kind{}
	}
	f, ok := t.object.Fields.Get(name)
	if r, there := t.object.Relations.Get(name); !ok && there {
		if r.Name != name {
			w.setSelect(e, e.AsSelect().Operand(), r.Name, e.AsSelect().IsTestOnly())
		}
		return w.relation(e, base, r)
	}
	if !ok {
		w.probs.at(e.ID(), "the object %s has no field %q", base.object, clip(name)).
			Suggestion = closest(name, t.object.Fields.Names())
		return kind{}
	}
	if f.Name != name { // a name it had: go on with the one it has
		w.setSelect(e, e.AsSelect().Operand(), f.Name, e.AsSelect().IsTestOnly())
	}
	k := kind{typ: f.Type, field: f, rooted: base.rooted, path: append(slices.Clone(base.path), f.Name)}
	if f.Ref != "" {
		k.object = f.Ref
	}
	if len(k.path) > maxHops+1 {
		w.probs.at(e.ID(), "a path may go through at most %d lookups", maxHops)
		return kind{}
	}
	if e.AsSelect().IsTestOnly() {
		if k.pending() {
			w.settle(e, k)
		} else if k.rooted {
			w.use(k.path)
		}
		return kind{typ: BoolType}
	}
	return k
}
