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
	all := s.sight.all()
	out := make([]*ObjectInfo, len(all))
	for i, o := range all {
		out[i] = s.sight.info(o)
	}
	return out
}

// Object is one of Objects, nil for none.
func (s *Schema) Object(name string) *ObjectInfo {
	if o := s.sight.object(name); o != nil {
		return s.sight.info(o)
	}
	return nil
}

func (s *sight) info(o *objectSight) *ObjectInfo {
	info := &ObjectInfo{ObjectView: o.ObjectView, Read: o.read, Create: o.create, Update: o.update, Delete: o.remove}
	for _, f := range o.All {
		if !o.readable(f.Name) || f.Linked() && s.linked(o.Relation(f.Name)) == nil || f.Kind.IsLookup() && s.target(f) == nil {
			continue
		}
		info.Fields = append(info.Fields, FieldInfo{Field: f, Writable: o.creatable(f.Name) || o.updatable(f.Name), Filterable: o.filterable(f.Name) && !f.Linked()})
	}
	for _, r := range o.Relations {
		if s.listed(r) != nil {
			info.Lists = append(info.Lists, r)
		}
	}
	return info
}
