package metadata

import (
	"fmt"
	"regexp"
	"slices"

	"github.com/trellishq/trellis"
)

// Limits of a workspace's metadata.
const (
	MaxObjects  = 5000
	MaxFields   = 500 // own fields of an object
	MaxOptions  = 500
	MaxIndexes  = 40 // declared, of an object
	MaxRules    = 100
	MaxRoles    = 1000
	MaxPolicies = 10_000

	maxIndexFields = 8
	maxLabel       = 200
	maxDescription = 2000
	maxLanguages   = 20
	maxRuleText    = 4000
	maxPrecision   = 38
	maxScale       = 18
	maxInheritance = 8
)

// Validate tells all problems of a normalised definition, each with its path
// and, where it was read from YAML, file and line. It is nil when New may be
// called.
func Validate(def *Definition) trellis.Errors { return ValidateChange(def, nil) }

// ValidateChange is Validate for a definition made from one that is valid. It
// also refuses what cannot follow on current, as a field that would change its
// kind. Components that both share are not looked at again unless what they
// refer to changed, so the cost is that of the change.
func ValidateChange(def, current *Definition) trellis.Errors {
	if current == nil {
		current = &Definition{}
	}
	v := newValidator(def, current)
	v.structure()
	if len(v.errs) > 0 && !v.narrowed {
		// What something wrong leads to elsewhere is told as well.
		v = newValidator(def, current)
		v.openAll()
		v.structure()
	}
	if len(v.errs) == 0 {
		v.expressions()
		v.keysWhileFilling(current)
	}
	if len(v.errs) > maxProblems {
		v.errs = v.errs[:maxProblems]
	}
	return v.errs
}

func newValidator(def, current *Definition) *validator {
	v := &validator{def: def, now: find(def, current), settledBut: map[*Object]bool{}}
	v.compare(current)
	return v
}

// structure checks everything but expressions.
func (v *validator) structure() {
	v.limits()
	v.packages()
	for _, o := range v.open {
		v.object(o)
	}
	v.names()
	if v.newRoles {
		v.roles()
	}
	v.policies()
}

// validator collects the problems of one definition.
type validator struct {
	def *Definition
	now *finder
	// was has what the definition was made from and does not share with it.
	was struct {
		objects map[string]*Object
		tables  map[string]*Object
	}
	// open has the objects to look at, in order: those that differ, or all when
	// narrowed.
	open         []*Object
	settledBut   map[*Object]bool // those that are open
	openPolicies []*Policy
	newRoles     bool
	// narrowed says that something others may refer to is gone or changed.
	narrowed bool
	fresh    []*Object        // that were not there before
	told     map[*Object]bool // circles of required lookups
	graph    *computeGraph
	errs     trellis.Errors
}

// compare finds out what differs from the current definition, and whether
// anything was taken away or changed in its nature.
func (v *validator) compare(current *Definition) {
	gone, come := Differing(current.Objects, v.def.Objects)
	gonePackages, _ := Differing(current.Packages, v.def.Packages)
	goneRoles, comeRoles := Differing(current.Roles, v.def.Roles)
	v.newRoles = current.snapshot == nil || len(goneRoles)+len(comeRoles) > 0
	_, v.openPolicies = Differing(current.Policies, v.def.Policies)
	v.was.objects, v.was.tables = make(map[string]*Object, len(gone)), make(map[string]*Object, len(gone))
	for _, o := range gone {
		v.was.objects[o.Name], v.was.tables[o.Table] = o, o
	}
	v.open = come
	for _, o := range come {
		if v.was.objects[o.Name] == nil {
			v.fresh = append(v.fresh, o)
		}
	}
	for _, old := range gone {
		o := v.now.object(old.Name)
		v.narrowed = v.narrowed || o == nil || narrows(old, o)
	}
	for _, old := range gonePackages {
		v.narrowed = v.narrowed || !slices.ContainsFunc(v.def.Packages, func(p *Package) bool { return p.Name == old.Name })
	}
	for _, old := range goneRoles {
		v.narrowed = v.narrowed || v.now.roles[old.Name] == nil
	}
	if v.narrowed {
		v.openAll()
		return
	}
	for _, o := range v.open {
		v.settledBut[o] = true
	}
}

// openAll looks at everything.
func (v *validator) openAll() {
	v.narrowed, v.newRoles = true, true
	v.open, v.openPolicies = v.def.Objects, v.def.Policies
	for _, o := range v.open {
		v.settledBut[o] = true
	}
}

