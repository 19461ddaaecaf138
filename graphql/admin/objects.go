package admin

import (
	data "github.com/trellishq/trellis/graphql"
	"github.com/trellishq/trellis/metadata"
)

// object resolves Object: as the caller sees it, or, for admins, all of it.
type object struct {
	o      *metadata.ObjectView
	info   *data.ObjectInfo // nil when the caller sees nothing of it
	fields []data.FieldInfo
	lists  []*metadata.Relation
	all    bool // the caller is an admin
}

// seen is an object as its caller sees it.
func seen(info *data.ObjectInfo) *object {
	return &object{o: info.ObjectView, info: info, fields: info.Fields, lists: info.Lists}
}

// whole is an object with everything, whatever its caller may read of it.
func whole(o *metadata.ObjectView, info *data.ObjectInfo) *object {
	known := map[string]data.FieldInfo{}
	if info != nil {
		for _, f := range info.Fields {
			known[f.Name] = f
		}
	}
	out := &object{o: o, info: info, lists: o.Relations, all: true}
	for _, f := range o.All {
		k, ok := known[f.Name]
		if !ok {
			k = data.FieldInfo{Field: f}
		}
		out.fields = append(out.fields, k)
	}
	return out
}

func (o *object) Name() string             { return o.o.Name }
func (o *object) Plural() string           { return o.o.Plural }
func (o *object) Package() string          { return o.o.Package }
func (o *object) Label() []labelText       { return labels(o.o.Label) }
func (o *object) PluralLabel() []labelText { return labels(o.o.PluralLabel) }
func (o *object) Title() *string           { return optional(o.o.Title) }
func (o *object) System() bool             { return o.o.Package == "system" }
func (o *object) CanCreate() bool          { return o.info != nil && o.info.Create }
func (o *object) CanUpdate() bool          { return o.info != nil && o.info.Update }
func (o *object) CanDelete() bool          { return o.info != nil && o.info.Delete }

func (o *object) Fields() []*field {
	out := make([]*field, len(o.fields))
	for i, f := range o.fields {
		out[i] = &field{f, o.all}
	}
	return out
}

func (o *object) Relations() []*relation {
	out := make([]*relation, len(o.lists))
	for i, r := range o.lists {
		out[i] = &relation{r}
	}
	return out
}

// field resolves Field.
type field struct {
	f   data.FieldInfo
	all bool // the caller is an admin
}

func (f *field) Name() string       { return f.f.Name }
func (f *field) Kind() string       { return string(f.f.Kind) }
func (f *field) ValueKind() string  { return string(f.f.ValueKind()) }
func (f *field) Package() string    { return f.f.Package }
func (f *field) Label() []labelText { return labels(f.f.Label) }
func (f *field) System() bool       { return f.f.System() }
func (f *field) Required() bool     { return f.f.Required }
func (f *field) Unique() bool       { return f.f.Unique }
func (f *field) Indexed() bool      { return f.f.Indexed }
func (f *field) Searchable() bool   { return f.f.Searchable }
func (f *field) Writable() bool     { return f.f.Writable }
func (f *field) Filterable() bool   { return f.f.Filterable }
func (f *field) Target() *string    { return optional(f.f.Target) }
func (f *field) OnDelete() *string  { return optional(string(f.f.OnDelete)) }
func (f *field) Inverse() *string   { return optional(f.f.Inverse) }
func (f *field) Default() *string   { return optional(f.f.Default) }

func (f *field) Sortable() bool    { return f.f.Sortable() }
func (f *field) Help() []labelText { return labels(f.f.Help) }
func (f *field) Min() *string      { return optional(f.f.Min) }
func (f *field) Max() *string      { return optional(f.f.Max) }

func (f *field) MaxLength() *int32 { return number(f.f.MaxLength) }
func (f *field) MaxRating() *int32 { return number(f.f.MaxRating) }
func (f *field) Precision() *int32 { return number(f.f.Precision) }
func (f *field) Scale() *int32 {
	if f.f.Precision == 0 {
		return number(f.f.Scale)
	}
	v := int32(f.f.Scale)
	return &v
}

// Targets is never null.
func (f *field) Targets() []string { return append([]string{}, f.f.Targets...) }

func (f *field) Filled() bool {
	return f.f.Default != "" || f.f.DefaultRule != "" || f.f.Kind == metadata.KindAutoNumber
}

func (f *field) MaxFiles() int32 {
	if f.f.Kind != metadata.KindFile {
		return 0
	}
	count, _ := f.f.Files.Bounds()
	return int32(count)
}

func (f *field) Options() []*option {
	out := make([]*option, len(f.f.Options))
	for i, o := range f.f.Options {
		out[i] = &option{o}
	}
	return out
}

// option resolves Option.
type option struct{ o *metadata.Option }

func (o *option) Name() string       { return o.o.Name }
func (o *option) Label() []labelText { return labels(o.o.Label) }
func (o *option) Color() *string     { return optional(o.o.Color) }

// relation resolves Relation.
type relation struct{ r *metadata.Relation }

func (r *relation) Name() string   { return r.r.Name }
func (r *relation) Object() string { return r.r.Object }
func (r *relation) Field() string  { return r.r.Field.Name }

// role resolves Role.
type role struct{ r *metadata.Role }

func (r *role) Name() string       { return r.r.Name }
func (r *role) Label() []labelText { return labels(r.r.Label) }
func (r *role) Admin() bool        { return r.r.Admin }

// Inherits is never null.
func (r *role) Inherits() []string { return append([]string{}, r.r.Inherits...) }
