package tryton

import (
	"time"
)

// stampField is Tryton's version of a record, for its optimistic lock: an
// update that names an older one is refused.
const stampField = "_timestamp"

// stamp is a date of Tryton, to the microsecond, in text that sorts. Tryton
// stores dates in the zone of its database and says nothing of it; here they
// are only compared with each other.
type stamp string

const stampLayout = "2006-01-02T15:04:05.000000"

func stampOf(t time.Time) stamp {
	if t.IsZero() {
		return ""
	}
	return stamp(t.Format(stampLayout))
}

func (s stamp) time() (time.Time, error) { return time.Parse(stampLayout, string(s)) }

// minus goes back in time.
func (s stamp) minus(d time.Duration) stamp {
	t, err := s.time()
	if err != nil {
		return ""
	}
	return stampOf(t.Add(-d))
}

// tagged is the stamp as a parameter of a call.
func (s stamp) tagged() any {
	t, _ := s.time()
	return map[string]any{
		"__class__": "datetime", "year": t.Year(), "month": int(t.Month()), "day": t.Day(),
		"hour": t.Hour(), "minute": t.Minute(), "second": t.Second(), "microsecond": t.Nanosecond() / 1000,
	}
}

// domain finds the records after an id that changed later than a stamp, they or
// what they watch. write_date is null until the first update, and never before
// create_date: one of the two is later exactly when the later one of them is.
func (sh *shape) domain(afterID int64, since stamp) []any {
	out := []any{[]any{"id", ">", afterID}}
	if since == "" {
		return out
	}
	changed := []any{"OR"}
	var walk func(sh *shape, prefix string)
	walk = func(sh *shape, prefix string) {
		changed = append(changed,
			[]any{prefix + "write_date", ">", since.tagged()},
			[]any{prefix + "create_date", ">", since.tagged()})
		for name, sub := range sh.watch {
			walk(sub, prefix+name+".")
		}
	}
	walk(sh, "")
	return append(out, changed)
}

// models are those whose dates count, without repetition.
func (sh *shape) models() []string {
	out := []string{sh.model}
	for _, sub := range sh.watch {
		for _, m := range sub.models() {
			out = union(out, m)
		}
	}
	return out
}
