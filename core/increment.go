package core

import (
	"maps"
	"slices"
	"time"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/expr"
)

// Increment stands in Op.Values for a change of a number by so much: of an
// integer, decimal, percent, currency (with its code) or duration, By in any
// form that the field takes. It is exact however many change the record at the
// same time, and rules judge what comes out. Null counts as 0.
type Increment struct{ By any }

// increment reads an Increment of a field.
func increment(f *metadata.Field, inc Increment) (any, *trellis.Error) {
	by := *f
	by.Min, by.Max = "", ""
	v, err := by.Coerce(inc.By)
	if err != nil {
		return nil, public(err)
	}
	switch v.(type) {
	case int64, *expr.Decimal, expr.Money, time.Duration:
		return v, nil
	}
	return nil, trellis.Errorf(trellis.CodeInvalidInput, "only a number can be changed by a number")
}

// increase applies the row's relative changes to what is stored.
func (w *row) increase() *trellis.Error {
	for _, name := range slices.Sorted(maps.Keys(w.adds)) {
		f := w.object.Field(name)
		v, err := plus(f, w.before(name), w.adds[name])
		if err == nil {
			v, err = f.Coerce(v)
		}
		if err != nil {
			return public(err).At(w.at(name)...)
		}
		w.set(f, v)
	}
	return nil
}

func plus(f *metadata.Field, to, by any) (any, error) {
	if to == nil {
		return by, nil
	}
	switch by := by.(type) {
	case int64:
		return to.(int64) + by, nil // both are within 2^53
	case time.Duration:
		return to.(time.Duration) + by, nil
	case *expr.Decimal:
		return expr.AddDecimals(to.(*expr.Decimal), by), nil
	case expr.Money:
		was := to.(expr.Money)
		if was.Currency != by.Currency {
			return nil, trellis.Errorf(trellis.CodeInvalidInput, "%s is in another currency", f.Label.In("en", f.Name))
		}
		return expr.Money{Amount: expr.AddDecimals(was.Amount, by.Amount), Currency: by.Currency}, nil
	}
	return nil, trellis.Errorf(trellis.CodeInvalidInput, "only a number can be changed by a number")
}