// narrows says that something that was valid of old may not be of o.
func narrows(old, o *Object) bool {
	if old.Plural != o.Plural || old.Unowned != o.Unowned {
		return true
	}
	fields := make(map[string]*Field, len(o.Fields))
	for _, f := range o.Fields {
		fields[f.Name] = f
	}
	return slices.ContainsFunc(old.Fields, func(f *Field) bool {
		n := fields[f.Name]
		return n == nil || n.Kind != f.Kind || n.Type() != f.Type() || n.Computed != f.Computed || n.Target != f.Target || !slices.Equal(n.Targets, f.Targets) || n.Inverse != f.Inverse || len(n.Options) < len(f.Options) ||
			f.Kind == KindSelect && !slices.EqualFunc(f.Options, n.Options[:len(f.Options)], func(a, b *Option) bool { return a.Name == b.Name })
	})
}

// settled says that a component was valid and nothing it refers to changed.
func (v *validator) settled(o *Object) bool { return !v.settledBut[o] }

// problem reports about a component, at its key if one is given.
func (v *validator) problem(component any, key string, path []any, format string, args ...any) {
	e := trellis.Errorf(trellis.CodeValidationFailed, format, args...)
	e.Message += v.def.origin.suffix(component, key)
	e.Path = slices.Clone(path)
	if key != "" {
		e.Path = append(e.Path, key)
	}
	v.errs = append(v.errs, e)
}

func (v *validator) limits() {
	for _, l := range []struct {
		what string
		n    int
		most int
	}{
		{"objects", len(v.def.Objects), MaxObjects},
		{"roles", len(v.def.Roles), MaxRoles},
		{"policies", len(v.def.Policies), MaxPolicies},
		{"packages", len(v.def.Packages), MaxRoles},
	} {
		if l.n > l.most {
			v.problem(nil, "", []any{l.what}, "there are %d %s, a workspace has at most %d", l.n, l.what, l.most)
		}
	}
}

func (v *validator) packages() {
	seen := map[string]bool{}
	for i, p := range v.def.Packages {
		path := []any{"packages", called(p.Name, i)}
		if why := nameProblem(p.Name); why != "" {
			v.problem(p, "name", path, "%s", why)
		} else if seen[p.Name] || p.Name == systemPackage {
			v.problem(p, "name", path, "the package %q is there already", p.Name)
		}
		seen[p.Name] = true
		if !versionShape.MatchString(p.Version) {
			v.problem(p, "version", path, "a version has at most %d letters, digits and . + -, as in 1.4.0", MaxName)
		}
		v.label(p, "label", path, p.Label, maxLabel)
	}
	seen[systemPackage] = true
	owned := func(component any, pkg string, path ...any) {
		if !seen[pkg] {
			v.problem(component, "", path, "it belongs to the package %q, which is not listed", pkg)
			seen[pkg] = true // told once
		}
	}
	for _, o := range v.open {
		owned(o, o.Package, "objects", o.Name)
		for _, f := range o.Fields {
			owned(f, f.Package, "objects", o.Name, "fields", f.Name)
		}
	}
}

// called is how a list's item is named in a path.
func called(name string, i int) any {
	if name == "" {
		return i
	}
	return name
}

var versionShape = regexp.MustCompile(`^[0-9A-Za-z.+-]{0,40}$`)

var languageTag = regexp.MustCompile(`^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$`)

func (v *validator) label(component any, key string, path []any, l Label, most int) {
	tags := l.tags()
	if len(tags) > maxLanguages {
		v.problem(component, key, path, "there are more than %d languages", maxLanguages)
	}
	for _, tag := range tags {
		switch text := l.Text(tag); {
		case !languageTag.MatchString(tag):
			v.problem(component, key, path, "%q is no language tag, as en or zh", short(tag))
		case len([]rune(text)) > most:
			v.problem(component, key, path, "the text in %s is longer than %d characters", tag, most)
		case text == "":
			v.problem(component, key, path, "the text in %s is empty", tag)
		case hasControl(text):
			v.problem(component, key, path, "the text in %s has control characters", tag)
		}
	}
}

func hasControl(s string) bool {
	return slices.ContainsFunc([]rune(s), func(r rune) bool { return r < ' ' && r != '\n' || r == 0x7f || r == '\uFFFD' })
}

// short bounds what a message quotes.
func short(s string) string {
	if r := []rune(s); len(r) > MaxName+1 {
		return string(r[:MaxName]) + "…"
	}
	return s
}

func plural(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %ss", n, one)
}
