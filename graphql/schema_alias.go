package graphql

import (
	"slices"
	"time"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/trellishq/trellis/metadata"
)

// Former names answer until their date. Those of fields are deprecated copies
// of their definitions in the object's types. Those of objects are put right in
// the text before it is read: root fields keep the old name as their key in the
// answer, types that a text names are the ones of today. The day is that on
// which the types were made, so a name may live on for as long as they are
// remembered, never shorter than promised.

func today() string { return time.Now().UTC().Format(time.DateOnly) }

// deprecation is why a field should not be used any more, "" for none.
func deprecation(f *ast.FieldDefinition) string {
	if d := f.Directives.ForName("deprecated"); d != nil {
		if a := d.Arguments.ForName("reason"); a != nil {
			return a.Value.Raw
		}
	}
	return ""
}

func deprecated(reason string) ast.DirectiveList {
	return ast.DirectiveList{{Name: "deprecated", Arguments: ast.ArgumentList{{
		Name: "reason", Value: &ast.Value{Kind: ast.StringValue, Raw: reason},
	}}}}
}

// aliased are the types in which the fields of an object stand by their names.
func (n *objectNames) aliased() []string {
	return []string{n.typ, n.filter, n.lookupFilter, n.order, n.input, n.patch, n.key}
}

// formerFields adds the former names of an object's fields to its types.
func (b *builder) formerFields(o *objectSight) {
	for _, f := range o.Fields {
		for _, was := range metadata.Live(f.Formerly, today()) {
			for _, name := range o.names.aliased() {
				if t := b.types[name]; t != nil {
					t.addFormer(f.Name, was)
				}
			}
		}
	}
}

// formerField finds a field of a type by a name that it had.
func (s *Schema) formerField(t *typ, name string) (*ast.FieldDefinition, *binding) {
	if t.owner.Position(name) < 0 || !slices.Contains(t.owner.names.aliased(), t.Name) {
		return nil, nil
	}
	for _, f := range t.owner.Fields {
		if !slices.Contains(metadata.Live(f.Formerly, today()), name) {
			continue
		}
		w := wanted{typ: t.Name, field: f.Name}
		if s.make(t.owner, t.part, &w); w.def != nil {
			return former(w.def, name), w.bind
		}
	}
	return nil, nil
}

// former is a deprecated copy of a field under a name that it had.
func former(f *ast.FieldDefinition, was string) *ast.FieldDefinition {
	old := *f
	old.Name, old.Directives = was, deprecated("It is called "+f.Name+" now.")
	return &old
}

// addFormer adds a deprecated copy of a field, unless there is one of that name.
func (t *typ) addFormer(name, was string) {
	f, bind := t.field(name)
	if taken, _ := t.field(was); f == nil || taken != nil {
		return
	}
	t.add(former(f, was), bind)
}

// namesOfToday has the values of fields under the names they have.
func (o *objectSight) namesOfToday(given map[string]any) map[string]any {
	out := make(map[string]any, len(given))
	for name, v := range given {
		if f := o.Field(name); f != nil {
			name = f.Name
		}
		out[name] = v
	}
	return out
}

// formerly is what names of the schema are today, by what they were.
type formerly struct{ types, roots map[string]string }

// formerNames collects the names that renamed objects had, nil for none.
func (s *Schema) formerNames() *formerly {
	former := s.sight.names.snapshot.Former()
	if len(former) == 0 {
		return nil
	}
	f := &formerly{map[string]string{}, map[string]string{}}
	for _, now := range former {
		o := s.sight.names.snapshot.Lookup(now)
		for _, a := range o.Formerly {
			if len(metadata.Live([]*metadata.Alias{a}, today())) > 0 {
				f.object(s.sight.names.of(o), a)
			}
		}
	}
	return f
}

func (f *formerly) object(n *objectNames, a *metadata.Alias) {
	typ := pascal(a.Name)
	f.types[typ], f.roots[a.Name] = n.typ, n.one
	for _, d := range derivedTypes {
		f.types[typ+d.suffix] = *d.name(n)
	}
	for field, e := range n.enums.All() {
		f.types[typ+pascal(field)], f.types[typ+pascal(field)+"Filter"] = e.values, e.filter
	}
	if a.Plural != "" {
		f.roots[a.Plural] = n.many
	}
	for _, m := range mutationFields {
		switch {
		case !m.plural:
			f.roots[m.prefix+typ] = *m.name(n)
		case a.Plural != "":
			f.roots[m.prefix+pascal(a.Plural)] = *m.name(n)
		}
	}
}

// useNamesOfToday puts what the names of renamed objects are now into a text.
func (s *Schema) useNamesOfToday(doc *ast.QueryDocument) {
	f := s.formerNames()
	if f == nil {
		return
	}
	for _, op := range doc.Operations {
		for _, v := range op.VariableDefinitions {
			for t := v.Type; t != nil; t = t.Elem {
				t.NamedType = f.typ(s, t.NamedType)
			}
		}
		root := "Query"
		if op.Operation == ast.Mutation {
			root = "Mutation"
		}
		f.selections(s, root, op.SelectionSet)
	}
	for _, d := range doc.Fragments {
		d.TypeCondition = f.typ(s, d.TypeCondition)
		f.selections(s, d.TypeCondition, d.SelectionSet)
	}
}

func (f *formerly) typ(s *Schema, name string) string {
	if now := f.types[name]; now != "" && s.typ(name) == nil {
		return now
	}
	return name
}

// selections walks what is selected of a type, "" for one that is no root.
func (f *formerly) selections(s *Schema, of string, set ast.SelectionSet) {
	for _, sel := range set {
		switch sel := sel.(type) {
		case *ast.Field:
			if now := f.roots[sel.Name]; now != "" && wideTypes[of] != nil {
				if taken, _ := s.wideField(of, sel.Name); taken == nil {
					sel.Name = now // its Alias stays what was written
				}
			}
			f.selections(s, "", sel.SelectionSet)
		case *ast.InlineFragment:
			sel.TypeCondition = f.typ(s, sel.TypeCondition)
			inner := of
			if sel.TypeCondition != "" {
				inner = sel.TypeCondition
			}
			f.selections(s, inner, sel.SelectionSet)
		}
	}
}

// current leaves out deprecated fields unless they are asked for.
func (in *introspector) current(n *node, fields ast.FieldList) ast.FieldList {
	shown := make(ast.FieldList, 0, len(fields))
	all := in.withDeprecated(n)
	for _, f := range fields {
		if all || deprecation(f) == "" {
			shown = append(shown, f)
		}
	}
	return shown
}

func (in *introspector) withDeprecated(n *node) bool {
	if n.field.Arguments.ForName("includeDeprecated") == nil {
		return false
	}
	v, problem := in.x.c.argument(n, "includeDeprecated")
	return problem == nil && v == true
}
