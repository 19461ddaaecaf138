package query

import (
	"fmt"

	"github.com/trellishq/trellis/metadata/expr"
)

// The terms of formulas and roll-ups. None of them raises, whatever the values:
// what cannot be computed is NULL.

func (r *renderer) choose(t expr.Choose) error {
	r.text("(CASE WHEN ")
	if err := r.pred(t.When); err != nil {
		return err
	}
	r.text(" THEN ")
	if err := r.term(t.Then); err != nil {
		return err
	}
	if t.Otherwise != expr.Pred(expr.Never) {
		r.text(" WHEN ")
		if err := r.pred(t.Otherwise); err != nil {
			return err
		}
		r.text(" THEN ")
		if err := r.term(t.Else); err != nil {
			return err
		}
	}
	r.text(" END)")
	return nil
}

// through reads a term of the record a lookup refers to.
func (r *renderer) through(t expr.Through) error {
	from, err := r.scopeAt(t.Up)
	if err != nil {
		return err
	}
	f := from.object.Field(t.Lookup)
	if f == nil || !f.Kind.IsLookup() || f.Target != t.Target {
		return errNoField(from.object.Name, t.Lookup)
	}
	return r.related(t.Target, from.grant != nil, expr.Always, func() error { return r.term(t.Of) }, func(to scope) error {
		r.text(to.alias + `."id" = `)
		return r.column(from, f, "")
	})
}

// over aggregates the records of a to-many relation.
func (r *renderer) over(t expr.Over) error {
	from, err := r.scopeAt(t.Up)
	if err != nil {
		return err
	}
	rel := from.object.Relation(t.Relation)
	if rel == nil || rel.Object != t.Target {
		return errNoField(from.object.Name, t.Relation)
	}
	return r.related(t.Target, from.grant != nil, t.Where, func() error { return r.aggregate(t) }, func(to scope) error {
		return r.refers(to, rel.Field, rel.On, from.alias+`."id"`)
	})
}

// related writes (SELECT what FROM target WHERE join AND live AND grant AND
// where); what and where see the target as the innermost scope.
func (r *renderer) related(target string, woven bool, where expr.Pred, what func() error, join func(to scope) error) error {
	o, err := r.c.space.Object(target)
	if err != nil {
		return err
	}
	to := scope{alias: r.alias(), object: o}
	if woven {
		if to.grant, err = r.c.grant(target); err != nil {
			return err
		}
	}
	inside := func(write func() error) error {
		r.scopes = append(r.scopes, to)
		defer func() { r.scopes = r.scopes[:len(r.scopes)-1] }()
		return write()
	}
	r.text("(SELECT ")
	if err := inside(what); err != nil {
		return err
	}
	r.text(" FROM " + r.c.space.TableName(o) + " " + to.alias + " WHERE ")
	if err := join(to); err != nil {
		return err
	}
	r.text(" AND " + to.alias + `."deleted_at" IS NULL`)
	if woven {
		if err := r.andRows(to); err != nil {
			return err
		}
	}
	if where != nil && where != expr.Pred(expr.Always) {
		r.text(" AND ")
		if err := inside(func() error { return r.pred(where) }); err != nil {
			return err
		}
	}
	r.text(")")
	return nil
}

// aggregate writes the function of an Over, in the scope of its records.
func (r *renderer) aggregate(t expr.Over) error {
	if t.Fn == expr.Count {
		r.text("count(*)")
		return nil
	}
	of, err := r.capture(func() error { return r.term(t.Of) })
	if err != nil {
		return err
	}
	sum := "COALESCE(sum(" + of + "), 0)"
	whole := t.Of.Type() == expr.IntType || t.Of.Type() == expr.DurationType
	switch {
	case t.Fn == expr.Least || t.Fn == expr.Most:
		r.text(string(t.Fn) + "(" + of + ")")
	case t.Fn == expr.Mean && t.Of.Type() == expr.DurationType:
		r.text(wholeNumber("div(sum("+of+"), NULLIF(count("+of+"), 0))", t.Of.Type()))
	case t.Fn == expr.Mean:
		r.text(quotientOf("sum("+of+")::numeric", "NULLIF(count("+of+"), 0)::numeric"))
	case t.Fn == expr.Sum && whole:
		r.text(wholeNumber(sum, t.Of.Type()))
	case t.Fn == expr.Sum:
		r.text(sum)
	default:
		return fmt.Errorf("query: aggregate %q cannot be rendered", t.Fn)
	}
	return nil
}

// wholeNumber brings a numeric back to 64 bits, of which a duration uses what a
// thousandth of them holds; NULL beyond.
func wholeNumber(sql string, of expr.Type) string {
	bounds := "-9223372036854775808 AND 9223372036854775807"
	if of == expr.DurationType {
		bounds = "-9223372036854775 AND 9223372036854775"
	}
	return "CASE WHEN " + sql + " BETWEEN " + bounds + " THEN (" + sql + ")::int8 END"
}

// quotientOf divides two numerics as expr does: floor((2·|l|·10^20 + |r|) /
// (2·|r|)), with the sign put back, which is rounded half up once and exactly. r
// must be NULL where it is zero.
func quotientOf(l, r string) string {
	return "(sign(" + l + ") * sign(" + r + ") * div(abs(" + l + ") * 200000000000000000000 + abs(" + r + "), abs(" + r + ") * 2) * 0.00000000000000000001)"
}

// quotient names the operands, so that each is written once.
func (r *renderer) quotient(t expr.Arith) error {
	v := r.alias()
	r.text("(SELECT " + quotientOf(v+".l", v+".r") + " FROM (SELECT ")
	if err := r.term(t.L); err != nil {
		return err
	}
	r.text("::numeric AS l, NULLIF(")
	if err := r.term(t.R); err != nil {
		return err
	}
	r.text("::numeric, 0) AS r) " + v + ")")
	return nil
}
