package graphql

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/expr"
)

// operators compiles the operators on one field.
func (f *filterer) operators(o *objectSight, field *metadata.Field, given map[string]any, not bool) (expr.Pred, *trellis.Error) {
	if compositeOf(field) != nil {
		return f.composite(field, given, not)
	}
	return f.column(expr.Column{Field: field.Name, Of: field.Type(), Nullable: !field.NotNull()}, given, not)
}

// column compiles the operators on one column.
func (f *filterer) column(col expr.Column, given map[string]any, not bool) (expr.Pred, *trellis.Error) {
	var all []expr.Pred
	for _, op := range sortedKeys(given) {
		if f.count++; f.count > MaxConditions {
			return nil, tooManyConditions()
		}
		var p expr.Pred
		var err *trellis.Error
		if _, ok := listOperators[op]; ok {
			p, err = f.holding(col, op, given[op], not)
		} else {
			p, err = leafOf(col, op, given[op], not)
		}
		if err != nil {
			return nil, err.At(op)
		}
		if p != nil {
			all = append(all, p)
		}
	}
	return join(all, not), nil
}

// leafOf is one comparison, or its complement: where the comparison is not
// true, be it false or without an answer because the value is empty.
func leafOf(col expr.Column, op string, v any, not bool) (expr.Pred, *trellis.Error) {
	switch op {
	case "isNull":
		if v == nil {
			return nil, nil
		}
		return expr.Null{Term: col, Not: (v == true) == not}, nil
	case "eq", "ne":
		not = not != (op == "ne")
		if v == nil {
			return expr.Null{Term: col, Not: not}, nil
		}
		return equal(col, v, not)
	case "in", "notIn":
		not = not != (op == "notIn")
		if v == nil {
			return nil, invalid("must not be null")
		}
		return oneOf(col, as[[]any](v), not)
	}
	if v == nil {
		return nil, invalid("must not be null")
	}
	lit, err := literalOf(col.Of, v)
	if err != nil {
		return nil, err
	}
	if c, ok := comparisons[op]; ok {
		if not {
			return orNull(col, expr.Compare{Op: c.opposite, L: col, R: lit}), nil
		}
		return expr.Compare{Op: c.op, L: col, R: lit}, nil
	}
	m := matches[op]
	m.Term, m.Pattern, m.Not = col, lit, not
	if not {
		return orNull(col, m), nil
	}
	return m, nil
}

var comparisons = map[string]struct{ op, opposite expr.Op }{
	"lt": {expr.Lt, expr.Ge}, "lte": {expr.Le, expr.Gt}, "gt": {expr.Gt, expr.Le}, "gte": {expr.Ge, expr.Lt},
}

var matches = map[string]expr.Match{
	"startsWith": {Kind: expr.Prefix}, "endsWith": {Kind: expr.Suffix}, "contains": {Kind: expr.Substring},
	"iStartsWith": {Kind: expr.Prefix, FoldCase: true}, "iEndsWith": {Kind: expr.Suffix, FoldCase: true},
	"iContains": {Kind: expr.Substring, FoldCase: true},
}

func orNull(col expr.Column, p expr.Pred) expr.Pred {
	if !col.Nullable {
		return p
	}
	return expr.Or{p, expr.Null{Term: col}}
}

// equal relies on Eq being true and Ne being its complement for empty values
// too, as expr.Compare says.
func equal(col expr.Column, v any, not bool) (expr.Pred, *trellis.Error) {
	if b, ok := v.(bool); ok {
		p := expr.Truth{Term: col, Not: !b != not}
		if not {
			return orNull(col, p), nil
		}
		return p, nil
	}
	lit, err := literalOf(col.Of, v)
	if err != nil {
		return nil, err
	}
	op := expr.Eq
	if not {
		op = expr.Ne
	}
	return expr.Compare{Op: op, L: col, R: lit}, nil
}

func oneOf(col expr.Column, list []any, not bool) (expr.Pred, *trellis.Error) {
	if len(list) > MaxInList {
		return nil, tooCostly("the list has more than %d values", MaxInList)
	}
	if len(list) == 0 {
		return expr.Const(not), nil
	}
	in := expr.In{Term: col, Not: not}
	for i, v := range list {
		lit, err := literalOf(col.Of, v)
		if err != nil {
			return nil, err.At(i)
		}
		in.List = append(in.List, lit)
	}
	return in, nil
}

// literalOf reads a value to compare with. It is not bound by the field's
// length or digits: a value that cannot occur equals nothing.
func literalOf(t expr.Type, v any) (expr.Literal, *trellis.Error) {
	out := expr.Literal{Of: t}
	text, _ := v.(string)
	var err error
	switch t {
	case expr.DecimalType:
		if n, ok := v.(json.Number); ok {
			text = string(n)
		}
		out.Value, err = expr.ParseDecimal(strings.TrimSpace(text))
	case expr.DateType:
		out.Value, err = expr.ParseDate(text)
	case expr.TimestampType:
		var at time.Time
		at, err = time.Parse(time.RFC3339Nano, text)
		at = at.UTC().Truncate(time.Microsecond)
		if err != nil || at.Year() < 1 || at.Year() > 9999 {
			return out, invalid("must be a date and time like 2026-01-31T09:30:00Z")
		}
		out.Value = at
	case expr.TimeOfDayType, expr.DurationType:
		out.Value, err = kindLiteral(t, text)
	case expr.IDType:
		id, problem := parseID(v)
		return expr.Literal{Of: t, Value: id}, problem
	default:
		out.Value = v
	}
	if err != nil {
		return out, trellis.Public(err)[0]
	}
	return out, nil
}
