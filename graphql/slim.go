package graphql

import (
	"github.com/vektah/gqlparser/v2/ast"
)

// slim lets go of what validation noted in the text and running does not need:
// it would hold whole types, of objects that nobody may ask for again, as long
// as the plan.
func (p *plan) slim() {
	for _, v := range p.op.VariableDefinitions {
		v.Definition, v.Position = nil, nil
		slimValue(v.DefaultValue)
	}
	p.op.SelectionSet, p.op.Position = nil, nil
	slimNodes(p.roots)
	if p.op.Operation == ast.Query && len(p.op.VariableDefinitions) == 0 {
		p.inputs = nil // all literals have been read
	}
}

func slimNodes(nodes []*node) {
	for _, n := range nodes {
		if n.query != nil { // all that there is to know of it
			n.field, n.children, n.selection, n.list = nil, nil, nil, nil
			continue
		}
		n.field.SelectionSet, n.field.ObjectDefinition, n.field.Position = nil, nil, nil
		for _, a := range n.field.Arguments {
			a.Position = nil
			slimValue(a.Value)
		}
		n.field.Directives = nil // guards have them
		slimNodes(n.children)
	}
}

func slimValue(v *ast.Value) {
	if v == nil {
		return
	}
	v.Definition, v.VariableDefinition, v.ExpectedType, v.Position = nil, nil, nil, nil
	for _, child := range v.Children {
		child.Position = nil
		slimValue(child.Value)
	}
}
