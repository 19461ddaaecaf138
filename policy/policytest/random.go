package policytest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/policy"
)

// Watched are the fields of a deal that random policies list.
var Watched = []string{"code", "size", "price", "rep"}

// Set is one random set of policies and who asks.
type Set struct {
	Seed     uint64
	roles    []*metadata.Role
	policies []*randomPolicy
	holds    []string // roles held by the principal
	name     string
	teams    []trellis.ID
	below    []trellis.ID
}

type randomPolicy struct {
	metadata.Policy
	rule *node // nil for every row
}

// NewSet makes the set of a seed: 4 to 9 policies over 4 roles that inherit.
func NewSet(seed uint64) *Set {
	rnd := rand.New(rand.NewPCG(seed, 2))
	s := &Set{Seed: seed, name: pick(rnd, users), teams: idsOf(rnd, teams), below: idsOf(rnd, users)}
	for i := range 4 {
		r := &metadata.Role{Name: fmt.Sprintf("r%d", i)}
		if i > 0 && rnd.IntN(2) == 0 {
			r.Inherits = []string{fmt.Sprintf("r%d", rnd.IntN(i))}
		}
		s.roles = append(s.roles, r)
	}
	s.holds = []string{fmt.Sprintf("r%d", rnd.IntN(4)), fmt.Sprintf("r%d", rnd.IntN(4))}
	for i := range 4 + rnd.IntN(6) {
		s.policies = append(s.policies, randomPolicyOf(rnd, i, i == 0))
	}
	s.policies[0].Role = s.holds[0]
	return s
}

func randomPolicyOf(rnd *rand.Rand, i int, first bool) *randomPolicy {
	p := &randomPolicy{Policy: metadata.Policy{
		Name: fmt.Sprintf("p%d", i), Role: fmt.Sprintf("r%d", rnd.IntN(4)), Object: Tested, Effect: metadata.Allow,
		Actions: []metadata.Action{metadata.ActionRead},
	}}
	if !first && rnd.IntN(3) == 0 {
		p.Effect = metadata.Deny
	}
	if rnd.IntN(5) == 0 {
		p.Object = "*"
	}
	if rnd.IntN(8) > 0 {
		p.rule = grammar{rnd}.rule(1 + rnd.IntN(4))
		if p.Object == "*" { // what every object has
			p.rule = &node{row: "time", text: "record.createdAt <= now && record.version > 0"}
		}
	}
	if rnd.IntN(5) == 0 {
		p.Actions = []metadata.Action{metadata.ActionAny}
	}
	if rnd.IntN(3) == 0 {
		for _, f := range Watched {
			if rnd.IntN(2) == 0 {
				p.ReadFields = append(p.ReadFields, f)
			}
		}
	}
	return p
}

// Count adds the rows of the mapping table that the set's rules use.
func (s *Set) Count(covered map[string]int) {
	for _, p := range s.policies {
		if p.rule != nil {
			p.rule.count(covered)
		}
	}
}

// World puts the set into the universe. It also gives the principal that asks.
func (s *Set) World(u *Universe) (*World, *policy.Principal, error) {
	def := &metadata.Definition{Objects: objects(), Roles: s.roles}
	for _, p := range s.policies {
		c := p.Policy
		if p.rule != nil {
			c.Rule = p.rule.String()
		}
		def.Policies = append(def.Policies, &c)
	}
	w, err := NewWorld(def, u.Now)
	if err != nil {
		return nil, nil, err
	}
	w.Records = u.Records
	return w, w.AddPrincipal(s.name, s.holds, s.teams, s.below), nil
}

// String writes the set for a failing test.
func (s *Set) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "seed %d: %s holds %v, teams %v, below %v\n", s.Seed, s.name, s.holds, s.teams, s.below)
	for _, r := range s.roles {
		if len(r.Inherits) > 0 {
			fmt.Fprintf(&b, "  %s inherits %v\n", r.Name, r.Inherits)
		}
	}
	for _, p := range s.policies {
		rule := ""
		if p.rule != nil {
			rule = p.rule.String()
		}
		fmt.Fprintf(&b, "  %s %s %s on %s %v fields %v: %s\n", p.Name, p.Effect, p.Role, p.Object, p.Actions, p.ReadFields, rule)
	}
	return b.String()
}

// With is the set and one more random policy of an effect for a role the
// principal holds.
func (s *Set) With(effect metadata.Effect) *Set {
	rnd := rand.New(rand.NewPCG(s.Seed, 3))
	p := randomPolicyOf(rnd, 1000, true)
	p.Effect, p.Role = effect, s.holds[0]
	c := *s
	c.policies = append(slices.Clip(s.policies), p)
	return &c
}

// Shrink gives the smallest set found that still fails: without policies,
// with a part for the whole of a rule, without field lists.
func (s *Set) Shrink(fails func(*Set) bool) *Set {
	for {
		smaller := s.smallerWhere(fails)
		if smaller == nil {
			return s
		}
		s = smaller
	}
}

func (s *Set) smallerWhere(fails func(*Set) bool) *Set {
	for i, p := range s.policies {
		var tries []*randomPolicy
		if len(s.policies) > 1 {
			tries = append(tries, nil)
		}
		if p.ReadFields != nil {
			c := *p
			c.ReadFields = nil
			tries = append(tries, &c)
		}
		if p.rule != nil {
			for _, smaller := range p.rule.smaller() {
				c := *p
				c.rule = smaller
				tries = append(tries, &c)
			}
		}
		for _, t := range tries {
			c := *s
			c.policies = slices.Clone(s.policies)
			if t == nil {
				c.policies = slices.Delete(c.policies, i, i+1)
			} else {
				c.policies[i] = t
			}
			if fails(&c) {
				return &c
			}
		}
	}
	return nil
}

// smaller are the rules with one part in the place of its whole.
func (n *node) smaller() []*node {
	out := slices.Clone(n.kids)
	for i, k := range n.kids {
		for _, sub := range k.smaller() {
			c := *n
			c.kids = slices.Clone(n.kids)
			c.kids[i] = sub
			out = append(out, &c)
		}
	}
	return out
}

// Rules are the texts of the set's rules.
func (s *Set) Rules() []string {
	var out []string
	for _, p := range s.policies {
		if p.rule != nil {
			out = append(out, p.rule.String())
		}
	}
	return out
}
