package sync

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/connectors"
)

const (
	maxKey    = 500  // bytes of a record's key
	maxReason = 2000 // bytes of a reason that is stored
)

// storable says whether PostgreSQL can hold the text.
func storable(s string) bool { return utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 }

// clip makes any text storable and not too long: reasons quote what others
// wrote.
func clip(s string) string { return clipTo(s, maxReason) }

func clipTo(s string, most int) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\ufffd"), "\x00", "\ufffd")
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}

// letterKey names a record among links and dead letters: its key, or for a
// record whose key cannot be stored a name made of what is in it.
func letterKey(r connectors.Record) string {
	if r.Key != "" && len(r.Key) <= maxKey && storable(r.Key) {
		return r.Key
	}
	what := r
	what.Key, what.Problem = "?", ""
	digest := ""
	if sound(what) == nil { // Hash does not end on a map that holds itself
		digest = r.Hash()
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %s", r.Key, r.Problem, digest))
	return "(unusable key) " + hex.EncodeToString(sum[:8])
}

// sound checks what Record.Check does, and that texts and times can be kept.
func sound(r connectors.Record) *trellis.Error {
	err := r.Check()
	switch {
	case r.Problem != "":
		return trellis.Errorf(trellis.CodeInvalidInput, "%s", r.Problem)
	case err == nil && !storable(r.Key):
		err = fmt.Errorf("a key of %s is no text", r.Stream)
	case err == nil:
		err = readable(r.Data)
	}
	if err != nil {
		return trellis.Wrap(trellis.CodeInvalidInput, err, "the connector breaks its contract: %v", err)
	}
	return nil
}

// readable checks that texts are UTF-8 and times within the years 1 to 9999, so
// that the record is the same after it was kept as JSON.
func readable(v any) error {
	switch v := v.(type) {
	case string:
		if !utf8.ValidString(v) {
			return fmt.Errorf("a text is not UTF-8")
		}
	case time.Time:
		if y := v.UTC().Year(); y < 1 || y > 9999 {
			return fmt.Errorf("the year %d is out of range", y)
		}
	case []any:
		for _, e := range v {
			if err := readable(e); err != nil {
				return err
			}
		}
	case map[string]any:
		for k, e := range v {
			if !utf8.ValidString(k) {
				return fmt.Errorf("the name of a field is not UTF-8")
			}
			if err := readable(e); err != nil {
				return fmt.Errorf("%s: %w", k, err)
			}
		}
	}
	return nil
}
