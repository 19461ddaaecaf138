package expr

import (
	"errors"
	"fmt"
	"strings"
	"sync"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// Names that nobody can write, since @ is not part of CEL's names.
const (
	objectPrefix = "object."
	userTypeName = "user@"
	changedName  = "changed@"
)

var (
	celUser    = types.NewObjectType(userTypeName)
	celChanged = types.NewObjectType(changedName)
)

// recordType is an object as the checker and the interpreter see it. Its fields
// are converted when an expression first names them.
type recordType struct {
	object *Object
	cel    *types.Type
	fields sync.Map // name in a checked expression → *types.FieldType
}

// provider gives CEL the types of a schema. Objects are converted when first
// used.
type provider struct {
	schema  Schema
	user    map[string]*types.FieldType
	objects sync.Map // name → *recordType
}

var _ types.Provider = (*provider)(nil)

func newProvider(schema Schema, user []*Field) *provider {
	p := &provider{schema: schema, user: make(map[string]*types.FieldType, len(user))}
	for _, f := range user {
		p.user[f.Name] = userField(f)
	}
	return p
}

var errNoUser = errors.New("there is no user")

func userField(f *Field) *types.FieldType {
	get := func(target any) (any, error) {
		u, ok := target.(userVal)
		if !ok || u.attrs == nil {
			return nil, errNoUser
		}
		v := u.attrs[f.Name]
		if v == nil && f.Type.IsList() {
			return types.NewStringList(adapter{}, nil), nil
		}
		return toVal(f.Type, v)
	}
	return &types.FieldType{
		Type:    celType(f.Type),
		IsSet:   func(target any) bool { v, err := get(target); return err == nil && v != ref.Val(types.NullValue) },
		GetFrom: get,
	}
}

// record converts an object of the schema.
func (p *provider) record(name string) (*recordType, bool) {
	if t, ok := p.objects.Load(name); ok {
		return t.(*recordType), true
	}
	o, ok := p.schema.Object(name)
	if !ok {
		return nil, false
	}
	got, _ := p.objects.LoadOrStore(name, &recordType{object: o, cel: types.NewObjectType(objectPrefix + name)})
	return got.(*recordType), true
}

// field converts what a checked expression names of a record, nil for nothing.
func (p *provider) field(t *recordType, name string) *types.FieldType {
	if f, ok := t.fields.Load(name); ok {
		return f.(*types.FieldType)
	}
	made := p.newField(t, name)
	if made == nil {
		return nil
	}
	f, _ := t.fields.LoadOrStore(name, made)
	return f.(*types.FieldType)
}

func (p *provider) newField(t *recordType, name string) *types.FieldType {
	if r, ok := t.object.Relations.Get(name); ok {
		return p.relation(r)
	}
	base, part := fieldName(name)
	f, _ := t.object.Fields.Get(base)
	switch {
	case f == nil || f.Name != base: // a name it had is put right before
		return nil
	case f.Ref != "":
		switch name {
		case base:
			return p.hop(f)
		case base + idSuffix:
			return t.column(f, Whole, celID)
		}
		return nil
	case name == base:
		if _, inParts := f.Type.main(); inParts {
			return nil
		}
		return t.column(f, Whole, celType(f.Type))
	}
	if d, ok := f.Type.describe(part); ok && d.column(base) == name {
		return t.column(f, part, celPart(d))
	}
	return nil
}

var errNoRecord = errors.New("there is no such record")

// column reads a field of a record. Of a record that is absent it is an error,
// but has() is false.
func (t *recordType) column(f *Field, part Part, typ *types.Type) *types.FieldType {
	return &types.FieldType{
		Type: typ,
		IsSet: func(target any) bool {
			v, ok := target.(*recordVal)
			if !ok || v.rec == nil {
				return false
			}
			got, err := t.read(v.rec, f, part)
			return err == nil && got != ref.Val(types.NullValue)
		},
		GetFrom: func(target any) (any, error) {
			v, ok := target.(*recordVal)
			if !ok || v.rec == nil {
				return nil, errNoRecord
			}
			return t.read(v.rec, f, part)
		},
	}
}

func (t *recordType) read(rec Record, f *Field, part Part) (ref.Val, error) {
	v, ok := rec.Get(f.Name)
	if !ok {
		return nil, fmt.Errorf("the field %s was not loaded", f.Name)
	}
	if part == Whole || v == nil {
		return toVal(f.Type, v)
	}
	p, ok := f.Type.describe(part)
	if !ok || !isComposite(f.Type, v) {
		return nil, fmt.Errorf("a %T is not a valid value of type %s", v, f.Type)
	}
	return toVal(p.Type, PartValue(v, part))
}

// hop goes to the record a lookup points to. The record may be absent; what is
// selected from it then fails.
func (p *provider) hop(f *Field) *types.FieldType {
	target := f.Ref
	return &types.FieldType{
		Type:  types.NewObjectType(objectPrefix + target),
		IsSet: func(v any) bool { r, ok := v.(*recordVal); return ok && r.rec != nil && r.rec.Hop(f.Name) != nil },
		GetFrom: func(v any) (any, error) {
			typ, found := p.record(target)
			r, ok := v.(*recordVal)
			if !ok || !found {
				return nil, errNoRecord
			}
			if r.rec == nil {
				return &recordVal{nil, typ}, nil
			}
			return &recordVal{r.rec.Hop(f.Name), typ}, nil
		},
	}
}

// FindStructType implements types.Provider.
func (p *provider) FindStructType(name string) (*types.Type, bool) {
	switch name {
	case userTypeName:
		return types.NewTypeTypeWithParam(celUser), true
	case changedName:
		return types.NewTypeTypeWithParam(celChanged), true
	}
	object, ok := strings.CutPrefix(name, objectPrefix)
	if !ok {
		return nil, false
	}
	t, ok := p.record(object)
	if !ok {
		return nil, false
	}
	return types.NewTypeTypeWithParam(t.cel), true
}

// FindStructFieldType implements types.Provider.
func (p *provider) FindStructFieldType(name, field string) (*types.FieldType, bool) {
	switch name {
	case userTypeName:
		f, ok := p.user[field]
		return f, ok
	case changedName:
		return changedField(field), true
	}
	t, ok := p.record(strings.TrimPrefix(name, objectPrefix))
	if !ok {
		return nil, false
	}
	f := p.field(t, field)
	return f, f != nil
}

// changedField answers changed("field").
func changedField(field string) *types.FieldType {
	get := func(target any) (any, error) {
		v, ok := target.(*activation)
		if !ok {
			return nil, errNoRecord
		}
		if names, ok := strings.CutPrefix(field, onlyPrefix); ok {
			return v.onlyChanged(names)
		}
		return v.fieldChanged(field)
	}
	return &types.FieldType{Type: types.BoolType, IsSet: func(any) bool { return true }, GetFrom: get}
}

// FindStructFieldNames implements types.Provider. CEL asks for them only to
// make a value, which is refused.
func (p *provider) FindStructFieldNames(string) ([]string, bool) { return nil, false }

// EnumValue implements types.Provider.
func (p *provider) EnumValue(name string) ref.Val { return types.NewErr("unknown enum %q", name) }

// FindIdent implements types.Provider. The names are CEL's own types, for
// comparisons with type(x).
func (p *provider) FindIdent(name string) (ref.Val, bool) {
	t, ok := typeIdents[name]
	return t, ok
}

var typeIdents = map[string]ref.Val{
	"bool": types.BoolType, "bytes": types.BytesType, "double": types.DoubleType, "int": types.IntType,
	"list": types.ListType, "map": types.MapType, "null_type": types.NullType, "string": types.StringType,
	"uint": types.UintType, "type": types.TypeType,
}

// NewValue implements types.Provider.
func (p *provider) NewValue(name string, _ map[string]ref.Val) ref.Val {
	return types.NewErr("a value of type %s cannot be made", name)
}
