package metadata

import (
	"slices"
	"strings"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/metadata/expr"
)

// MaxTargets bounds the objects that a polymorphic lookup may refer to.
const MaxTargets = 50

// Refers says that the field holds a reference to a record of the object.
func (f *Field) Refers(object string) bool {
	if f.Kind == KindPolymorphic {
		return slices.Contains(f.Targets, object)
	}
	return f.Kind.IsLookup() && f.Target == object
}

// Reference is a lookup's value as a reference to a record; ok is false for null
// and for fields that are no lookups.
func (f *Field) Reference(v any) (ref expr.Ref, ok bool) {
	switch v := v.(type) {
	case expr.Ref:
		return v, f.Kind == KindPolymorphic
	case trellis.ID:
		return expr.Ref{Object: f.Target, ID: v}, f.Kind.IsLookup()
	}
	return expr.Ref{}, false
}

// RefersTo is the value of a lookup that refers to a record.
func (f *Field) RefersTo(object string, id trellis.ID) any {
	if f.Kind == KindPolymorphic {
		return expr.Ref{Object: object, ID: id}
	}
	return id
}

// coerceRef reads {object, id} or "account:<id>".
func (f *Field) coerceRef(v any) (any, error) {
	var object, id any
	switch v := v.(type) {
	case expr.Ref:
		object, id = v.Object, v.ID
	case map[string]any:
		if err := onlyParts(expr.RefType, v); err != nil {
			return nil, err
		}
		object, id = v["object"], v["id"]
	case string:
		o, i, ok := strings.Cut(strings.TrimSpace(v), ":")
		if !ok {
			return nil, invalid("needs an object and an id, as in \"account:…\"")
		}
		object, id = strings.TrimSpace(o), strings.TrimSpace(i)
	default:
		return nil, invalid("needs an object and an id")
	}
	if object == nil && id == nil {
		return nil, nil
	}
	name, _ := object.(string)
	if !slices.Contains(f.Targets, name) {
		return nil, invalid("refers to a record of %s", listed(f.Targets))
	}
	known, err := coerceID(id)
	if err != nil || known == nil {
		return nil, invalid("must be the id of a record")
	}
	return expr.Ref{Object: name, ID: known.(trellis.ID)}, nil
}

// polymorphic checks what a polymorphic lookup refers to.
func (v *validator) polymorphic(o *Object, f *Field, at []any) {
	if f.Kind != KindPolymorphic {
		return
	}
	if n := len(f.Targets); n == 0 || n > MaxTargets {
		v.problem(f, "targets", at, "a polymorphic lookup has 1 to %d targets", MaxTargets)
	}
	for i, name := range f.Targets {
		target := v.now.object(name)
		switch {
		case target == nil:
			v.problem(f, "targets", at, "there is no object %q%s", short(name), didYouMean(name, v.objectNames()))
			continue
		case target.Implied:
			v.problem(f, "targets", at, "%s is made for a manyToMany field: define it as an object to refer to it", name)
		case slices.Contains(f.Targets[:i], name):
			v.problem(f, "targets", at, "the target %q stands twice", name)
		case name == "object" || name == "id" || name == "isNull":
			v.problem(f, "targets", at, "the reference has a part %q: an object of that name cannot be a target", name)
		}
		v.inverse(f, target, at)
	}
	v.onDelete(o, f, at)
}

// onDelete checks what becomes of a record whose lookup's target goes.
func (v *validator) onDelete(o *Object, f *Field, at []any) {
	switch f.OnDelete {
	case SetNull, Restrict, Cascade:
	default:
		v.problem(f, "onDelete", at, "onDelete is one of %s", oneOf([]OnDelete{SetNull, Restrict, Cascade}))
	}
}

// WithoutTargets lists the objects that was may refer to and f may not.
func (f *Field) WithoutTargets(was *Field) []string {
	var gone []string
	for _, name := range was.Targets {
		if !slices.Contains(f.Targets, name) {
			gone = append(gone, name)
		}
	}
	return gone
}
