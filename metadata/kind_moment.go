package metadata

import (
	"strings"
	"time"

	"github.com/trellishq/trellis/metadata/expr"
)

var (
	dateSpec = spec{of: expr.DateType, columns: single(expr.DateType, StoredDate), settings: setDefault, can: canKey,
		coerce: func(_ *Field, v any) (any, error) { return coerceDate(v) }}
	dateTimeSpec = spec{of: expr.TimestampType, columns: single(expr.TimestampType, StoredTimestamp), settings: setDefault, can: canKey,
		coerce: func(_ *Field, v any) (any, error) { return coerceTime(v) }}
)

func coerceDate(v any) (any, error) {
	switch v := v.(type) {
	case expr.Date:
		if v >= expr.MinDate && v <= expr.MaxDate {
			return v, nil
		}
	case string:
		if d, err := expr.ParseDate(strings.TrimSpace(v)); err == nil {
			return d, nil
		}
	}
	return nil, invalid("must be a date like 2026-01-31")
}

func coerceTime(v any) (any, error) {
	t, ok := v.(time.Time)
	if s, isText := v.(string); isText {
		var err error
		t, err = time.Parse(time.RFC3339Nano, strings.TrimSpace(s))
		ok = err == nil
	}
	if !ok {
		return nil, invalid("must be a date and time like 2026-01-31T09:30:00Z")
	}
	t = t.UTC().Truncate(time.Microsecond)
	if t.Year() < 1 || t.Year() > 9999 {
		return nil, invalid("is out of range: years go from 1 to 9999")
	}
	return t, nil
}
