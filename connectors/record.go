package connectors

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Record is the state of one thing at the source, whole: a field that is absent
// from Data is not known, a field that is nil is empty there.
type Record struct {
	// Stream is the name of the stream it belongs to, the one asked for.
	Stream string

	// Key names the record in its stream, for ever. It is not empty, at most 500
	// bytes, and the same text each time.
	Key string

	// Data holds the fields by name. A value is one of
	//
	//	nil, string, bool, int64, Decimal, Date, TimeOfDay, time.Time,
	//	[]byte, []any, map[string]any
	//
	// and the last two hold such values again, at most MaxDepth levels deep.
	// There are no floats: see Decimal. It is nil when Deleted is set.
	Data map[string]any

	// Deleted says that the record is gone at the source. Being archived or
	// hidden is not being deleted; that is a field of Data.
	Deleted bool

	// Problem says why the record cannot be used, when the source holds something
	// that cannot be read: a broken line in a file. It is a sentence for people.
	// The host keeps such a record as a dead letter, with what Data holds of it.
	Problem string

	// Modified is when the source says that it last changed, UTC; zero when it
	// does not say.
	Modified time.Time
}

// MaxDepth is how deep lists and maps in Record.Data may nest.
const MaxDepth = 16

// Hash is a digest of what Data and Deleted say, for telling a record that
// changed from one that was merely read again. Key, Stream and Modified are not
// in it. It is the same in every process and version.
func (r Record) Hash() string {
	sum := sha256.New()
	// encoding/json sorts the keys of maps; every type allowed in Data has an
	// exact JSON text, so the digest is stable and errors cannot happen. A value
	// of another type may fail, and must not then look like any valid record.
	if err := json.NewEncoder(sum).Encode(struct {
		Data    map[string]any
		Deleted bool
	}{r.Data, r.Deleted}); err != nil {
		fmt.Fprintf(sum, "%v %#v", err, r.Data)
	}
	return fmt.Sprintf("%x", sum.Sum(nil)[:16])
}

// Check reports what in the record breaks the contract, or nil. The host calls
// it on every record: what does not pass, and what has a Problem, is a dead
// letter.
func (r Record) Check() error {
	switch {
	case r.Problem != "":
		return errors.New(r.Problem)
	case r.Key == "":
		return fmt.Errorf("a record of %s has no key", r.Stream)
	case len(r.Key) > 500:
		return fmt.Errorf("a key of %s has %d bytes; the most is 500", r.Stream, len(r.Key))
	case r.Deleted && r.Data != nil:
		return fmt.Errorf("record %s is deleted and still has data", r.Key)
	}
	for name, v := range r.Data {
		if err := checkValue(v, 1); err != nil {
			return fmt.Errorf("record %s, field %s: %w", r.Key, name, err)
		}
	}
	return nil
}

func checkValue(v any, depth int) error {
	if depth > MaxDepth {
		return fmt.Errorf("nests more than %d levels", MaxDepth)
	}
	switch v := v.(type) {
	case nil, string, bool, int64, time.Time, []byte:
		return nil
	case Decimal:
		_, err := ParseDecimal(string(v))
		return err
	case Date:
		_, err := ParseDate(string(v))
		return err
	case TimeOfDay:
		_, err := ParseTimeOfDay(string(v))
		return err
	case []any:
		for i, e := range v {
			if err := checkValue(e, depth+1); err != nil {
				return fmt.Errorf("[%d]: %w", i, err)
			}
		}
		return nil
	case map[string]any:
		for k, e := range v {
			if err := checkValue(e, depth+1); err != nil {
				return fmt.Errorf("%s: %w", k, err)
			}
		}
		return nil
	}
	return fmt.Errorf("a value of Go type %T is not allowed", v)
}
