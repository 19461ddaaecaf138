package metadata

import (
	"fmt"
	"strconv"
	"time"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/metadata/expr"
)

// ParseDefault reads the field's default. The values are the canonical texts
// of its columns, in the order of Columns: one, or amount and code of a
// currency; none without a default. The problem is a sentence, "" for none.
func (f *Field) ParseDefault() (values []string, problem string) {
	if f.Default == "" {
		return nil, ""
	}
	if f.Kind.IsLookup() {
		return nil, fmt.Sprintf("a field of the kind %s has no default: ids differ from workspace to workspace", f.Kind)
	}
	v, err := f.Coerce(f.Default)
	if err != nil {
		return nil, "the default " + trellis.Public(err)[0].Message
	}
	switch v := v.(type) {
	case string:
		return []string{v}, ""
	case bool:
		return []string{strconv.FormatBool(v)}, ""
	case int64:
		return []string{strconv.FormatInt(v, 10)}, ""
	case *expr.Decimal:
		return []string{v.Text('f')}, ""
	case expr.Date:
		return []string{v.String()}, ""
	case time.Time:
		return []string{v.Format(time.RFC3339Nano)}, ""
	case expr.Money:
		return []string{v.Amount.Text('f'), v.Currency}, ""
	}
	return nil, fmt.Sprintf("a field of the kind %s has no default", f.Kind)
}
