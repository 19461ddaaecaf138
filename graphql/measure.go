package graphql

import (
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/trellishq/trellis"
)

// Check refuses, whatever the schema, what cannot be read, costs too much to
// validate or run, or does not go with the way it came.
func (p *Params) Check() *AnswerError {
	doc, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: p.Query}, MaxTokens)
	if err != nil {
		return textError(err)
	}
	if err := measure(doc); err != nil {
		return newError(err)
	}
	op, problem := choose(doc, p.OperationName)
	if problem != nil {
		return newError(problem)
	}
	if p.ReadOnly && op.Operation == ast.Mutation {
		return newError(errReadOnly())
	}
	return nil
}

func errReadOnly() *trellis.Error { return invalid("a mutation needs POST") }

// measure bounds a parsed text before validation, whose rules are quadratic in
// places. It counts fields with fragments expanded, each fragment once, so that
// fragments that double each other cost nothing here. A cycle of fragments
// counts as nothing; validation refuses it.
func measure(doc *ast.QueryDocument) *trellis.Error {
	if len(doc.Operations) > MaxOperations {
		return tooCostly("the document has more than %d operations", MaxOperations)
	}
	if len(doc.Fragments) > MaxFragments {
		return tooCostly("the document has more than %d fragments", MaxFragments)
	}
	m := &measurer{fragments: make(map[string]*fragmentSize, len(doc.Fragments))}
	for _, f := range doc.Fragments {
		if m.fragments[f.Name] == nil {
			m.fragments[f.Name] = &fragmentSize{def: f}
		}
	}
	total := 0
	for _, op := range doc.Operations {
		if len(op.VariableDefinitions) > MaxVariables {
			return tooCostly("an operation has more than %d variables", MaxVariables)
		}
		s := m.set(op.SelectionSet)
		if s.data > MaxDepth || s.intro > MaxIntroDepth {
			return tooCostly("the query is more than %d fields deep", MaxDepth)
		}
		total = min(total+s.fields, tooMany)
	}
	for _, f := range doc.Fragments {
		total = min(total+m.fragment(f.Name).fields, tooMany)
	}
	if total > MaxFields {
		return tooCostly("the query selects more than %d fields", MaxFields)
	}
	return nil
}

// tooMany is where counting stops.
const tooMany = 1 << 20

// size is what a selection set amounts to: all its fields, and how deep they
// nest, apart for data and for introspection.
type size struct{ fields, data, intro int }

type fragmentSize struct {
	def  *ast.FragmentDefinition
	open bool
	done *size
}

type measurer struct{ fragments map[string]*fragmentSize }

func (m *measurer) set(set ast.SelectionSet) size {
	var s size
	for _, sel := range set {
		// A fragment counts as one itself, so that empty ones are not free.
		switch sel := sel.(type) {
		case *ast.Field:
			in := m.set(sel.SelectionSet)
			if sel.Name == "__schema" || sel.Name == "__type" {
				in.intro, in.data = max(in.intro, in.data), 0
			}
			in.data++
			in.intro++
			s.add(in)
		case *ast.InlineFragment:
			s.add(m.set(sel.SelectionSet))
		case *ast.FragmentSpread:
			s.add(m.fragment(sel.Name))
		}
	}
	return s
}

func (s *size) add(in size) {
	s.fields = min(s.fields+in.fields+1, tooMany)
	s.data = max(s.data, in.data)
	s.intro = max(s.intro, in.intro)
}

func (m *measurer) fragment(name string) size {
	f := m.fragments[name]
	if f == nil || f.open {
		return size{}
	}
	if f.done == nil {
		f.open = true
		s := m.set(f.def.SelectionSet)
		f.open, f.done = false, &s
	}
	return *f.done
}
