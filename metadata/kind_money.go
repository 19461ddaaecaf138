package metadata

import (
	"slices"
	"strings"

	"github.com/trellishq/trellis/metadata/expr"
)

var currencySpec = spec{
	of: expr.MoneyType,
	columns: []layout{
		{part: expr.AmountPart, of: expr.DecimalType, storage: StoredNumeric},
		{suffix: "_code", part: expr.CurrencyPart, of: expr.TextType, storage: StoredText},
	},
	settings: setDigits | setDefault | setRange,
	can:      canSort | canIndex | canTitle,
	coerce:   func(f *Field, v any) (any, error) { return f.within(f.coerceMoney(v)) },
	complete: completeDigits, check: checkDigits,
}

// isCurrency says that a text is a code of three capital letters.
func isCurrency(s string) bool {
	return len(s) == 3 && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}

func (f *Field) coerceMoney(v any) (any, error) {
	var amount, code any
	switch v := v.(type) {
	case expr.Money:
		amount, code = v.Amount, v.Currency
	case map[string]any:
		if err := onlyParts(expr.MoneyType, v); err != nil {
			return nil, err
		}
		amount, code = v["amount"], v["currency"]
	case string: // "9.95 EUR", as in CSV
		a, c, ok := strings.Cut(strings.TrimSpace(v), " ")
		if !ok {
			return nil, invalid("needs an amount and a currency, like \"9.95 EUR\"")
		}
		amount, code = a, strings.TrimSpace(c)
	default:
		return nil, invalid("needs an amount and a currency")
	}
	if amount == nil && code == nil {
		return nil, nil
	}
	c, _ := code.(string)
	if amount == nil || !isCurrency(c) {
		return nil, invalid("needs an amount and a currency code of three capital letters")
	}
	d, err := toDecimal(amount)
	if err == nil {
		d, err = f.fit(d)
	}
	if err != nil {
		return nil, err
	}
	return expr.Money{Amount: d, Currency: c}, nil
}

// onlyParts refuses a part that values of the type do not have.
func onlyParts(t expr.Type, given map[string]any) error {
	for k := range given {
		if !slices.ContainsFunc(t.Parts(), func(p expr.PartOf) bool { return p.Name == k }) {
			return invalid("has no part %q: give %s", short(k), listed(partNames(t)))
		}
	}
	return nil
}
