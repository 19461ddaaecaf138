package admin

import (
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/expr"
)

// The inputs that say what components are. Null is as good as absent.
type (
	fieldInput struct {
		Name, Kind string
		fieldSettings
	}
	fieldPatch struct {
		Name string
		Kind *string
		fieldSettings
	}
	fieldSettings struct {
		Label, Help, Description              *[]labelInput
		Required, Unique, Indexed, Searchable *bool
		Default, DefaultRule                  *string
		MaxLength, Precision, Scale           *int32
		Min, Max                              *string
		MaxRating                             *int32
		Options                               *[]optionInput
		Target, Link, Inverse, OnDelete       *string
		Targets                               *[]string
		Formula, Result                       *string
		RollUp                                *rollUpInput
		Number                                *numberInput
		Expression                            *expressionInput
		Files                                 *filesInput
		Formerly                              *[]aliasInput
	}
	labelInput  struct{ Lang, Text string }
	optionInput struct {
		Name  string
		Label *[]labelInput
		Color *string
	}
	aliasInput struct {
		Name          string
		Plural, Until *string
	}
	rollUpInput struct {
		Relation, Function string
		Field, Where       *string
	}
	numberInput struct {
		Pattern string
		Scope   *[]string
		Gapless *bool
		Start   *int32
	}
	expressionInput struct {
		Over    string
		Profile *string
	}
	filesInput struct {
		Multiple          *bool
		MaxCount, MaxSize *int32
		Types             *[]string
	}
	objectInput struct {
		Name, Plural string
		objectSettings
		Fields  *[]fieldInput
		Indexes *[]indexInput
		Rules   *[]ruleInput
	}
	objectPatch struct {
		Name   string
		Plural *string
		objectSettings
	}
	objectSettings struct {
		Label, PluralLabel, Description *[]labelInput
		Title                           *string
		Unowned, AppendOnly             *bool
		Formerly                        *[]aliasInput
	}
	indexInput struct {
		Fields  []string
		Unique  *bool
		Where   *string
		Range   *rangeInput
		Message *[]labelInput
	}
	rangeInput struct{ From, To string }
	ruleInput  struct {
		Name, Rule string
		Message    []labelInput
		Field      *string
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

// set puts what was given in the place of what was there.
func set[T any](to *T, p *T) {
	if p != nil {
		*to = *p
	}
}

func setNumber(to *int, p *int32) {
	if p != nil {
		*to = int(*p)
	}
}

func setLabel(to *metadata.Label, in *[]labelInput) {
	if in != nil {
		*to = label(*in)
	}
}

func label(in []labelInput) metadata.Label {
	texts := make(metadata.Texts, len(in))
	for _, t := range in {
		texts[t.Lang] = t.Text
	}
	return texts.Label()
}

func setAliases(to *[]*metadata.Alias, in *[]aliasInput) {
	if in == nil {
		return
	}
	*to = nil
	for _, a := range *in {
		*to = append(*to, &metadata.Alias{Name: a.Name, Plural: given(a.Plural), Until: given(a.Until)})
	}
}

func (in *fieldInput) field() *metadata.Field {
	f := &metadata.Field{Name: in.Name, Kind: metadata.Kind(in.Kind), Package: metadata.CustomPackage}
	in.onto(f)
	return f
}

// field is what becomes of was. Normalising finds out whether its column can go
// on, and how it is computed.
func (in *fieldPatch) field(was *metadata.Field) *metadata.Field {
	f := was.Clone()
	if kind := metadata.Kind(given(in.Kind)); kind != "" && kind != was.Kind {
		f = &metadata.Field{
			Name: f.Name, Kind: kind, Package: f.Package, Column: f.Column, Label: f.Label, Help: f.Help, Description: f.Description, Formerly: f.Formerly,
			Required: f.Required, Unique: f.Unique, Indexed: f.Indexed, Searchable: f.Searchable,
		}
	}
	f.Computed, f.Filling = "", false
	in.onto(f)
	return f
}

func (in *fieldSettings) onto(f *metadata.Field) {
	setLabel(&f.Label, in.Label)
	setLabel(&f.Help, in.Help)
	setLabel(&f.Description, in.Description)
	set(&f.Required, in.Required)
	set(&f.Unique, in.Unique)
	set(&f.Indexed, in.Indexed)
	set(&f.Searchable, in.Searchable)
	set(&f.Default, in.Default)
	set(&f.DefaultRule, in.DefaultRule)
	setNumber(&f.MaxLength, in.MaxLength)
	setNumber(&f.Precision, in.Precision)
	setNumber(&f.Scale, in.Scale)
	set(&f.Min, in.Min)
	set(&f.Max, in.Max)
	setNumber(&f.MaxRating, in.MaxRating)
	set(&f.Target, in.Target)
	set(&f.Targets, in.Targets)
	set(&f.Link, in.Link)
	set(&f.Inverse, in.Inverse)
	set((*string)(&f.OnDelete), in.OnDelete)
	set(&f.Formula, in.Formula)
	set((*string)(&f.Result), in.Result)
	setAliases(&f.Formerly, in.Formerly)
	in.parts(f)
}

// parts are the settings that are made of several.
func (in *fieldSettings) parts(f *metadata.Field) {
	if in.Options != nil {
		f.Options = nil
		for _, o := range *in.Options {
			f.Options = append(f.Options, &metadata.Option{Name: o.Name, Label: label(given(o.Label)), Color: given(o.Color)})
		}
	}
	if r := in.RollUp; r != nil {
		f.RollUp = &metadata.RollUp{Relation: r.Relation, Function: expr.Aggregate(r.Function), Field: given(r.Field), Where: given(r.Where)}
	}
	if n := in.Number; n != nil {
		f.Number = &metadata.AutoNumber{Pattern: n.Pattern, Scope: given(n.Scope), Gapless: given(n.Gapless), Start: int(given(n.Start))}
	}
	if e := in.Expression; e != nil {
		f.Expression = &metadata.Expression{Over: e.Over, Profile: given(e.Profile)}
	}
	if x := in.Files; x != nil {
		f.Files = &metadata.Files{Multiple: given(x.Multiple), MaxCount: int(given(x.MaxCount)), MaxSize: int(given(x.MaxSize)), Types: given(x.Types)}
	}
}

func (in *objectInput) object() *metadata.Object {
	o := &metadata.Object{Name: in.Name, Plural: in.Plural, Package: metadata.CustomPackage}
	in.onto(o)
	for i := range given(in.Fields) {
		o.Fields = append(o.Fields, (*in.Fields)[i].field())
	}
	for i := range given(in.Indexes) {
		o.Indexes = append(o.Indexes, (*in.Indexes)[i].index())
	}
	for i := range given(in.Rules) {
		o.Rules = append(o.Rules, (*in.Rules)[i].rule())
	}
	return o
}

func (in *objectSettings) onto(o *metadata.Object) {
	setLabel(&o.Label, in.Label)
	setLabel(&o.PluralLabel, in.PluralLabel)
	setLabel(&o.Description, in.Description)
	set(&o.Title, in.Title)
	set(&o.Unowned, in.Unowned)
	set(&o.AppendOnly, in.AppendOnly)
	setAliases(&o.Formerly, in.Formerly)
}

func (in *indexInput) index() *metadata.Index {
	x := &metadata.Index{Fields: in.Fields, Package: metadata.CustomPackage, Unique: given(in.Unique), Where: given(in.Where), Message: label(given(in.Message))}
	if in.Range != nil {
		x.Range = &metadata.IndexRange{From: in.Range.From, To: in.Range.To}
	}
	return x
}

func (in *ruleInput) rule() *metadata.ValidationRule {
	return &metadata.ValidationRule{Name: in.Name, Rule: in.Rule, Message: label(in.Message), Field: given(in.Field), Package: metadata.CustomPackage}
}
