package metadata

import (
	"slices"
	"strings"
)

// object checks an object by itself. What it shares with others is in names.
func (v *validator) object(o *Object) {
	path := []any{"objects", o.Name}
	if o.Name == "" {
		path[1] = slices.Index(v.def.Objects, o)
	}
	if o.Extends {
		v.problem(o, "extends", path, "there is no object %q to extend%s", short(o.Name), didYouMean(o.Name, v.objectNames()))
		return
	}
	v.objectName(o, path)
	v.label(o, "label", path, o.Label, maxLabel)
	v.label(o, "pluralLabel", path, o.PluralLabel, maxLabel)
	v.label(o, "description", path, o.Description, maxDescription)
	if len(o.Fields) > MaxFields {
		v.problem(o, "fields", path, "there are %d fields, an object has at most %d", len(o.Fields), MaxFields)
		return
	}
	seen, near := map[string]bool{}, alike{}
	for i, f := range o.Fields {
		at := append(slices.Clone(path), "fields", called(f.Name, i))
		if seen[f.Name] && f.Name != "" {
			v.problem(f, "name", at, "there are two fields of that name")
		} else if first := near.of(f.Name); first != "" {
			v.problem(f, "name", at, differInCase, f.Name, first)
		}
		seen[f.Name] = true
		v.field(o, f, at)
	}
	v.formerFields(o, path)
	v.title(o, path)
	v.indexes(o, path)
	v.rules(o, path)
	v.begins(o)
	v.system(o, path)
	v.follows(o, path)
}

func (v *validator) objectName(o *Object, path []any) {
	if why := nameProblem(o.Name); why != "" {
		v.problem(o, "name", path, "%s", why)
	} else if why := reservedObject(o.Name); why != "" {
		v.problem(o, "name", path, "%s", why)
	}
	switch why := nameProblem(o.Plural); {
	case o.Plural == "":
		v.problem(o, "plural", path, "the plural is missing, as in opportunity, opportunities: it names the list in the API")
	case why != "":
		v.problem(o, "plural", path, "%s", strings.Replace(why, "the name", "the plural", 1))
	case o.Plural == o.Name:
		v.problem(o, "plural", path, "the plural must differ from the name: one record and a list are asked for by them")
	case reservedObjects[o.Plural]:
		v.problem(o, "plural", path, "%q is reserved", o.Plural)
	}
}

func reservedObject(name string) string {
	if reservedObjects[name] {
		return "\"" + name + "\" is reserved: choose another name"
	}
	for _, suffix := range typeSuffixes {
		if strings.HasSuffix(name, suffix) && name != strings.ToLower(suffix) {
			return "a name must not end in " + suffix + ": the API makes types that do"
		}
	}
	return ""
}

func (v *validator) title(o *Object, path []any) {
	if o.Title == "" {
		return
	}
	f := ownOrSystem(o, o.Title)
	switch {
	case f == nil:
		v.problem(o, "title", path, "there is no field %q%s", short(o.Title), didYouMean(o.Title, fieldNames(o.Fields)))
	case specOf(f.ValueKind()).can&canTitle == 0 || f.Kind == KindPrincipal:
		v.problem(o, "title", path, "the field %q is of the kind %s, which cannot name a record", f.Name, f.Kind)
	}
}

func ownOrSystem(o *Object, name string) *Field {
	if f := o.Field(name); f != nil {
		return f
	}
	for _, f := range SystemFields(o) {
		if f.Name == name {
			return f
		}
	}
	return nil
}

func (v *validator) indexes(o *Object, path []any) {
	if len(o.Indexes) > MaxIndexes {
		v.problem(o, "indexes", path, "there are %d indexes, an object has at most %d", len(o.Indexes), MaxIndexes)
		return
	}
	seen := map[string]bool{}
	for i, x := range o.Indexes {
		at := append(slices.Clone(path), "indexes", i)
		key := strings.Join(x.Fields, ",") + " " + x.Where
		if x.Range != nil {
			key += " " + x.Range.From + " " + x.Range.To
		}
		switch {
		case len(x.Fields) == 0 && x.Range == nil:
			v.problem(x, "fields", at, "an index needs fields")
		case len(x.Fields) > maxIndexFields:
			v.problem(x, "fields", at, "an index has at most %d fields", maxIndexFields)
		case seen[key]:
			v.problem(x, "fields", at, "another index has the same fields")
		}
		seen[key] = true
		v.indexFields(o, x, at)
		v.indexRange(o, x, at)
		v.label(x, "message", at, x.Message, maxLabel)
		if x.Message != "" && !x.Unique {
			v.problem(x, "message", at, "a message is for who breaks a unique index: this one is not unique")
		}
		if len(x.Where) > maxRuleText {
			v.problem(x, "where", at, "the condition is longer than %d characters", maxRuleText)
		}
	}
}

