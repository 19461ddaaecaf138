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
		ChangeObject *objectPatch
		RenameObject *struct {
			Object, To, Plural string
			Until              *string
		}
		RemoveObject *string
		AddField     *addFieldInput
		ChangeField  *struct {
			Object string
			Field  fieldPatch
		}
		RenameField *struct {
			Object, Field, To string
			Until             *string
		}
		RemoveField *struct{ Object, Field string }
		AddIndex    *struct {
			Object string
			Index  indexInput
		}
		ChangeIndex *struct {
			Object, Name string
			Index        indexInput
		}
		RemoveIndex *struct{ Object, Name string }
		AddRule     *ruleChange
		ChangeRule  *ruleChange
		RenameRule  *struct{ Object, Rule, To string }
		RemoveRule  *struct{ Object, Rule string }
	}
	addFieldInput struct {
		Object string
		Field  fieldInput
	}
	ruleChange struct {
		Object string
		Rule   ruleInput
	}
)

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

// edit is one change of a definition.
type edit struct {
	key    string // of ChangeInput
	object string // that must be there; "" for none
	do     func(def *metadata.Definition, o *metadata.Object) *trellis.Error
}

func (c *changeInput) make(def *metadata.Definition) *trellis.Error {
	edits := slices.Concat(c.ofObjects(), c.ofFields(), c.ofIndexes(), c.ofRules())
	if len(edits) != 1 {
		return trellis.Errorf(trellis.CodeInvalidInput, "give exactly one change")
	}
	e := edits[0]
	var o *metadata.Object
	if e.object != "" {
		if o = def.Own(e.object); o == nil {
			return trellis.Errorf(trellis.CodeInvalidInput, "there is no object of this name").At(e.key, "object")
		}
	}
	if err := e.do(def, o); err != nil {
		return err.At(e.key)
	}
	return nil
}

func (c *changeInput) ofObjects() (list []edit) {
	if x := c.AddObject; x != nil {
		list = append(list, edit{"addObject", "", func(def *metadata.Definition, _ *metadata.Object) *trellis.Error {
			def.Objects = append(def.Objects, x.object())
			return nil
		}})
	}
	if x := c.ChangeObject; x != nil {
		list = append(list, edit{"changeObject", x.Name, func(_ *metadata.Definition, o *metadata.Object) *trellis.Error {
			set(&o.Plural, x.Plural)
			x.onto(o)
			return nil
		}})
	}
	if x := c.RenameObject; x != nil {
		list = append(list, edit{"renameObject", x.Object, func(_ *metadata.Definition, o *metadata.Object) *trellis.Error {
			if x.To == o.Name {
				return sameName()
			}
			was := o.Plural
			o.Formerly = metadata.Renamed(o.Formerly, o.Name, x.To, given(x.Until))
			o.Formerly[0].Plural = was
			o.Name, o.Plural = x.To, x.Plural
			return nil
		}})
	}
	if x := c.RemoveObject; x != nil {
		list = append(list, edit{"removeObject", "", func(def *metadata.Definition, _ *metadata.Object) *trellis.Error {
			before := len(def.Objects)
			def.Objects = slices.DeleteFunc(def.Objects, func(o *metadata.Object) bool { return o.Name == *x })
			if len(def.Objects) == before {
				return trellis.Errorf(trellis.CodeInvalidInput, "there is no object of this name")
			}
			return nil
		}})
	}
	return list
}

func (c *changeInput) ofFields() (list []edit) {
	if x := c.AddField; x != nil {
		list = append(list, edit{"addField", x.Object, func(_ *metadata.Definition, o *metadata.Object) *trellis.Error {
			o.Fields = append(o.Fields, x.Field.field())
			return nil
		}})
	}
	if x := c.ChangeField; x != nil {
		list = append(list, edit{"changeField", x.Object, func(_ *metadata.Definition, o *metadata.Object) *trellis.Error {
			i, err := fieldAt(o, x.Field.Name)
			if err == nil {
				o.Fields[i] = x.Field.field(o.Fields[i])
			}
			return err
		}})
	}
	if x := c.RenameField; x != nil {
		list = append(list, edit{"renameField", x.Object, func(_ *metadata.Definition, o *metadata.Object) *trellis.Error {
			i, err := fieldAt(o, x.Field)
			switch {
			case err != nil:
				return err
			case x.To == x.Field:
				return sameName()
			}
			o.Fields[i].Formerly = metadata.Renamed(o.Fields[i].Formerly, x.Field, x.To, given(x.Until))
			o.Fields[i].Name = x.To
			return nil
		}})
	}
	if x := c.RemoveField; x != nil {
		list = append(list, edit{"removeField", x.Object, func(_ *metadata.Definition, o *metadata.Object) *trellis.Error {
			i, err := fieldAt(o, x.Field)
			if err == nil {
				o.Fields = slices.Delete(o.Fields, i, i+1)
			}
			return err
		}})
	}
	return list
}

