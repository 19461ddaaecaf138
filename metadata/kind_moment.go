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
	timeSpec = spec{of: expr.TimeOfDayType, columns: single(expr.TimeOfDayType, StoredTime), settings: setDefault, can: canKey,
		coerce: func(_ *Field, v any) (any, error) { return coerceTimeOfDay(v) }}
	durationSpec = spec{of: expr.DurationType, columns: single(expr.DurationType, StoredInt8), settings: setDefault, can: canKey &^ canUnique,
		coerce: func(_ *Field, v any) (any, error) { return coerceDuration(v) }}
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

func coerceTimeOfDay(v any) (any, error) {
	switch v := v.(type) {
	case expr.TimeOfDay:
		if v >= 0 && v <= expr.MaxTimeOfDay {
			return v, nil
		}
	case string:
		if t, err := expr.ParseTimeOfDay(strings.TrimSpace(v)); err == nil {
			return t, nil
		}
	}
	return nil, invalid("must be a time of the day like 09:30 or 09:30:15")
}

func coerceDuration(v any) (any, error) {
	switch v := v.(type) {
	case time.Duration:
		d := v.Truncate(time.Microsecond)
		if d > expr.MaxDuration || d < -expr.MaxDuration {
			return nil, invalid("must be at most %d days long", expr.MaxDuration/(24*time.Hour))
		}
		return d, nil
	case string:
		d, err := expr.ParseDuration(strings.TrimSpace(v))
		if err != nil {
			return nil, invalid("must be a duration: %s", sentence(err))
		}
		return d, nil
	}
	return nil, invalid("must be a duration like P1DT2H30M")
}
