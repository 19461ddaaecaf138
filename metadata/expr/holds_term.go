package expr

import "slices"

// ValueOf evaluates a folded term by the meaning written at each node, and not by
// CEL: what SQL gives for the record that is last of scopes. Nil stands for SQL's
// NULL. Records must be [ManyRecord] where the term has Over.
func ValueOf(t Term, scopes []Record) any {
	switch t := t.(type) {
	case Choose:
		switch {
		case holds(t.When, scopes):
			return ValueOf(t.Then, scopes)
		case holds(t.Otherwise, scopes):
			return ValueOf(t.Else, scopes)
		}
		return nil
	case Through:
		from := len(scopes) - 1 - t.Up
		if from < 0 || scopes[from] == nil {
			return nil
		}
		to := scopes[from].Hop(t.Lookup)
		if to == nil {
			return nil
		}
		return ValueOf(t.Of, append(slices.Clip(scopes), to))
	case Over:
		return overValue(t, scopes)
	}
	v, ok := value(t, scopes)
	if !ok {
		return nil
	}
	return v
}

// callMany evaluates a function of the table scalarFuncs, or orElse.
func callMany(c Call, scopes []Record) (any, bool) {
	args := make([]any, 0, 4)
	for _, a := range append([]Term{c.Arg}, c.More...) {
		v := ValueOf(a, scopes)
		if c.Fn == OrElse && v != nil {
			return v, true
		}
		args = append(args, v)
	}
	f := scalarByFn[c.Fn]
	if f == nil || slices.Contains(args, nil) {
		return nil, false
	}
	return f.eval(args)
}

func overValue(o Over, scopes []Record) any {
	from := len(scopes) - 1 - o.Up
	if from < 0 {
		return nil
	}
	parent, ok := scopes[from].(ManyRecord)
	if !ok {
		return nil
	}
	all, ok := parent.Many(o.Relation)
	if !ok {
		return nil
	}
	n, values := int64(0), []any(nil)
	for _, child := range all {
		inner := append(slices.Clip(scopes), child)
		if !holds(o.Where, inner) {
			continue
		}
		n++
		if o.Of != nil {
			if v := ValueOf(o.Of, inner); v != nil {
				values = append(values, v)
			}
		}
	}
	if o.Fn == Count {
		return n
	}
	return Aggregated(o.Fn, o.Of.Type(), values)
}
