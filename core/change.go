package core

import (
	"errors"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/metadata"
)

// Change is one record in a BeforeEvent.
type Change struct{ row *row }

// ID is the record's id; a new record has its own already.
func (c *Change) ID() trellis.ID { return c.row.id }

// Get is a field's value after the write, canonical.
func (c *Change) Get(field string) any { return c.row.image.Values[field] }

// Old is a field's value before the write, nil for a new record.
func (c *Change) Old(field string) any {
	if c.row.old == nil {
		return nil
	}
	return c.row.old.Values[field]
}

// Changed says whether the write changes a field.
func (c *Change) Changed(field string) bool { return c.row.changed[field] }

// Refused says that the record was refused already, by a rule or another hook.
func (c *Change) Refused() bool { return c.row.err != nil }

// Set changes a field of the image to be written; v may have any form that
// metadata.Field.Coerce reads. System fields are not a hook's to set.
func (c *Change) Set(field string, v any) error {
	f := c.row.object.Field(field)
	if f == nil || f.System() && field != "owner" && field != "team" {
		return trellis.Errorf(trellis.CodeInvalidInput, "%s has no field %q to set", c.row.object.Name, field)
	}
	value, err := f.Coerce(v)
	if err != nil {
		var e *trellis.Error
		if errors.As(err, &e) {
			return e.At(field)
		}
		return err
	}
	c.row.set(f, value)
	return nil
}

// Refuse turns the record away. The path of err is taken from the record's
// fields; the first refusal counts.
func (c *Change) Refuse(err *trellis.Error) { c.row.fail(err.At(c.row.path...)) }

// set puts a canonical value into the new image and keeps changed in step.
func (w *row) set(f *metadata.Field, value any) {
	if value == nil {
		delete(w.image.Values, f.Name)
	} else {
		w.image.Values[f.Name] = value
	}
	var before any
	if w.old != nil {
		before = w.old.Values[f.Name]
	}
	if metadata.Equal(before, value) {
		delete(w.changed, f.Name)
		return
	}
	w.changed[f.Name] = true
}
