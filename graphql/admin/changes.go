package admin

import (
	"slices"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core/catalog"
	"github.com/trellishq/trellis/metadata"
)

// The inputs of changes. Null is as good as absent.
type (
	changeInput struct {
		AddObject    *objectInput
		AddField     *addFieldInput
		RemoveField  *removeFieldInput
		RemoveObject *string
	}
	addFieldInput struct {
		Object string
		Field  fieldInput
	}
	removeFieldInput struct{ Object, Field string }
	objectInput      struct {
		Name, Plural       string
		Label, PluralLabel *[]labelInput
		Title              *string
		Unowned            *bool
		Fields             *[]fieldInput
	}
	fieldInput struct {
		Name, Kind                            string
		Label                                 *[]labelInput
		Required, Unique, Indexed, Searchable *bool
		Default                               *string
		MaxLength, Precision, Scale           *int32
		Min, Max                              *string
		MaxRating                             *int32
		Help                                  *[]labelInput
		Options                               *[]optionInput
		Target, Inverse, OnDelete             *string
	}
	labelInput  struct{ Lang, Text string }
	optionInput struct {
		Name  string
		Label *[]labelInput
		Color *string
	}
)

// given is what a pointer points to, or nothing.
func given[T any](p *T) T {
	if p == nil {
		var none T
		return none
	}
	return *p
}

func label(in *[]labelInput) metadata.Label {
	if in == nil {
		return nil
	}
	l := metadata.Label{}
	for _, t := range *in {
		l[t.Lang] = t.Text
	}
	return l
}

func (in *fieldInput) field() *metadata.Field {
	f := &metadata.Field{
		Name: in.Name, Kind: metadata.Kind(in.Kind), Package: metadata.CustomPackage, Label: label(in.Label),
		Required: given(in.Required), Unique: given(in.Unique), Indexed: given(in.Indexed), Searchable: given(in.Searchable),
		Default: given(in.Default), MaxLength: int(given(in.MaxLength)), Precision: int(given(in.Precision)), Scale: int(given(in.Scale)),
		Min: given(in.Min), Max: given(in.Max), MaxRating: int(given(in.MaxRating)), Help: label(in.Help),
		Target: given(in.Target), Inverse: given(in.Inverse), OnDelete: metadata.OnDelete(given(in.OnDelete)),
	}
	for _, o := range given(in.Options) {
		f.Options = append(f.Options, &metadata.Option{Name: o.Name, Label: label(o.Label), Color: given(o.Color)})
	}
	return f
}

func (in *objectInput) object() *metadata.Object {
	o := &metadata.Object{
		Name: in.Name, Plural: in.Plural, Package: metadata.CustomPackage, Label: label(in.Label), PluralLabel: label(in.PluralLabel),
		Title: given(in.Title), Unowned: given(in.Unowned),
	}
	for i := range given(in.Fields) {
		o.Fields = append(o.Fields, (*in.Fields)[i].field())
	}
	return o
}

// maxChanges bounds one plan.
const maxChanges = 500

// draft is the definition with the changes made, in order.
func draft(changes []changeInput) catalog.Draft {
	return func(def *metadata.Definition) (*metadata.Definition, error) {
		if len(changes) > maxChanges {
			return nil, trellis.Errorf(trellis.CodeInvalidInput, "there are more than %d changes", maxChanges).At("changes")
		}
		var problems trellis.Errors
		for i := range changes {
			if err := changes[i].make(def); err != nil {
				problems = append(problems, err.At("changes", i))
			}
		}
		return def, problems.Err()
	}
}

func (c *changeInput) make(def *metadata.Definition) *trellis.Error {
	set := 0
	for _, is := range []bool{c.AddObject != nil, c.AddField != nil, c.RemoveField != nil, c.RemoveObject != nil} {
		if is {
			set++
		}
	}
	switch {
	case set != 1:
		return trellis.Errorf(trellis.CodeInvalidInput, "give exactly one change")
	case c.AddObject != nil:
		def.Objects = append(def.Objects, c.AddObject.object())
	case c.AddField != nil:
		o := def.Own(c.AddField.Object)
		if o == nil {
			return noObject().At("addField", "object")
		}
		o.Fields = append(o.Fields, c.AddField.Field.field())
	case c.RemoveField != nil:
		return c.RemoveField.make(def)
	default:
		before := len(def.Objects)
		def.Objects = slices.DeleteFunc(def.Objects, func(o *metadata.Object) bool { return o.Name == *c.RemoveObject })
		if len(def.Objects) == before {
			return noObject().At("removeObject")
		}
	}
	return nil
}

func (c *removeFieldInput) make(def *metadata.Definition) *trellis.Error {
	o := def.Own(c.Object)
	if o == nil {
		return noObject().At("removeField", "object")
	}
	before := len(o.Fields)
	o.Fields = slices.DeleteFunc(o.Fields, func(f *metadata.Field) bool { return f.Name == c.Field })
	if len(o.Fields) == before {
		return trellis.Errorf(trellis.CodeInvalidInput, "the object has no field of this name that can be removed").At("removeField", "field")
	}
	return nil
}

func noObject() *trellis.Error {
	return trellis.Errorf(trellis.CodeInvalidInput, "there is no object of this name")
}
