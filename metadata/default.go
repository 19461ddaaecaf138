package metadata

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/trellishq/trellis/metadata/expr"
)

// ParseDefault reads the field's default. The values are the canonical texts
// of its columns, in the order of Parts, "" for one that is null; none without
// a default. The problem is a sentence, "" for none.
func (f *Field) ParseDefault() (values []string, problem string) {
	if f.Default == "" {
		return nil, ""
	}
	if f.Kind.IsLookup() || f.Kind == KindPolymorphic {
		return nil, fmt.Sprintf("a field of the kind %s has no default: ids differ from workspace to workspace", f.Kind)
	}
	v, err := f.Coerce(f.Default)
	if err != nil {
		return nil, "the default " + sentence(err)
	}
	if v == nil || f.spec().settings&setDefault == 0 {
		return nil, fmt.Sprintf("a field of the kind %s has no default", f.Kind)
	}
	for _, part := range Split(f, v) {
		values = append(values, columnText(part))
	}
	return values, ""
}

// columnText is the text PostgreSQL reads a column's value from.
func columnText(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case *expr.Decimal:
		return v.Text('f')
	case expr.Date:
		return v.String()
	case time.Time:
		return v.Format(time.RFC3339Nano)
	case expr.TimeOfDay:
		return v.String()
	case time.Duration:
		return strconv.FormatInt(v.Microseconds(), 10)
	case json.RawMessage:
		return string(v)
	case []string: // names of options, which need no quotes
		return "{" + strings.Join(v, ",") + "}"
	}
	return ""
}
