package metadata

import "strings"

// alike refuses names that differ in capitals alone: people take one for the
// other, and the files of a package would be one file on many disks.
type alike map[string]string

// of gives the name that was there first, "" for none.
func (a alike) of(name string) string {
	low := strings.ToLower(name)
	first, there := a[low]
	if !there {
		a[low] = name
	}
	if first == name {
		return ""
	}
	return first
}

// namesAlike looks at objects: at all of them as soon as one is new.
func (v *validator) namesAlike() {
	if len(v.fresh) == 0 {
		return
	}
	seen := alike{}
	for _, o := range v.def.Objects {
		if first := seen.of(o.Name); first != "" && !o.Extends {
			v.problem(o, "name", []any{"objects", o.Name}, differInCase, o.Name, first)
		}
	}
}

const differInCase = "%q and %q differ in capitals alone: choose another name"
