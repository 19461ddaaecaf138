package ddl

import (
	"fmt"
	"slices"
	"strings"

	"github.com/trellishq/trellis/metadata"
)

// computedField plans what a formula or roll-up needs. One that is computed at
// read has no column. When the type of its values changes, or where they come
// from, the columns are made anew: nothing is lost, since everything in them is
// computed again.
func (p *planner) computedField(c metadata.Change) error {
	o, old, now := c.NewObject, c.OldField, c.NewField
	if c.Op == metadata.OpRestore {
		if old = p.hidden[o.Table+"."+now.Column].FieldWas; slices.Equal(columns(old), columns(now)) {
			p.restoreField(o, now)
			return nil
		}
	}
	switch {
	case c.Op == metadata.OpAdd:
		if now.Width() > 0 && !p.fresh[o.Table] {
			p.addColumn(o, now)
		}
		return nil
	case c.Op == metadata.OpRemove:
		if old.Width() == 0 {
			p.keep(o, old)
		} else {
			p.hideColumn(o, old)
		}
		return nil
	case slices.Equal(columns(old), columns(now)):
		return p.changeField(c)
	}
	var drops []string
	for _, name := range old.Columns() {
		drops = append(drops, "DROP COLUMN IF EXISTS "+quote(name))
	}
	if len(drops) > 0 {
		p.within(Step{Kind: DropColumn, Lock: AccessExclusive, Online: true, Object: o.Name, Field: now.Name,
			SQL: fmt.Sprintf("ALTER TABLE %s %s", p.table(o.Table), strings.Join(drops, ", "))})
	}
	if now.Width() == 0 {
		return nil
	}
	p.addColumn(o, now)
	if len(drops) == 0 {
		return nil
	}
	if p.remade == nil {
		p.remade = map[string]bool{}
	}
	for _, column := range quoted(now.Columns()) {
		p.remade[o.Table+"."+column] = true
	}
	return nil
}
