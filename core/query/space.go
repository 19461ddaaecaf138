package query

import (
	"strings"
	"time"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/expr"
	"github.com/trellishq/trellis/policy"
)

// Space is where the records of one workspace are: its schema in Postgres and
// the revision of the metadata that describes them.
type Space struct {
	Schema   string
	Snapshot *metadata.Snapshot
	// Shapes, when not nil, spares compiling the same selections again.
	Shapes *Shapes
}

// Caller is who reads. Grants are asked of Policy for each object touched.
type Caller struct {
	Principal *policy.Principal
	Policy    *policy.Engine
	// Vars hold what rules may know of the caller and the moment. Nil means what
	// Principal says at Now.
	Vars *expr.Vars
	Now  time.Time
}

func (c *Caller) vars() *expr.Vars {
	if c.Vars == nil {
		c.Vars = c.Principal.Vars(c.Now)
	}
	return c.Vars
}

// TableName is the quoted, qualified name of an object's table.
func (s *Space) TableName(o *metadata.ObjectView) string {
	return Ident(s.Schema) + "." + Ident(o.Table)
}

// Ident quotes a physical name.
func Ident(name string) string {
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}

// Object finds an object; the error for a name that is not there is the same
// as for one the caller may not see.
func (s *Space) Object(name string) (*metadata.ObjectView, error) {
	if o := s.Snapshot.Lookup(name); o != nil {
		return o, nil
	}
	return nil, errNoObject(name)
}

func errNoObject(name string) *trellis.Error {
	return trellis.Errorf(trellis.CodeInvalidInput, "there is no object %q", clip(name))
}

func errNoField(object, name string) *trellis.Error {
	return trellis.Errorf(trellis.CodeInvalidInput, "%s has no field %q", object, clip(name))
}

func clip(s string) string {
	const most = 80
	if len(s) > most {
		return s[:most] + "…"
	}
	return s
}
