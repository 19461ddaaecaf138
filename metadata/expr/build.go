package expr

// AllOf holds when all of the conditions do; of none it is Always. The tree is
// folded.
func AllOf(ps ...Pred) Pred { return Fold(And(ps)) }

// AnyOf holds when one of the conditions does; of none it is Never. The tree is
// folded.
func AnyOf(ps ...Pred) Pred { return Fold(Or(ps)) }

// Negate gives the condition that a user's filter means by not: every leaf
// turned round. A leaf that fails on null, such as an ordering, fails turned
// round too, so neither selects the record; through a relation, not means that
// no such record is there. For a rule use Rule.Negation instead, which knows
// where the rule fails.
func Negate(p Pred) Pred {
	switch p := p.(type) {
	case Const:
		return !p
	case And:
		return Or(negateAll(p))
	case Or:
		return And(negateAll(p))
	case Compare:
		p.Op = opposite(p.Op)
		return p
	case Null:
		p.Not = !p.Not
		return p
	case Truth:
		p.Not = !p.Not
		return p
	case In:
		p.Not = !p.Not
		return p
	case Contains:
		p.Not = !p.Not
		return p
	case Match:
		p.Not = !p.Not
		return p
	case Hop:
		p.Not = !p.Not
		return p
	case Some:
		p.Not = !p.Not
		return p
	case Each:
		p.All, p.Body = !p.All, Negate(p.Body)
		return p
	}
	return Never
}

func negateAll(ps []Pred) []Pred {
	out := make([]Pred, len(ps))
	for i, p := range ps {
		out[i] = Negate(p)
	}
	return out
}

// opposite is the comparison that is true where op is false.
func opposite(op Op) Op {
	switch op {
	case Eq:
		return Ne
	case Ne:
		return Eq
	case Lt:
		return Ge
	case Le:
		return Gt
	case Gt:
		return Le
	}
	return Lt
}
