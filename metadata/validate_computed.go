package metadata

import (
	"slices"
	"strings"

	"github.com/trellishq/trellis/metadata/expr"
)

const (
	maxComputeDepth = 10    // computed fields that read one another
	maxComputeSize  = 2_000 // columns that one value read at read stands on, each as often as it is written
)

// results are the kinds that a formula may have.
var formulaResults = []Kind{KindText, KindInteger, KindDecimal, KindPercent, KindBoolean, KindDate, KindDateTime, KindTime, KindDuration, KindCurrency}

// computedField checks what a formula or roll-up says by itself.
func (v *validator) computedField(o *Object, f *Field, at []any) {
	if !isComputed(f) {
		return
	}
	if f.Required {
		v.problem(f, "required", at, "a field of the kind %s is computed and cannot be required", f.Kind)
	}
	for _, s := range []struct {
		key string
		on  bool
	}{{"unique", f.Unique}, {"indexed", f.Indexed}, {"searchable", f.Searchable}} {
		if s.on && f.Computed != Stored {
			v.problem(f, s.key, at, "%s is computed when it is read, since it depends on the moment or on other records, and has no column for %s", f.Name, s.key)
		}
	}
	if f.Min != "" || f.Max != "" {
		v.problem(f, "min", at, "a field of the kind %s has no bounds: say them in a validation rule", f.Kind)
	}
	if f.Kind == KindRollUp {
		v.rollUp(o, f, at)
		return
	}
	switch {
	case f.Result == "":
		v.problem(f, "result", at, "a result is missing: the kind of the formula's value, one of %s", oneOf(formulaResults))
		return
	case !slices.Contains(formulaResults, f.Result) || !isKind(f.Result):
		v.problem(f, "result", at, "a formula gives one of %s, not %q", oneOf(formulaResults), short(string(f.Result)))
		return
	}
	if check := specOf(f.Result).check; check != nil {
		check(v, f, at)
	}
	v.ruleTextAt(f, "formula", at, f.Formula, true)
}

func (v *validator) rollUp(o *Object, f *Field, at []any) {
	r := f.RollUp
	if r == nil {
		v.problem(f, "rollUp", at, "rollUp is missing: the relation, the function and the field to compute over")
		return
	}
	at = append(slices.Clone(at), "rollUp")
	functions := []expr.Aggregate{expr.Count, expr.Sum, expr.Least, expr.Most, expr.Mean}
	if !slices.Contains(functions, r.Function) {
		v.problem(f, "function", at, "there is no function %q: it is one of %s", short(string(r.Function)), oneOf(functions))
		return
	}
	rel := v.now.relation(o.Name, r.Relation)
	if rel == nil {
		var names []string
		for _, p := range v.now.pointersTo(o.Name) {
			if p.field.Kind != KindManyToMany && p.field.Inverse != "" {
				names = append(names, p.field.Inverse)
			}
		}
		v.problem(f, "relation", at, "%s has no list %q: it is the inverse of a lookup to %s%s", o.Name, short(r.Relation), o.Name, didYouMean(r.Relation, names))
		return
	}
	if r.Where != "" {
		v.ruleTextAt(f, "where", at, r.Where, false)
	}
	child := rel.object
	switch of := fieldOf(child, r.Field); {
	case r.Function == expr.Count && r.Field != "":
		v.problem(f, "field", at, "count takes no field: it counts records")
	case r.Function == expr.Count:
	case r.Field == "":
		v.problem(f, "field", at, "a field is missing: the field of %s to compute over", child.Name)
	case of == nil:
		v.problem(f, "field", at, "%s has no field %q%s", child.Name, short(r.Field), didYouMean(r.Field, fieldNames(child.Fields)))
	case !r.takes(of):
		v.problem(f, "field", at, "there is no %s of %s, a field of the kind %s", r.Function, of.Name, of.ValueKind())
	}
}

// takes says whether the function can be computed over a field.
func (r *RollUp) takes(f *Field) bool {
	switch f.Type() {
	case expr.IntType, expr.DecimalType, expr.MoneyType, expr.DurationType:
		return true
	case expr.DateType, expr.TimestampType, expr.TimeOfDayType:
		return r.Function == expr.Least || r.Function == expr.Most
	}
	return false
}

