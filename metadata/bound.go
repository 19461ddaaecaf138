package metadata

import "github.com/trellishq/trellis/metadata/expr"

// bound reads Min or Max: a number that the field itself can hold. A bound that
// no value can reach would promise what the column refuses.
func (f *Field) bound(text string) (*expr.Decimal, error) {
	d, err := toDecimal(text)
	if err != nil {
		return nil, err
	}
	if f.Kind == KindInteger {
		_, err = coerceInteger(text)
		return d, err
	}
	if f.Precision < 1 || f.Scale < 0 || f.Scale > f.Precision { // said of the digits
		return d, nil
	}
	_, err = f.fit(d)
	return d, err
}
