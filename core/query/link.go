package query

import (
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/policy"
)

// linked writes that a link leads from the record with the id to the record of
// to: an EXISTS over the link object, which Postgres turns into a join.
//
// A caller needs the right to see the manyToMany field. To a link object that
// somebody defined they also need that of its own, and to see both its lookups;
// one that is implied has no rights beside those of its field.
func (r *renderer) linked(rel *metadata.Relation, id string, to scope) error {
	link, near, far := r.c.space.Snapshot.Sides(rel)
	l := scope{alias: r.alias(), object: link}
	woven := to.grant != nil
	if woven && !link.Implied {
		var err error
		if l.grant, err = r.c.grant(link.Name); err != nil {
			return err
		}
	}
	r.text("EXISTS (SELECT 1 FROM " + r.c.space.TableName(link) + " " + l.alias + " WHERE ")
	if err := r.refers(l, near, near.Target, id); err != nil {
		return err
	}
	r.text(" AND ")
	if err := r.refers(l, far, far.Target, to.alias+`."id"`); err != nil {
		return err
	}
	r.text(" AND " + l.alias + `."deleted_at" IS NULL`)
	if l.grant != nil {
		if err := r.andRows(l); err != nil {
			return err
		}
	}
	r.text(")")
	if !woven {
		return nil
	}
	return r.linkField(rel, id, to)
}

// linkField adds the condition under which the caller sees the manyToMany
// field, on whichever record has it.
func (r *renderer) linkField(rel *metadata.Relation, id string, to scope) error {
	g, err := r.c.grant(rel.Of)
	if err != nil {
		return err
	}
	a := g.Field(rel.Field.Name)
	switch a.Mode {
	case policy.Plain:
		return nil
	case policy.When:
	default:
		return errNoField(rel.Of, rel.Field.Name)
	}
	cond := a.When(r.c.varsOf(g))
	if rel.Back() {
		r.text(" AND ")
		return r.trusted(to, cond)
	}
	o, err := r.c.space.Object(rel.Of)
	if err != nil {
		return err
	}
	of := scope{alias: r.alias(), object: o}
	r.text(" AND EXISTS (SELECT 1 FROM " + r.c.space.TableName(o) + " " + of.alias + " WHERE " + of.alias + `."id" = ` + id + " AND ")
	if err := r.trusted(of, cond); err != nil {
		return err
	}
	r.text(")")
	return nil
}