// computes is the graph of the definition's computed fields.
func (v *validator) computes() *computeGraph {
	if v.graph == nil {
		v.graph = newComputeGraph(v.now)
	}
	return v.graph
}

// computed compiles the computed fields and defaults of an object and looks for
// those that read themselves.
func (v *validator) computed(o *Object) {
	for _, f := range o.Fields {
		at := []any{"objects", o.Name, "fields", f.Name}
		if f.DefaultRule != "" {
			if _, err := v.computes().engine.CompileValue(o.Name, f.DefaultRule, expr.Default, f.Type()); err != nil {
				v.compileProblems(f, "defaultRule", at, err)
			}
		}
		if !isComputed(f) {
			continue
		}
		n := v.computes().node(o, f)
		key, where := "formula", at
		if f.Kind == KindRollUp {
			key, where = "where", append(slices.Clone(at), "rollUp")
		}
		switch {
		case n.err != nil:
			v.compileProblems(f, key, where, n.err)
			continue
		case n.where != nil && n.where.User():
			v.problem(f, key, where, "a roll-up is the same for everybody: its condition cannot read the user")
			continue
		}
		v.circle(n, at)
	}
}

// circle follows what a computed field reads. A circle is told once, at the first
// of its fields.
func (v *validator) circle(n *computeNode, at []any) {
	way := []*computeNode{n}
	longest := 0
	var walk func(m *computeNode) bool
	done := map[*computeNode]int{} // fields below, this one among them
	walk = func(m *computeNode) bool {
		deepest := 0
		for _, r := range v.computes().reads(m) {
			if !isComputed(r.field) {
				continue
			}
			next := v.computes().node(r.object, r.field)
			if next == n {
				if !slices.ContainsFunc(way, func(m *computeNode) bool { return m.told }) {
					v.problem(n.field, "", at, "the field reads itself: %s", wayOf(append(way, n)))
				}
				for _, m := range way {
					m.told = true
				}
				return false
			}
			if slices.Contains(way, next) {
				continue // a circle of others
			}
			if _, ok := done[next]; !ok {
				way = append(way, next)
				if !walk(next) {
					return false
				}
				way = way[:len(way)-1]
			}
			deepest = max(deepest, done[next])
		}
		done[m] = deepest + 1
		longest = max(longest, done[m])
		return true
	}
	if !walk(n) {
		return
	}
	if longest > maxComputeDepth {
		v.problem(n.field, "", at, "the field stands on %d computed fields that read one another; there are %d at most", longest, maxComputeDepth)
	} else if size := v.computes().size(n, 0); size > maxComputeSize {
		v.problem(n.field, "", at, "computed when it is read, the field stands on %d others in all; there are %d at most", size, maxComputeSize)
	}
}

func (n *computeNode) name() string { return n.object.Name + "." + n.field.Name }

// wayOf is "a → b → a", with the objects' names when there are several.
func wayOf(way []*computeNode) string {
	several := slices.ContainsFunc(way, func(n *computeNode) bool { return n.object != way[0].object })
	names := make([]string, len(way))
	for i, n := range way {
		if names[i] = n.field.Name; several {
			names[i] = n.name()
		}
	}
	return strings.Join(names, " → ")
}

// size counts the columns that a field which is computed at read stands on, each
// as often as it is written; at most a little over the limit.
func (g *computeGraph) size(n *computeNode, depth int) int {
	if depth > maxComputeDepth {
		return maxComputeSize + 1
	}
	total := 0
	count := func(object string, c expr.Column) {
		total++
		o := g.find.object(object)
		if o == nil || total > maxComputeSize {
			return
		}
		if f := fieldOf(o, c.Field); f != nil && isComputed(f) && f.AtRead() {
			total += g.size(g.node(o, f), depth+1)
		}
	}
	if n.rule != nil {
		if t, err := n.rule.Term(expr.Vars{}); err == nil {
			expr.EachColumn(t, n.object.Name, count)
		}
	}
	if n.child != nil && n.field.RollUp.Field != "" {
		count(n.child.Name, expr.Column{Field: n.field.RollUp.Field})
	}
	if n.where != nil {
		if p, err := n.where.Predicate(expr.Vars{}); err == nil {
			expr.EachColumnOf(p, n.child.Name, count)
		}
	}
	return total
}
