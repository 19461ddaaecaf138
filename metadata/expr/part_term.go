package expr

// Compose is a value of two parts, an amount and its currency; it is null where
// one of them is. It occurs in the terms of formulas alone, which are asked for
// by part: PartTerm leaves none.
type Compose struct{ Amount, Code Term }

// Type implements Term.
func (Compose) Type() Type { return MoneyType }

func (Compose) isTerm() {}

// PartTerm is the term of a part of a composite value; for Whole, and of a value
// that has no parts, the term itself.
func PartTerm(t Term, p Part) Term {
	if len(t.Type().Parts()) == 0 {
		return t
	}
	switch t := t.(type) {
	case Choose:
		t.Then, t.Else = PartTerm(t.Then, p), PartTerm(t.Else, p)
		return t
	case Through:
		t.Of = PartTerm(t.Of, p)
		return t
	case Literal:
		d, _ := t.Of.describe(p)
		return Literal{Of: d.Type, Value: PartValue(t.Value, p)}
	case Compose:
		out := t.Amount
		if p == CurrencyPart {
			out = t.Code
		}
		both := And{Null{Term: t.Amount, Not: true}, Null{Term: t.Code, Not: true}}
		return Choose{When: both, Otherwise: Never, Then: out, Else: out}
	case Call: // orElse
		t.Arg = PartTerm(t.Arg, p)
		more := make([]Term, len(t.More))
		for i, a := range t.More {
			more[i] = PartTerm(a, p)
		}
		t.More = more
		return t
	case Column:
		if d, ok := t.Of.describe(p); ok {
			t.Part, t.Of = p, d.Type
		}
		return t
	}
	return t
}
