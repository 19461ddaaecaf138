package metadata

import "github.com/trellishq/trellis"

// Limits of values, the same in every API.
const (
	MaxInteger     = 1<<53 - 1
	DefaultLength  = 255
	MaxLength      = 10_000
	MaxKeyLength   = 500 // of text that is unique or indexed
	DefaultDigits  = 18
	DefaultDecimal = 2
)

// Coerce turns a value as JSON, YAML, CSV or a remote record have it into the
// canonical Go value of the field's kind, of the Go type that expr.Type names;
// nil is null. A canonical value comes back checked. Text is trimmed of nothing;
// empty text is null. The error is INVALID_INPUT with a sentence that fits any
// language of input, and without a path.
func (f *Field) Coerce(v any) (any, error) {
	if v == nil {
		return nil, nil
	}
	if s, ok := v.(string); ok && s == "" {
		return nil, nil
	}
	out, err := f.spec().coerce(f, v)
	if err != nil {
		return nil, err
	}
	return out, nil
}

func invalid(format string, args ...any) error {
	return trellis.Errorf(trellis.CodeInvalidInput, format, args...)
}

// sentence is what an error says to people.
func sentence(err error) string { return trellis.Public(err)[0].Message }
