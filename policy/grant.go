package policy

import (
	"slices"
	"strings"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/expr"
)

// MaxRules bounds the different row rules that one grant may combine, allow and
// deny each. More is an error for the admin, not a slow query for everybody.
const MaxRules = 64

// Grant is what one role set may do with one object by one action. It is
// immutable and shared; what depends on the person or the moment comes in with
// expr.Vars (Principal.Vars).
type Grant struct {
	object *metadata.ObjectView
	action metadata.Action

	// Different rules, in order of text. allow and deny decide the row, narrow
	// takes single fields away.
	allow, deny, narrow []*rule
	// access has the different accesses to fields, Never first; at has, for each
	// field of object.All, which of them.
	access []Access
	at     []uint16
	key    string
}

// Object is the object the grant is for.
func (g *Grant) Object() *metadata.ObjectView { return g.object }

// Action is what it allows.
func (g *Grant) Action() metadata.Action { return g.action }

// Key names the content of the grant: two grants with equal keys decide the
// same for equal expr.Vars. It is short, printable, and stable between
// processes.
func (g *Grant) Key() string { return g.key }

// Never says that the grant allows no row, whoever asks and whatever is there.
func (g *Grant) Never() bool {
	return len(g.allow) == 0 || slices.ContainsFunc(g.deny, (*rule).always)
}

// Unconditional says that the grant allows every row.
func (g *Grant) Unconditional() bool {
	return len(g.deny) == 0 && slices.ContainsFunc(g.allow, (*rule).always)
}

// Fixed says that the grant is the same whoever asks and whenever: no rule of it
// reads user, now or today. Rows and Access.When then need no Vars.
func (g *Grant) Fixed() bool {
	for _, rules := range [][]*rule{g.allow, g.deny, g.narrow} {
		if slices.ContainsFunc(rules, func(r *rule) bool { return !r.fixed() }) {
			return false
		}
	}
	return !slices.ContainsFunc(g.access, func(a Access) bool { return a.from != nil && !a.from.fixed() })
}

// Rows is the condition a record must meet: expr.Always, expr.Never, or a tree
// (allow OR allow …) AND NOT deny …, negations pushed to the leaves.
func (g *Grant) Rows(v *expr.Vars) expr.Pred {
	allow, deny := g.Arms(v)
	return expr.Fold(expr.And{expr.Or(allow), deny})
}

// Arms gives the alternatives of Rows singly, for plans that read each by its
// own index and unite them: a record is allowed when one of allow and rest
// hold. Without alternatives it is in no case allowed.
func (g *Grant) Arms(v *expr.Vars) (allow []expr.Pred, rest expr.Pred) {
	if g.Never() {
		return nil, expr.Never
	}
	for _, r := range g.allow {
		switch p := expr.Fold(r.holds(v)); p {
		case expr.Never:
		case expr.Always:
			allow = []expr.Pred{p}
			return allow, g.undenied(v)
		default:
			allow = append(allow, p)
		}
	}
	if len(allow) == 0 {
		return nil, expr.Never
	}
	return allow, g.undenied(v)
}

func (g *Grant) undenied(v *expr.Vars) expr.Pred {
	var all expr.And
	for _, r := range g.deny {
		all = append(all, r.fails(v))
	}
	return expr.Fold(all)
}

// Allows says whether Rows holds for one record, in process.
func (g *Grant) Allows(rec expr.Record, v *expr.Vars) bool {
	return expr.Holds(g.Rows(v), rec)
}

// Field says how a field may be seen (or, by a grant to create or update,
// written). A field that does not exist is Never, so that the two look alike.
func (g *Grant) Field(name string) Access {
	if i := g.object.Position(name); i >= 0 {
		return g.access[g.at[i]]
	}
	return Access{}
}

// setFields decides all fields.
func (g *Grant) setFields(decide func(name string) Access) {
	g.access, g.at = []Access{{}}, make([]uint16, len(g.object.All))
	for i, f := range g.object.All {
		a := decide(f.Name)
		if a.Mode == Never {
			continue
		}
		k := slices.Index(g.access, a)
		if k < 0 {
			k = len(g.access)
			g.access = append(g.access, a)
		}
		g.at[i] = uint16(k) // there are fewer fields
	}
	g.access = slices.Clone(g.access) // of its length
}

// Writable is Field for a grant to create or update, and Never for any other
// action.
func (g *Grant) Writable(name string) Access {
	if !writes(g.action) {
		return Access{}
	}
	return g.Field(name)
}

// grantKey digests what decides. Rules are in order already.
func (g *Grant) grantKey() string {
	var b strings.Builder
	write := func(s string) { b.WriteString(s); b.WriteByte(0) }
	write(g.object.Name)
	write(string(g.action))
	for _, rules := range [][]*rule{g.allow, g.deny, g.narrow} {
		for _, r := range rules {
			write(r.text)
		}
		write("\x01")
	}
	for _, f := range g.object.All {
		if a := g.Field(f.Name); a.Mode != Never {
			write(f.Name)
			write(a.Mode.String())
			b.Write(appendMask(nil, a.allow))
			b.Write(appendMask(nil, a.deny))
			if a.from != nil {
				write(a.from.digest())
			}
		}
	}
	return shortHash([]byte(b.String()))
}

func appendMask(b []byte, m uint64) []byte {
	for range 8 {
		b = append(b, byte(m))
		m >>= 8
	}
	return b
}

// Write is the condition under which a write of the changed fields is allowed:
// the row rule and the access to each of the fields. It must hold for the old
// image (update, delete) and for the new one (create, update). A field that is
// never writable is a FORBIDDEN error with its name as path.
func (g *Grant) Write(changed []string, v *expr.Vars) (expr.Pred, error) {
	all := expr.And{g.Rows(v)}
	var seen []Access // fields of one policy share their condition
	for _, name := range changed {
		a := g.Writable(name)
		switch {
		case a.Mode == Plain:
		case a.Mode == Never:
			return nil, errField(name)
		case !slices.Contains(seen, a):
			seen = append(seen, a)
			all = append(all, a.When(v))
		}
	}
	return expr.Fold(all), nil
}

// CheckWrite decides a write in process. old is the image before (nil when
// creating), changed names the fields that are given and differ, next is the
// image after (nil when deleting). Both images must be allowed, so that nobody
// moves a record out of, or into, what they may write. The error is FORBIDDEN,
// with the field as path when only a field is refused, and says nothing about
// the record.
func (g *Grant) CheckWrite(old, next expr.Record, changed []string, v *expr.Vars) error {
	rows := g.Rows(v)
	for _, image := range []expr.Record{old, next} {
		if image != nil && !expr.Holds(rows, image) {
			return errRow(g)
		}
	}
	if old == nil && next == nil {
		return errRow(g)
	}
	for _, name := range changed {
		a := g.Writable(name)
		for _, image := range []expr.Record{old, next} {
			if image != nil && !a.Holds(image, v) {
				return errField(name)
			}
		}
	}
	return nil
}

func errField(name string) *trellis.Error {
	return trellis.Errorf(trellis.CodeForbidden, "you may not set this field").At(name)
}

func errRow(g *Grant) *trellis.Error {
	return trellis.Errorf(trellis.CodeForbidden, "you may not %s this %s", g.action, g.object.Name)
}
