package policy

import (
	"slices"
	"strings"

	"github.com/trellishq/trellis/metadata"
)

// Rights are what the principals of one role set may do, whoever of them asks
// and until when their roles last: for what is kept between requests and shared
// by all of them. The zero Rights is of nobody and must not be used.
type Rights struct {
	engine *Engine
	set    *roleSet
}

// Rights gives those of the principal's role set; errors are those of Grant.
func (e *Engine) Rights(p *Principal) (Rights, error) {
	set, err := e.roleSet(p)
	return Rights{e, set}, err
}

// Key names the policies behind the rights. Rights of one snapshot with equal
// keys let see and do the same; different keys may do so too. It costs the time
// of the role set's policies once, whatever the number of objects.
func (r Rights) Key() string {
	if k := r.set.key.Load(); k != nil {
		return *k
	}
	k := "system"
	if !r.set.system {
		texts := make([]string, len(r.set.entries))
		for i, en := range r.set.entries {
			texts[i] = en.digest()
		}
		slices.Sort(texts)
		k = shortHash([]byte(strings.Join(slices.Compact(texts), "\x02")))
	}
	r.set.key.Store(&k)
	return k
}

// Might says that some policy speaks for one of the actions: without one, no
// object has to be asked for.
func (r Rights) Might(wanted ...metadata.Action) bool {
	return r.set.system || slices.ContainsFunc(r.set.entries, func(en *entry) bool {
		return !en.deny && slices.ContainsFunc(wanted, func(a metadata.Action) bool { return slices.Contains(en.actions, a) })
	})
}

// digest has all of a policy that decides, but whose it is.
func (en *entry) digest() string {
	var b strings.Builder
	write := func(list ...string) {
		for _, s := range list {
			b.WriteString(s)
			b.WriteByte(0)
		}
		b.WriteByte(1)
	}
	effect := "allow"
	if en.deny {
		effect = "deny"
	}
	write(en.policy.Object, effect, en.rule)
	for _, a := range en.actions {
		write(string(a))
	}
	write(slices.Sorted(slices.Values(en.policy.ReadFields))...)
	write(slices.Sorted(slices.Values(en.policy.WriteFields))...)
	return b.String()
}
