package metadata

import (
	"slices"
	"time"
)

// maxFormerly is how many former names a component may list.
const maxFormerly = 20

// formerly checks the former names of an object or field. A name must not be
// taken by what is there now.
func (v *validator) formerly(component any, at []any, name string, list []*Alias, taken func(string) string) {
	if len(list) > maxFormerly {
		v.problem(component, "formerly", at, "there are more than %d former names", maxFormerly)
		return
	}
	for i, a := range list {
		where := append(slices.Clone(at), "formerly", called(a.Name, i))
		switch why := nameProblem(a.Name); {
		case why != "":
			v.problem(a, "name", where, "%s", why)
		case a.Name == name:
			v.problem(a, "name", where, "%q is the name it has: a former name is another one", a.Name)
		case slices.ContainsFunc(list[:i], func(b *Alias) bool { return a.Name == b.Name }):
			v.problem(a, "name", where, "%q stands twice", a.Name)
		default:
			if by := taken(a.Name); by != "" {
				v.problem(a, "name", where, "%q is taken by %s: a former name must be free", a.Name, by)
			}
		}
		if a.Until != "" {
			if d, err := time.Parse(time.DateOnly, a.Until); err != nil || d.Year() < 1 {
				v.problem(a, "until", where, "a date is needed, as in 2027-12-31: the last day on which the old name answers")
			}
		}
		if why := nameProblem(a.Plural); a.Plural != "" && why != "" {
			v.problem(a, "plural", where, "%s", why)
		}
	}
}

// formerFields checks the former names of an object's fields.
func (v *validator) formerFields(o *Object, path []any) {
	holder := map[string]*Field{}
	for i, f := range o.Fields {
		if len(f.Formerly) == 0 {
			continue
		}
		at := append(slices.Clone(path), "fields", called(f.Name, i))
		v.formerly(f, at, f.Name, f.Formerly, func(name string) string {
			if other := ownOrSystem(o, name); other != nil {
				return "a field"
			}
			if reservedFields[name] {
				return "the system"
			}
			if first := holder[name]; first != nil && first != f {
				return "a former name of " + first.Name
			}
			holder[name] = f
			return ""
		})
		for _, a := range f.Formerly {
			if a.Plural != "" {
				v.problem(a, "plural", append(at, "formerly", a.Name), "a field has no plural")
			}
		}
	}
}

// formerObjects checks the former names of objects against all that is there.
func (v *validator) formerObjects() {
	holder := map[string]string{}
	var plurals map[string]string
	for _, o := range v.def.Objects {
		if len(o.Formerly) == 0 {
			continue
		}
		if plurals == nil {
			plurals = map[string]string{}
			for _, p := range v.def.Objects {
				plurals[p.Plural] = p.Name
			}
		}
		v.formerly(o, []any{"objects", o.Name}, o.Name, o.Formerly, func(name string) string {
			switch {
			case v.now.object(name) != nil:
				return "an object"
			case plurals[name] != "":
				return "the plural of " + plurals[name]
			case reservedObject(name) != "":
				return "the system"
			case holder[name] != "" && holder[name] != o.Name:
				return "a former name of " + holder[name]
			}
			holder[name] = o.Name
			return ""
		})
	}
}