func (v *validator) indexFields(o *Object, x *Index, at []any) {
	seen := map[string]bool{}
	for _, name := range x.Fields {
		f := ownOrSystem(o, name)
		switch {
		case f == nil:
			v.problem(x, "fields", at, "there is no field %q%s", short(name), didYouMean(name, fieldNames(o.Fields)))
		case seen[name]:
			v.problem(x, "fields", at, "the field %q stands twice", name)
		case isComputed(f) && f.Computed != Stored:
			v.problem(x, "fields", at, "%q is computed when it is read and has no column for an index", name)
		case specOf(f.ValueKind()).can&canIndex == 0:
			v.problem(x, "fields", at, "the field %q is of the kind %s, which no index is made of", name, f.Kind)
		case f.Kind == KindMultiSelect:
			v.problem(x, "fields", at, "the field %q holds several options, which need an index of their own: set indexed on the field", name)
		case x.Unique && specOf(f.ValueKind()).keyed > 0:
			v.problem(x, "fields", at, "the field %q is of the kind %s, which no unique index is made of", name, f.Kind)
		case f.Kind.IsText() && f.MaxLength > MaxKeyLength:
			v.problem(x, "fields", at, "the text %q may be longer than %d characters, which no index holds", name, MaxKeyLength)
		}
		seen[name] = true
	}
}

func (v *validator) rules(o *Object, path []any) {
	if len(o.Rules) > MaxRules {
		v.problem(o, "rules", path, "there are %d rules, an object has at most %d", len(o.Rules), MaxRules)
		return
	}
	seen := map[string]bool{}
	for i, r := range o.Rules {
		at := append(slices.Clone(path), "rules", called(r.Name, i))
		if why := nameProblem(r.Name); why != "" {
			v.problem(r, "name", at, "%s", why)
		} else if seen[r.Name] {
			v.problem(r, "name", at, "there are two rules of that name")
		}
		seen[r.Name] = true
		v.ruleText(r, at, r.Rule, true)
		if r.Message == "" {
			v.problem(r, "message", at, "a message is missing: the sentence a person sees when the rule is violated")
		}
		v.label(r, "message", at, r.Message, maxLabel)
		if r.Field != "" && o.Field(r.Field) == nil {
			v.problem(r, "field", at, "there is no field %q%s", short(r.Field), didYouMean(r.Field, fieldNames(o.Fields)))
		}
	}
}

func (v *validator) ruleText(component any, at []any, text string, needed bool) {
	v.ruleTextAt(component, "rule", at, text, needed)
}

// ruleTextAt is ruleText for an expression under another key.
func (v *validator) ruleTextAt(component any, key string, at []any, text string, needed bool) {
	switch {
	case text == "" && needed:
		v.problem(component, key, at, "a %s is missing", key)
	case len(text) > maxRuleText:
		v.problem(component, key, at, "the %s is longer than %d characters", key, maxRuleText)
	case hasControl(strings.ReplaceAll(text, "\t", " ")):
		v.problem(component, key, at, "the %s has control characters", key)
	}
}

// follows refuses what cannot be made of the object there is.
func (v *validator) follows(o *Object, path []any) {
	old := v.was.objects[o.Name]
	if old == nil {
		old = v.was.tables[o.Table]
	}
	if old == nil || old.Table != o.Table || old.Implied && o.Implied { // what is implied follows its field
		return
	}
	if old.Unowned != o.Unowned {
		v.problem(o, "unowned", path, "an object cannot gain or lose owner and team once it exists")
	}
	byColumn := make(map[string]*Field, len(old.Fields))
	for _, f := range old.Fields {
		byColumn[f.Column] = f
	}
	for _, f := range o.Fields {
		if w := byColumn[f.Column]; w != nil && isKind(f.Kind) {
			if w.Target != f.Target && v.renamed(w.Target, f.Target) {
				same := *w
				same.Target, w = f.Target, &same
			}
			if why := Convert(w, f).Why; why != "" {
				key := "kind"
				if w.Kind == f.Kind {
					key = ""
				}
				v.problem(f, key, append(slices.Clone(path), "fields", f.Name), "%s", why)
			}
		}
	}
}

// renamed says that the object was called is what is called now.
func (v *validator) renamed(was, now string) bool {
	o, old := v.now.object(now), v.was.objects[was]
	return o != nil && old != nil && o.Table == old.Table
}

// system refuses changes to what the system itself relies on, and what would
// pass for it.
func (v *validator) system(o *Object, path []any) {
	base := systemObjects[o.Name]
	if base == nil {
		if o.Package == systemPackage || systemTables[o.Table] {
			v.problem(o, "name", path, "an object of the system keeps its name")
		}
		base = &Object{}
	} else if o.Plural != base.Plural || o.Package != systemPackage || o.Table != base.Table || !o.Unowned {
		v.problem(o, "", path, "%s is an object of the system: add fields to it with extends, and leave the rest", o.Name)
	}
	for _, f := range base.Fields {
		n := o.Field(f.Name)
		if n == nil || n.Kind != f.Kind || n.Unique != f.Unique || n.Required != f.Required || n.Package != systemPackage || n.Column != f.Column {
			v.problem(o, "fields", path, "the field %s belongs to the system and stays as it is", f.Name)
		}
	}
	for _, f := range o.Fields {
		if f.Package == systemPackage && base.Field(f.Name) == nil {
			v.problem(f, "", append(slices.Clone(path), "fields", f.Name), "the package system is not yours to add to")
		}
	}
}

var systemObjects, systemTables = func() (map[string]*Object, map[string]bool) {
	objects, tables := map[string]*Object{}, map[string]bool{}
	for _, o := range SystemObjects() {
		objects[o.Name], tables[o.Table] = o, true
	}
	return objects, tables
}()

func (v *validator) objectNames() []string {
	var names []string
	for _, o := range v.def.Objects {
		if !o.Extends {
			names = append(names, o.Name)
		}
	}
	return names
}
