package graphql

import (
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/trellishq/trellis/core/query"
)

// node is one field of an answer: all selections of one response key, merged.
type node struct {
	key      string
	bind     *binding
	field    *ast.Field
	parent   string // the type it stands in
	when     guard
	children []*node
	// dynamic nodes depend on variables, themselves or below.
	dynamic bool

	// What is below, compiled with the plan when nothing in it is dynamic.
	selection *compiledSelection
	list      *compiledList
	query     *query.Query
	// memo is of a root whose selection does not depend on variables.
	memo *query.Memo
	cost int
}

// guard is when a node is there: one of the lists of conditions holds. A nil
// guard always holds.
type guard [][]condition

// condition is @include or @skip with a variable.
type condition struct {
	variable string
	want     bool
}

// holds evaluates a guard. Variables have values: the directives' are Boolean!.
func (g guard) holds(vars map[string]any) bool {
	if g == nil {
		return true
	}
	return slices.ContainsFunc(g, func(all []condition) bool {
		return !slices.ContainsFunc(all, func(c condition) bool { return (vars[c.variable] == true) != c.want })
	})
}

// flattener expands fragments and merges fields. It relies on validation: no
// cycles, every name known; and on there being no interfaces or unions, so
// that two fields of one response key can differ in name and arguments alone.
type flattener struct {
	binds map[*ast.FieldDefinition]*binding
	count int
	roots []*node
}

func (f *flattener) operation(op *ast.OperationDefinition) ([]*node, *AnswerError) {
	var set nodeSet
	root := "Query"
	if op.Operation == ast.Mutation {
		root = "Mutation"
	}
	if err := f.into(&set, op.SelectionSet, nil, root); err != nil {
		return nil, err
	}
	for _, n := range set.list {
		n.markDynamic()
	}
	return set.nodes(), nil
}

// nodeSet is the nodes of one selection set, in the order of their first
// occurrence.
type nodeSet struct {
	list  []*building
	byKey map[string]*building
}

// building is a node with the set of its children.
type building struct {
	*node
	set nodeSet
}

func (s *nodeSet) find(key string) *building {
	if s.byKey != nil {
		return s.byKey[key]
	}
	for _, n := range s.list {
		if n.key == key {
			return n
		}
	}
	return nil
}

func (s *nodeSet) add(n *building) {
	s.list = append(s.list, n)
	if s.byKey == nil && len(s.list) > 16 {
		s.byKey = make(map[string]*building, 64)
		for _, n := range s.list {
			s.byKey[n.key] = n
		}
	}
	if s.byKey != nil {
		s.byKey[n.key] = n
	}
}

func (s *nodeSet) nodes() []*node {
	out := make([]*node, len(s.list))
	for i, n := range s.list {
		n.children = n.set.nodes()
		out[i] = n.node
	}
	return out
}

func (f *flattener) into(set *nodeSet, selections ast.SelectionSet, when []condition, parent string) *AnswerError {
	for _, sel := range selections {
		if f.count++; f.count > 4*MaxFields {
			return newError(tooCostly("the query selects more than %d fields", MaxFields))
		}
		var err *AnswerError
		switch sel := sel.(type) {
		case *ast.Field:
			if conds, there := directives(sel.Directives, when); there {
				err = f.field(set, sel, conds, parent)
			}
		case *ast.InlineFragment:
			if conds, there := directives(sel.Directives, when); there {
				err = f.into(set, sel.SelectionSet, conds, parent)
			}
		case *ast.FragmentSpread:
			if conds, there := directives(sel.Directives, when); there {
				err = f.into(set, sel.Definition.SelectionSet, conds, parent)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (f *flattener) field(set *nodeSet, field *ast.Field, when []condition, parent string) *AnswerError {
	n := set.find(field.Alias)
	switch {
	case n == nil:
		n = &building{node: &node{key: field.Alias, field: field, parent: parent, bind: f.binding(field)}}
		if len(when) > 0 {
			n.when = guard{when}
		}
		set.add(n)
	case n.field.Name != field.Name || !sameArguments(n.field.Arguments, field.Arguments):
		e := newError(invalid("The selections of %q differ: give one of them another alias.", clip(field.Alias, 100)))
		if field.Position != nil {
			e.Locations = []Location{{field.Position.Line, field.Position.Column}}
		}
		return e
	case len(when) == 0:
		n.when = nil
	case n.when != nil:
		n.when = append(n.when, when)
	}
	return f.into(&n.set, field.SelectionSet, when, field.Definition.Type.Name())
}

func (f *flattener) binding(field *ast.Field) *binding {
	if field.Name == "__typename" {
		return &binding{what: typeName}
	}
	return f.binds[field.Definition]
}

// directives evaluates @skip and @include as far as it can; there is false
// when they exclude the selection for good.
func directives(list ast.DirectiveList, when []condition) (conds []condition, there bool) {
	conds = when
	for _, d := range list {
		want := d.Name == "include"
		if !want && d.Name != "skip" {
			continue
		}
		v := d.Arguments.ForName("if").Value
		if v.Kind == ast.Variable {
			conds = append(slices.Clip(conds), condition{v.Raw, want})
		} else if (v.Raw == "true") != want {
			return nil, false
		}
	}
	return conds, true
}

func sameArguments(a, b ast.ArgumentList) bool {
	if len(a) != len(b) {
		return false
	}
	for _, x := range a {
		y := b.ForName(x.Name)
		if y == nil || x.Value.String() != y.Value.String() {
			return false
		}
	}
	return true
}

func (n *building) markDynamic() {
	n.dynamic = n.when != nil || slices.ContainsFunc(n.field.Arguments, func(a *ast.Argument) bool { return hasVariable(a.Value) })
	for _, c := range n.set.list {
		c.markDynamic()
		n.dynamic = n.dynamic || c.dynamic
	}
}

func hasVariable(v *ast.Value) bool {
	return v.Kind == ast.Variable || slices.ContainsFunc(v.Children, func(c *ast.ChildValue) bool { return hasVariable(c.Value) })
}

// clip bounds what an error quotes of the caller's text.
func clip(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
