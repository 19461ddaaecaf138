package expr

import (
	"fmt"
	"slices"
	"strings"

	celast "cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// relation makes a to-many relation a list of records.
func (p *provider) relation(r *Relation) *types.FieldType {
	return &types.FieldType{
		Type:  types.NewListType(types.NewObjectType(objectPrefix + r.Target)),
		IsSet: func(any) bool { return true },
		GetFrom: func(v any) (any, error) {
			rec, ok := v.(*recordVal)
			typ, found := p.record(r.Target)
			if !ok || rec.rec == nil || !found {
				return nil, errNoRecord
			}
			many, ok := rec.rec.(ManyRecord)
			if !ok {
				return nil, fmt.Errorf("the list %s was not loaded", r.Name)
			}
			all, ok := many.Many(r.Name)
			switch {
			case !ok:
				return nil, fmt.Errorf("the list %s was not loaded", r.Name)
			case len(all) > maxChildren:
				return nil, fmt.Errorf("the list %s has more than %d records", r.Name, maxChildren)
			}
			vals := make([]ref.Val, len(all))
			for i, c := range all {
				vals[i] = &recordVal{c, typ}
			}
			return types.NewRefValList(adapter{}, vals), nil
		},
	}
}

// relation resolves record.lines, which validation rules may run over.
func (w *rewriter) relation(e celast.Expr, base kind, r *Relation) kind {
	switch {
	case w.profile != Validate:
		w.probs.at(e.ID(), "%s is a list of records, which only validation rules can read; define a roll-up over it and read that", clip(r.Name))
	case !base.rooted || len(base.path) > 0:
		w.probs.at(e.ID(), "only the lists of the record itself can be read, as in record.%s", clip(r.Name))
	case e.AsSelect().IsTestOnly():
		w.probs.at(e.ID(), "a list of records is always there; ask for size(record.%s)", clip(r.Name))
	default:
		w.use(Path{r.Name})
		return kind{many: r.Target, rooted: true, path: Path{r.Name}}
	}
	return kind{}
}

// element is what a loop variable over a list stands for.
func (k kind) element() kind {
	if k.many != "" {
		return kind{object: k.many, rooted: k.rooted, path: k.path}
	}
	return kind{typ: k.typ.Elem()}
}

// built is what a comprehension over a list gives: filter and map a list, the
// others a boolean.
func (w *rewriter) built(c celast.ComprehensionExpr, accu []kind) kind {
	if c.AccuInit().Kind() == celast.LiteralKind {
		return kind{typ: BoolType}
	}
	if len(accu) != 1 {
		return kind{}
	}
	if accu[0].object != "" {
		return kind{many: accu[0].object, rooted: accu[0].rooted, path: accu[0].path}
	}
	return kind{typ: listOf(numeric(accu[0].typ))}
}

// added are the kinds of what a loop step adds to its list: [x] of accu + [x].
func (w *rewriter) added(c celast.ComprehensionExpr) []kind {
	step := c.LoopStep()
	if step.Kind() == celast.CallKind && step.AsCall().FunctionName() == operators.Conditional {
		step = step.AsCall().Args()[1]
	}
	if step.Kind() != celast.CallKind || step.AsCall().FunctionName() != operators.Add {
		return nil
	}
	args := step.AsCall().Args()
	if len(args) != 2 || args[1].Kind() != celast.ListKind {
		return nil
	}
	var out []kind
	for _, e := range args[1].AsList().Elements() {
		out = append(out, w.known[e.ID()])
	}
	return out
}

// onlyPrefix begins the name of the select that only([…]) becomes.
const onlyPrefix = "only:"

// only turns only(["a", "b"]) into a select the provider answers.
func (w *rewriter) only(e celast.Expr, c celast.CallExpr) kind {
	const usage = `only() takes the names of fields, as in only(["stage", "owner"])`
	switch {
	case w.profile != Validate:
		w.probs.at(e.ID(), "only() can be used in validation rules only")
		return kind{}
	case len(c.Args()) != 1 || c.Args()[0].Kind() != celast.ListKind || c.Args()[0].AsList().Size() == 0:
		w.probs.at(e.ID(), usage)
		return kind{}
	}
	t, _ := w.engine.provider.record(w.object)
	var names []string
	for _, el := range c.Args()[0].AsList().Elements() {
		if el.Kind() != celast.LiteralKind {
			w.probs.at(el.ID(), usage)
			return kind{}
		}
		name, _ := el.AsLiteral().(types.String)
		if _, ok := t.object.Fields.Get(string(name)); !ok {
			w.probs.at(el.ID(), "the object %s has no field %q", w.object, clip(string(name))).
				Suggestion = closest(string(name), t.object.Fields.Names())
			return kind{}
		}
		names = append(names, string(name))
	}
	for name, f := range t.object.Fields.All() {
		if !f.Kept {
			w.use(Path{name})
		}
	}
	e.SetKindCase(w.fac.NewSelect(e.ID(), w.fac.NewIdent(w.newID(e), changedName), onlyPrefix+strings.Join(names, ",")))
	return kind{typ: BoolType}
}

// onlyChanged answers only([…]): no other field changed.
func (a *activation) onlyChanged(names string) (ref.Val, error) {
	allowed := strings.Split(names, ",")
	for name, f := range a.typ.object.Fields.All() {
		if f.Kept || slices.Contains(allowed, name) {
			continue
		}
		v, err := a.fieldChanged(name)
		if err != nil || v == ref.Val(types.True) {
			return types.False, err
		}
	}
	return types.True, nil
}
