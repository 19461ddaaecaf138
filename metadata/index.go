package metadata

import (
	"errors"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/metadata/expr"
)

// ExprSchema shows a definition to expressions, at the cost of what it does not
// share with the one it was made from; nil for none. The definition must not
// change while it is used.
func ExprSchema(def, current *Definition) expr.Schema { return find(def, current) }

// Condition is Where as a predicate: over columns of the record itself and
// constants, so that it never changes its mind. It is nil without a Where. The
// errors are sentences for whoever wrote it.
func (x *Index) Condition(e *expr.Engine, o *Object) (expr.Pred, error) {
	if x.Where == "" {
		return nil, nil
	}
	rule, err := e.Compile(o.Name, x.Where, expr.Row)
	if err != nil {
		return nil, err
	}
	if rule.Moment() {
		return nil, errIndexMoment
	}
	p, err := rule.Predicate(expr.Vars{})
	if err != nil {
		return nil, err
	}
	if !fixedPred(p, o) {
		return nil, errIndexOther
	}
	return p, nil
}

var (
	errIndexMoment = trellis.Errorf(trellis.CodeValidationFailed, "the condition of an index is about the record alone: it cannot ask for user, now or today")
	errIndexOther  = trellis.Errorf(trellis.CodeValidationFailed, "the condition of an index compares the record's own stored fields with constants, and nothing else")
)

// fixedPred says that a predicate is one that an index can have.
func fixedPred(p expr.Pred, o *Object) bool {
	all := func(list []expr.Pred) bool {
		for _, q := range list {
			if !fixedPred(q, o) {
				return false
			}
		}
		return true
	}
	switch p := p.(type) {
	case expr.And:
		return all(p)
	case expr.Or:
		return all(p)
	case expr.Compare:
		return fixedTerm(p.L, o) && fixedTerm(p.R, o)
	case expr.Null:
		return fixedTerm(p.Term, o)
	case expr.Truth:
		return fixedTerm(p.Term, o)
	case expr.In:
		for _, t := range p.List {
			if !fixedTerm(t, o) {
				return false
			}
		}
		return p.Of == nil && fixedTerm(p.Term, o)
	}
	return false
}

func fixedTerm(t expr.Term, o *Object) bool {
	switch t := t.(type) {
	case expr.Literal:
		return true
	case expr.Column:
		f := ownOrSystem(o, t.Field)
		return t.Up == 0 && f != nil && f.Width() > 0 && f.Computed == "" && f.Name != "deletedAt"
	}
	return false
}

// conditions compiles what indexes ask for.
func (v *validator) conditions(engine *expr.Engine, o *Object) {
	for i, x := range o.Indexes {
		_, err := x.Condition(engine, o)
		var many trellis.Errors
		if err != nil && !errors.As(err, &many) {
			many = trellis.Public(err)
		}
		for _, e := range many {
			v.problem(x, "where", []any{"objects", o.Name, "indexes", i}, "%s", e.Message)
		}
	}
}

// rangeTypes are the kinds that ranges are of, with their type in PostgreSQL.
var rangeTypes = map[Kind]string{
	KindInteger: "int8range", KindDecimal: "numrange", KindPercent: "numrange", KindDate: "daterange", KindDateTime: "tstzrange",
}

// Type is PostgreSQL's type of the range, "" when the fields make none.
func (r *IndexRange) Type(o *Object) string {
	from, to := ownOrSystem(o, r.From), ownOrSystem(o, r.To)
	if from == nil || to == nil || from.Kind != to.Kind {
		return ""
	}
	return rangeTypes[from.Kind]
}

// indexRange checks a range and what stands beside it.
func (v *validator) indexRange(o *Object, x *Index, at []any) {
	if x.Range == nil {
		return
	}
	if !x.Unique {
		v.problem(x, "range", at, "a range belongs to an index that is unique: it refuses ranges that overlap")
	}
	for _, name := range []string{x.Range.From, x.Range.To} {
		f := ownOrSystem(o, name)
		switch {
		case f == nil:
			v.problem(x, "range", at, "there is no field %q%s", short(name), didYouMean(name, fieldNames(o.Fields)))
		case rangeTypes[f.Kind] == "" || f.Computed != "":
			v.problem(x, "range", at, "a range is between two integers, decimals, percents, dates or date-times, %s is of the kind %s", f.Name, f.Kind)
		}
	}
	if from, to := ownOrSystem(o, x.Range.From), ownOrSystem(o, x.Range.To); from != nil && to != nil && from.Kind != to.Kind {
		v.problem(x, "range", at, "both ends of a range are of one kind, not %s and %s", from.Kind, to.Kind)
	}
	for _, name := range x.Fields {
		if f := ownOrSystem(o, name); f != nil && (f.Width() != 1 || f.Kind == KindMultiSelect || f.Kind == KindJSON) {
			v.problem(x, "fields", at, "a field of the kind %s cannot stand beside a range", f.Kind)
		}
	}
}