func fieldAt(o *metadata.Object, name string) (int, *trellis.Error) {
	return found(slices.IndexFunc(o.Fields, func(f *metadata.Field) bool { return f.Name == name }), "field")
}

func sameName() *trellis.Error {
	return trellis.Errorf(trellis.CodeInvalidInput, "that is its name already").At("to")
}

func found(i int, what string) (int, *trellis.Error) {
	if i < 0 {
		return i, trellis.Errorf(trellis.CodeInvalidInput, "the object has no %s of this name that can be changed or removed", what).At(what)
	}
	return i, nil
}

func (c *changeInput) ofIndexes() (list []edit) {
	at := func(o *metadata.Object, name string) (int, *trellis.Error) {
		return found(slices.IndexFunc(o.Indexes, func(x *metadata.Index) bool { return x.Name == name && name != "" }), "index")
	}
	if x := c.AddIndex; x != nil {
		list = append(list, edit{"addIndex", x.Object, func(_ *metadata.Definition, o *metadata.Object) *trellis.Error {
			o.Indexes = append(o.Indexes, x.Index.index())
			return nil
		}})
	}
	if x := c.ChangeIndex; x != nil {
		list = append(list, edit{"changeIndex", x.Object, func(_ *metadata.Definition, o *metadata.Object) *trellis.Error {
			i, err := at(o, x.Name)
			if err == nil {
				owner := o.Indexes[i].Package
				o.Indexes[i] = x.Index.index()
				o.Indexes[i].Package = owner
			}
			return err
		}})
	}
	if x := c.RemoveIndex; x != nil {
		list = append(list, edit{"removeIndex", x.Object, func(_ *metadata.Definition, o *metadata.Object) *trellis.Error {
			i, err := at(o, x.Name)
			if err == nil {
				o.Indexes = slices.Delete(o.Indexes, i, i+1)
			}
			return err
		}})
	}
	return list
}

func (c *changeInput) ofRules() (list []edit) {
	at := func(o *metadata.Object, name string) (int, *trellis.Error) {
		return found(slices.IndexFunc(o.Rules, func(r *metadata.ValidationRule) bool { return r.Name == name }), "rule")
	}
	if x := c.AddRule; x != nil {
		list = append(list, edit{"addRule", x.Object, func(_ *metadata.Definition, o *metadata.Object) *trellis.Error {
			o.Rules = append(o.Rules, x.Rule.rule())
			return nil
		}})
	}
	if x := c.ChangeRule; x != nil {
		list = append(list, edit{"changeRule", x.Object, func(_ *metadata.Definition, o *metadata.Object) *trellis.Error {
			i, err := at(o, x.Rule.Name)
			if err == nil {
				owner := o.Rules[i].Package
				o.Rules[i] = x.Rule.rule()
				o.Rules[i].Package = owner
			}
			return err
		}})
	}
	if x := c.RenameRule; x != nil {
		list = append(list, edit{"renameRule", x.Object, func(_ *metadata.Definition, o *metadata.Object) *trellis.Error {
			i, err := at(o, x.Rule)
			if err == nil {
				o.Rules[i].Name = x.To
			}
			return err
		}})
	}
	if x := c.RemoveRule; x != nil {
		list = append(list, edit{"removeRule", x.Object, func(_ *metadata.Definition, o *metadata.Object) *trellis.Error {
			i, err := at(o, x.Rule)
			if err == nil {
				o.Rules = slices.Delete(o.Rules, i, i+1)
			}
			return err
		}})
	}
	return list
}
