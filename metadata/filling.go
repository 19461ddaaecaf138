package metadata

import (
	"reflect"
	"slices"
)

// former is a field as it was, and whether there may be records of its object;
// back says that they were hidden, and not written while others were.
func (s *settler) former(o *Object, f *Field) (was *Field, records, back bool) {
	var old *Object
	if o.Table != "" {
		old = s.was.table(o.Table)
	}
	if old == nil {
		old = s.was.object(o.Name)
	}
	if old == nil && o.Table != "" {
		old = s.hidden[o.Table]
		back = old != nil
	}
	if old == nil {
		return nil, false, false
	}
	for _, x := range old.Fields {
		if f.Column != "" && x.Column == f.Column || f.Column == "" && x.Name == f.Name {
			return x, true, back
		}
	}
	return nil, true, back
}

// filling says that the column of a stored field does not hold, in every record,
// what the field is now: it is new, or computed otherwise than it was, or from
// something of that sort or whose values are converted; or it was hidden while
// children changed. The catalogue clears the mark when it has filled it.
func (s *settler) filling(n *computeNode) bool {
	was, records, back := s.former(n.object, n.field)
	switch {
	case !records:
		return false
	case was == nil, was.Filling, was.Computed != Stored, back && n.field.RollUp != nil, !sameComputation(was, n.field):
		return true
	case n.walking:
		return false
	}
	n.walking = true
	defer func() { n.walking = false }()
	return slices.ContainsFunc(s.graph.reads(n), func(r fieldRef) bool {
		if isComputed(r.field) {
			return s.filling(s.graph.node(r.object, r.field))
		}
		return s.converted(r)
	})
}

// converted says that values of a field that somebody writes are others than
// they were.
func (s *settler) converted(r fieldRef) bool {
	if r.field.system {
		return false
	}
	was, records, _ := s.former(r.object, r.field)
	switch {
	case !records:
		return false
	case was == nil, was.Type() != r.field.Type():
		return true
	}
	c := Convert(was, r.field)
	return c.Way != InPlace && (c.Loses != "" || was.Kind != r.field.Kind)
}

func sameComputation(a, b *Field) bool {
	return a.Kind == b.Kind && a.Formula == b.Formula && a.Result == b.Result && a.Precision == b.Precision && a.Scale == b.Scale &&
		a.MaxLength == b.MaxLength && reflect.DeepEqual(a.RollUp, b.RollUp)
}
