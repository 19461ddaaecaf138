package policy

import (
	"cmp"
	"slices"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/metadata"
)

// compile turns the policies that apply into a grant.
func (e *Engine) compile(set *roleSet, o *metadata.ObjectView, a metadata.Action) (*Grant, error) {
	return e.build(set, o, a, false)
}

// build is compile; in a bare grant computed fields do not inherit.
func (e *Engine) build(set *roleSet, o *metadata.ObjectView, a metadata.Action, bare bool) (*Grant, error) {
	b := grantBuilder{engine: e, g: &Grant{object: o, action: a}, rules: map[string]*rule{}}
	if set.system {
		b.g.allow = []*rule{b.rule("")}
		b.allows = []*entry{nil}
	}
	for _, list := range [][]*entry{set.about("*"), set.about(o.Name)} {
		for _, en := range list {
			// Nobody has rights of their own to an implied link: the engine reads and
			// writes it for those who may see and set the field it links for.
			if en.speaks(o.Name, a) && !o.Implied {
				b.add(en)
			}
		}
	}
	b.sortRules()
	for _, rules := range [][]*rule{b.g.allow, b.g.deny, b.g.narrow} {
		if len(rules) > MaxRules {
			return nil, trellis.Errorf(trellis.CodeForbidden,
				"your roles combine more than %d row rules to %s a record of %s: ask an administrator to merge some", MaxRules, a, o.Name)
		}
	}
	var failed error
	b.g.setFields(func(name string) Access {
		access := b.field(name)
		if f := o.Field(name); !bare && isComputed(f) {
			var err error
			if access, err = b.inherit(set, f, access); err != nil {
				failed = err
			}
		}
		return access
	})
	if failed != nil {
		return nil, failed
	}
	b.g.key = b.g.grantKey()
	return b.g, nil
}

// grantBuilder collects the different rules of a grant and who asked for them.
type grantBuilder struct {
	engine *Engine
	g      *Grant
	// allows and narrows are the policies behind g.allow and g.narrow; a nil
	// entry is the system's own right to everything.
	allows, narrows []*entry
	// rules by text: one rule is one pointer within a grant, whatever the engine
	// forgets meanwhile.
	rules map[string]*rule
}

func (b *grantBuilder) rule(text string) *rule {
	r := b.rules[text]
	if r == nil {
		r = b.engine.rule(b.g.object.Name, text)
		b.rules[text] = r
	}
	return r
}

// add takes a policy in. An allow policy whose rule does not compile gives
// nothing, a denial that does not compile denies every row.
func (b *grantBuilder) add(en *entry) {
	r := b.rule(en.rule)
	switch {
	case !en.deny:
		if r.err == nil {
			b.allows = append(b.allows, en)
			b.g.allow = appendRule(b.g.allow, r)
		}
	case r.err != nil:
		b.g.deny = appendRule(b.g.deny, b.rule(""))
	case en.deniesRow(b.g.action):
		b.g.deny = appendRule(b.g.deny, r)
	default:
		b.narrows = append(b.narrows, en)
		b.g.narrow = appendRule(b.g.narrow, r)
	}
}

func appendRule(rules []*rule, r *rule) []*rule {
	if slices.Contains(rules, r) {
		return rules
	}
	return append(rules, r)
}

// sortRules makes equal grants look equal, whatever the order of the policies.
func (b *grantBuilder) sortRules() {
	for _, rules := range [][]*rule{b.g.allow, b.g.deny, b.g.narrow} {
		slices.SortFunc(rules, func(x, y *rule) int { return cmp.Compare(x.text, y.text) })
	}
}

// field decides the access to one field.
func (b *grantBuilder) field(name string) Access {
	g := b.g
	if g.Never() {
		return Access{}
	}
	if writes(g.action) && (slices.Contains(NeverWritable, name) || isComputed(g.object.Field(name))) {
		return Access{}
	}
	if !writes(g.action) && slices.Contains(AlwaysReadable, name) {
		return Access{Mode: Plain, g: g}
	}
	access := Access{g: g}
	free := false // in every row
	for _, en := range b.allows {
		if en == nil || en.lists(g.action, name) {
			r := b.ruleOf(en)
			access.allow |= 1 << slices.Index(g.allow, r)
			free = free || r.always()
		}
	}
	for _, en := range b.narrows {
		if en.lists(g.action, name) {
			r := b.ruleOf(en)
			if r.always() {
				return Access{}
			}
			access.deny |= 1 << slices.Index(g.narrow, r)
		}
	}
	every := access.allow == 1<<len(g.allow)-1
	switch {
	case access.allow == 0:
		return Access{}
	case (free || every) && access.deny == 0:
		return Access{Mode: Plain, g: g}
	}
	access.Mode = When
	return access
}

func (b *grantBuilder) ruleOf(en *entry) *rule {
	if en == nil {
		return b.rule("")
	}
	return b.rule(en.rule)
}

// Check compiles every rule for every object it speaks of and tells all that
// cannot be used, in order. Such rules deny (see the package comment).
func (e *Engine) Check() error {
	var problems trellis.Errors
	for _, en := range e.entries {
		for _, object := range e.snapshot.Names() {
			if en.policy.Object != "*" && en.policy.Object != object {
				continue
			}
			if err := e.rule(object, en.rule).err; err != nil {
				problems = append(problems, trellis.Wrap(trellis.CodeInvalidInput, err, "on %s: %s", object, err).
					At("policies", en.policy.Name, "rule"))
			}
		}
	}
	return problems.Err()
}
