package graphql

import "github.com/trellishq/trellis/metadata"

// ObjectInfo is an object as the caller of a schema sees it, for clients that
// build forms and lists.
type ObjectInfo struct {
	*metadata.ObjectView
	Read, Create, Update, Delete bool
	// Fields are those in answers, in the object's order.
	Fields []FieldInfo
	// Lists are the to-many relations in answers.
	Lists []*metadata.Relation
}

// FieldInfo is a field as the caller sees it.
type FieldInfo struct {
	*metadata.Field
	Writable   bool // may be set, on at least some records
	Filterable bool // may be used in filter and orderBy
}

// Objects lists what there is for the caller, by name.
func (s *Schema) Objects() []*ObjectInfo {
	out := make([]*ObjectInfo, 0, len(s.sight.order))
	for _, o := range s.sight.order {
		out = append(out, s.sight.info(o))
	}
	return out
}

func (s *sight) info(o *objectSight) *ObjectInfo {
	info := &ObjectInfo{ObjectView: o.ObjectView, Read: o.read, Create: o.create, Update: o.update, Delete: o.remove}
	for _, f := range o.All {
		if !o.readable[f.Name] || f.Kind.IsLookup() && s.target(f) == nil {
			continue
		}
		info.Fields = append(info.Fields, FieldInfo{Field: f, Writable: o.creatable[f.Name] || o.updatable[f.Name], Filterable: o.filterable[f.Name]})
	}
	for _, r := range o.Relations {
		if s.listed(r) != nil {
			info.Lists = append(info.Lists, r)
		}
	}
	return info
}
