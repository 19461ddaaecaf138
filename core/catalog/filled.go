package catalog

import (
	"context"
	"reflect"

	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/ddl"
)

// Filled says that the column of a stored formula or roll-up holds its values in
// every record, so that it may be read. f is the field as it was filled: when it
// is another by now, nothing happens, since it has to be filled again. It is a
// revision of its own, without steps.
func (c *Catalog) Filled(ctx context.Context, workspace, object string, f *metadata.Field) error {
	s, err := c.open(ctx, workspace)
	if err != nil {
		return err
	}
	conn, done, err := c.takeTurn(ctx, s)
	if err != nil {
		return err
	}
	defer done()
	v, err := s.catchUp(ctx, conn)
	if err != nil {
		return err
	}
	o := v.Snapshot.Lookup(object)
	if o == nil || !reflect.DeepEqual(o.Field(f.Name), f) || !f.Filling {
		s.swap(v)
		return nil
	}
	def := v.Definition().Fork()
	def.Own(object).Field(f.Name).Filling = false
	view, err := conn.commit(ctx, &change{from: v, def: def, plan: &ddl.Plan{}}, Options{Summary: "filled " + object + "." + f.Name})
	if err != nil {
		return err
	}
	s.swap(view)
	return nil
}
