package admin

import "github.com/trellishq/trellis/metadata"

// What the definition says of objects and fields, beside what a caller sees of
// them. Texts of expressions name what others may not see, so they are told to
// admins alone.

func (o *object) Description() []labelText { return labels(o.o.Description) }
func (o *object) Unowned() bool            { return o.o.Unowned }
func (o *object) AppendOnly() bool         { return o.o.AppendOnly }
func (o *object) Formerly() []alias        { return aliases(o.o.Formerly) }

func (o *object) Indexes() []indexView {
	out := []indexView{}
	if o.all {
		for _, x := range o.o.Indexes {
			out = append(out, indexView{x})
		}
	}
	return out
}

func (o *object) Rules() []ruleView {
	out := []ruleView{}
	if o.all {
		for _, r := range o.o.Rules {
			out = append(out, ruleView{r})
		}
	}
	return out
}

func (f *field) Description() []labelText { return labels(f.f.Description) }
func (f *field) Result() *string          { return optional(string(f.f.Result)) }
func (f *field) Formerly() []alias        { return aliases(f.f.Formerly) }
func (f *field) Link() *string            { return f.secret(f.f.Link) }
func (f *field) DefaultRule() *string     { return f.secret(f.f.DefaultRule) }
func (f *field) Formula() *string         { return f.secret(f.f.Formula) }
func (f *field) Computed() *string        { return f.secret(string(f.f.Computed)) }
func (f *field) Filling() bool            { return f.all && f.f.Filling }

// secret is for admins.
func (f *field) secret(text string) *string {
	if !f.all {
		return nil
	}
	return optional(text)
}

func (f *field) Files() *filesView {
	if f.f.Files == nil {
		return nil
	}
	return &filesView{f.f.Files}
}

func (f *field) RollUp() *rollUpView {
	if f.f.RollUp == nil || !f.all {
		return nil
	}
	return &rollUpView{f.f.RollUp}
}

func (f *field) Number() *numberView {
	if f.f.Field.Number == nil || !f.all {
		return nil
	}
	return &numberView{f.f.Field.Number}
}

func (f *field) Expression() *expressionView {
	if f.f.Expression == nil || !f.all {
		return nil
	}
	return &expressionView{f.f.Expression}
}

// alias resolves Alias.
type alias struct{ a *metadata.Alias }

func (a alias) Name() string    { return a.a.Name }
func (a alias) Plural() *string { return optional(a.a.Plural) }
func (a alias) Until() *string  { return optional(a.a.Until) }

func aliases(list []*metadata.Alias) []alias {
	out := make([]alias, len(list))
	for i, a := range list {
		out[i] = alias{a}
	}
	return out
}

// rollUpView resolves RollUp.
type rollUpView struct{ r *metadata.RollUp }

func (r *rollUpView) Relation() string { return r.r.Relation }
func (r *rollUpView) Function() string { return string(r.r.Function) }
func (r *rollUpView) Field() *string   { return optional(r.r.Field) }
func (r *rollUpView) Where() *string   { return optional(r.r.Where) }

// numberView resolves AutoNumber.
type numberView struct{ n *metadata.AutoNumber }

func (n *numberView) Pattern() string { return n.n.Pattern }
func (n *numberView) Scope() []string { return append([]string{}, n.n.Scope...) }
func (n *numberView) Gapless() bool   { return n.n.Gapless }
func (n *numberView) Start() int32    { return int32(n.n.Start) }

// expressionView resolves Expression.
type expressionView struct{ e *metadata.Expression }

func (e *expressionView) Over() string    { return e.e.Over }
func (e *expressionView) Profile() string { return e.e.Profile }

// filesView resolves Files.
type filesView struct{ f *metadata.Files }

func (f *filesView) Multiple() bool  { return f.f.Multiple }
func (f *filesView) MaxCount() int32 { return int32(f.f.MaxCount) }
func (f *filesView) MaxSize() int32  { return int32(f.f.MaxSize) }
func (f *filesView) Types() []string { return append([]string{}, f.f.Types...) }

// indexView resolves Index.
type indexView struct{ x *metadata.Index }

func (x indexView) Name() string         { return x.x.Name }
func (x indexView) Fields() []string     { return x.x.Fields }
func (x indexView) Unique() bool         { return x.x.Unique }
func (x indexView) Where() *string       { return optional(x.x.Where) }
func (x indexView) Message() []labelText { return labels(x.x.Message) }
func (x indexView) Package() string      { return x.x.Package }

func (x indexView) Range() *rangeView {
	if x.x.Range == nil {
		return nil
	}
	return &rangeView{x.x.Range}
}

// rangeView resolves IndexRange.
type rangeView struct{ r *metadata.IndexRange }

func (r *rangeView) From() string { return r.r.From }
func (r *rangeView) To() string   { return r.r.To }

// ruleView resolves ValidationRule.
type ruleView struct{ r *metadata.ValidationRule }

func (r ruleView) Name() string         { return r.r.Name }
func (r ruleView) Rule() string         { return r.r.Rule }
func (r ruleView) Message() []labelText { return labels(r.r.Message) }
func (r ruleView) Field() *string       { return optional(r.r.Field) }
func (r ruleView) Package() string      { return r.r.Package }
