// Package sdk is for writing Trellis plugins in Go.
//
// A plugin registers a function for each entry of its plugin.yaml, in an init
// function, and leaves main empty:
//
//	func init() {
//		sdk.Handle("requireCountry", func(h *sdk.Hook) error {
//			if h.Text("country") == "" {
//				return sdk.Veto("country", "COUNTRY_REQUIRED", "Please choose a country.")
//			}
//			return nil
//		})
//	}
//
//	func main() {}
//
// Every call finds the program as it was after its init functions: package
// variables that a call sets are gone in the next one, goroutines it started
// too, and the seed of math/rand is always the same. There are no files, no
// network and no clock; Now asks the host. What is written to stdout or stderr
// goes to the log of the server, at most 16 KB a call.
//
// The package has no build constraint outside of its bridge to the host, so
// that a plugin's functions can be tested with go test; Run calls an entry.
package sdk

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"time"
)

// Hook is one call: a record that is about to be written.
type Hook struct {
	// Event is before-create, before-update or before-delete.
	Event  string
	Object string
	// Record holds the fields that plugin.yaml asks for, as they would be
	// written; Old as they are now, empty for a create.
	Record map[string]json.RawMessage
	Old    map[string]json.RawMessage
	// Changed names the fields in which Record and Old differ.
	Changed []string
	// Caller names who writes.
	Caller string

	patch map[string]json.RawMessage
	err   error
}

// Get reads a field into v and says whether it has a value: false when it is
// absent, null or of another type.
func (h *Hook) Get(field string, v any) bool {
	raw, ok := h.Record[field]
	return ok && string(raw) != "null" && json.Unmarshal(raw, v) == nil
}

// Text is the value of a text field, "" when it has none.
func (h *Hook) Text(field string) string {
	var s string
	text(h.Record[field], &s)
	return s
}

// Has says whether the input has the field at all: a caller may not be allowed
// to see it.
func (h *Hook) Has(field string) bool {
	_, ok := h.Record[field]
	return ok
}

// Changes says whether the write changes a field.
func (h *Hook) Changes(field string) bool { return slices.Contains(h.Changed, field) }

// Set changes a field; nil clears it. The hook must have the mode transform
// and list the field.
func (h *Hook) Set(field string, value any) {
	var raw []byte
	if s, ok := value.(string); ok {
		raw = quote(make([]byte, 0, len(s)+2), s)
	} else {
		var err error
		if raw, err = json.Marshal(value); err != nil {
			h.err = errors.Join(h.err, fmt.Errorf("set %s: %w", field, err))
			return
		}
	}
	if h.patch == nil {
		h.patch = map[string]json.RawMessage{}
	}
	h.patch[field], h.Record[field] = raw, raw
}

type veto struct{ field, code, message string }

func (v *veto) Error() string { return v.message }

// Veto refuses the write when a handler returns it. field is what it is about,
// "" for the whole record; code a word such as COUNTRY_REQUIRED; message a
// sentence for the person who writes, at most 500 characters.
func Veto(field, code, message string) error { return &veto{field, code, message} }

var handlers = map[uint32]func(*Hook) error{}

// Handle registers the function for an entry of plugin.yaml. Any error but a
// Veto stops the write as a fault of the plugin.
func Handle(entry string, fn func(*Hook) error) { handlers[number(entry)] = fn }

// number is how the host names an entry: FNV-1a, 32 bits.
func number(entry string) uint32 {
	h := fnv.New32a()
	h.Write([]byte(entry))
	return h.Sum32()
}

// Run calls an entry with input as the host would, for tests.
func Run(entry string, input []byte) []byte { return run(number(entry), input) }

func run(entry uint32, input []byte) []byte {
	fn := handlers[entry]
	if fn == nil {
		return errorResult("the program does not handle this entry")
	}
	h, err := parseHook(input)
	if err != nil {
		return errorResult(err.Error())
	}
	err = fn(h)
	var refused *veto
	switch {
	case errors.As(err, &refused):
		return vetoResult(refused)
	case err != nil:
		return errorResult(err.Error())
	case h.err != nil:
		return errorResult(h.err.Error())
	case h.patch != nil:
		return patchResult(h.patch)
	}
	return nil // empty output means ok
}

// Now is the time of the host.
func Now() (time.Time, error) {
	const opNow = 1
	out, err := call(opNow, nil)
	if err != nil {
		return time.Time{}, err
	}
	var t time.Time
	return t, json.Unmarshal(out, &t)
}

// HostError is what the host answers when it refuses an operation.
type HostError struct {
	// Code is FORBIDDEN when plugin.yaml lacks the capability, RATE_LIMITED
	// after 50 operations in one call, UNAVAILABLE when the server lacks it.
	Code    string `json:"code"`
	Message string `json:"message"`
}

func (e *HostError) Error() string { return e.Code + ": " + e.Message }
