package expr

import (
	"reflect"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// activation gives a program its variables.
type activation struct {
	vars Vars
	typ  *recordType
	// bound are the loop variables of an unrolled exists or all.
	bound []binding
}

type binding struct {
	name  string
	value ref.Val
}

var _ cel.Activation = (*activation)(nil)

// ResolveName implements cel.Activation.
func (a *activation) ResolveName(name string) (any, bool) {
	for i := len(a.bound) - 1; i >= 0; i-- {
		if a.bound[i].name == name {
			return a.bound[i].value, true
		}
	}
	switch name {
	case "record":
		return &recordVal{a.vars.Record, a.typ}, true
	case "user":
		return userVal{a.vars.User}, true
	case "old":
		if a.vars.Old == nil {
			return types.NullValue, true
		}
		return &recordVal{a.vars.Old, a.typ}, true
	case "now":
		return types.Timestamp{Time: a.vars.now()}, true
	case "today":
		return dateVal(DateOf(a.vars.Now)), true
	case zoneName:
		return types.String(zoneOfRequest(a.vars.Now)), true
	case "source":
		return adapter{}.NativeToValue(a.vars.Source), true
	case changedName:
		return changedVal{a}, true
	}
	return nil, false
}

// Parent implements cel.Activation.
func (a *activation) Parent() cel.Activation { return nil }

// fieldChanged answers changed("field"): what the caller says, else whether the
// value differs from the old image. On create every field that is not null has
// changed.
func (a *activation) fieldChanged(field string) (ref.Val, error) {
	if a.vars.Changed != nil {
		return types.Bool(a.vars.Changed(field)), nil
	}
	now := &recordVal{a.vars.Record, a.typ}
	was := &recordVal{a.vars.Old, a.typ}
	if now.rec == nil {
		return nil, errNoRecord
	}
	if was.rec == nil {
		was.rec = MapRecord(nil)
	}
	same, err := now.sameField(was, field)
	if err != nil {
		return nil, err
	}
	return types.Bool(!same), nil
}

// userVal is the variable user. No attributes at all means that there is no
// user, and every rule that asks for one fails.
type userVal struct{ attrs map[string]any }

func (v userVal) Type() ref.Type                              { return celUser }
func (v userVal) Value() any                                  { return v }
func (v userVal) Equal(ref.Val) ref.Val                       { return types.False }
func (v userVal) ConvertToNative(t reflect.Type) (any, error) { return noNative(v, t) }
func (v userVal) ConvertToType(t ref.Type) ref.Val            { return noConversion(v, t.TypeName()) }

// changedVal stands behind changed("field").
type changedVal struct{ a *activation }

func (v changedVal) Type() ref.Type                              { return celChanged }
func (v changedVal) Value() any                                  { return v.a }
func (v changedVal) Equal(ref.Val) ref.Val                       { return types.False }
func (v changedVal) ConvertToNative(t reflect.Type) (any, error) { return noNative(v, t) }
func (v changedVal) ConvertToType(t ref.Type) ref.Val            { return noConversion(v, t.TypeName()) }

// AggregateSize implements types.AggregateSizeVisitor.
func (v userVal) AggregateSize(types.AggregateSizer) uint32 { return 1 }

// AggregateSize implements types.AggregateSizeVisitor.
func (v changedVal) AggregateSize(types.AggregateSizer) uint32 { return 1 }
