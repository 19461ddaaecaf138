package sdk

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
)

// The envelope is read and written here in one pass: encoding/json makes six
// over a record, and a hook is called for every write. The host sends valid
// JSON; other input is an error, never a panic.

var errInput = errors.New("the input is not the JSON of a hook")

func parseHook(input []byte) (*Hook, error) {
	h := &Hook{Record: map[string]json.RawMessage{}}
	ok := members(input, func(key string, raw []byte) bool {
		switch key {
		case "event":
			return text(raw, &h.Event)
		case "object":
			return text(raw, &h.Object)
		case "caller":
			return text(raw, &h.Caller)
		case "record":
			return fields(raw, h.Record)
		case "old":
			h.Old = map[string]json.RawMessage{}
			return fields(raw, h.Old)
		case "changed":
			return json.Unmarshal(raw, &h.Changed) == nil
		}
		return true
	})
	if !ok {
		return nil, errInput
	}
	return h, nil
}

func fields(raw []byte, into map[string]json.RawMessage) bool {
	if string(raw) == "null" {
		return true
	}
	return members(raw, func(key string, value []byte) bool {
		into[key] = value
		return true
	})
}

// members calls fn for each member of a JSON object, with the value's bytes in
// place, until it answers false.
func members(b []byte, fn func(key string, raw []byte) bool) bool {
	i := space(b, 0)
	if i >= len(b) || b[i] != '{' {
		return false
	}
	if i = space(b, i+1); i < len(b) && b[i] == '}' {
		return space(b, i+1) == len(b)
	}
	for {
		end := skip(b, i)
		var key string
		if end < 0 || !text(b[i:end], &key) {
			return false
		}
		if i = space(b, end); i >= len(b) || b[i] != ':' {
			return false
		}
		i = space(b, i+1)
		if end = skip(b, i); end < 0 || !fn(key, b[i:end:end]) {
			return false
		}
		if i = space(b, end); i >= len(b) {
			return false
		}
		switch b[i] {
		case ',':
			i = space(b, i+1)
		case '}':
			return space(b, i+1) == len(b)
		default:
			return false
		}
	}
}

func space(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\t' || b[i] == '\r') {
		i++
	}
	return i
}

// skip gives the end of the value at i, or -1.
func skip(b []byte, i int) int {
	if i >= len(b) {
		return -1
	}
	switch b[i] {
	case '"':
		return skipText(b, i)
	case '{', '[':
		depth := 0
		for i < len(b) {
			switch b[i] {
			case '"':
				if i = skipText(b, i); i < 0 {
					return -1
				}
				continue
			case '{', '[':
				depth++
			case '}', ']':
				if depth--; depth == 0 {
					return i + 1
				}
			}
			i++
		}
		return -1
	}
	start := i
	for i < len(b) && b[i] != ',' && b[i] != '}' && b[i] != ']' && space(b, i) == i {
		i++
	}
	if i == start {
		return -1
	}
	return i
}

func skipText(b []byte, i int) int {
	for i++; i < len(b); {
		quote := bytes.IndexByte(b[i:], '"')
		if quote < 0 {
			return -1
		}
		slash := bytes.IndexByte(b[i:i+quote], '\\')
		if slash < 0 {
			return i + quote + 1
		}
		i += slash + 2
	}
	return -1
}

// text reads a JSON string; most have nothing escaped.
func text(raw []byte, into *string) bool {
	if len(raw) < 2 || raw[0] != '"' {
		return false
	}
	if inner := raw[1 : len(raw)-1]; bytes.IndexByte(inner, '\\') < 0 {
		*into = string(inner)
		return true
	}
	return json.Unmarshal(raw, into) == nil
}

// quote writes a JSON string.
func quote(to []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c >= 0x80 {
			// Rare enough: escapes, and bytes that may not be UTF-8.
			b, _ := json.Marshal(s) // a string always encodes
			return append(to, b...)
		}
	}
	to = append(append(to, '"'), s...)
	return append(to, '"')
}

func patchResult(patch map[string]json.RawMessage) []byte {
	names, size := make([]string, 0, len(patch)), 32
	for name, raw := range patch {
		names = append(names, name)
		size += len(name) + len(raw) + 4
	}
	slices.Sort(names)
	b := append(make([]byte, 0, size), `{"status":"patch","patch":{`...)
	for i, name := range names {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(quote(b, name), ':')
		b = append(b, patch[name]...)
	}
	return append(b, "}}"...)
}

func vetoResult(v *veto) []byte {
	b := append([]byte(nil), `{"status":"veto","veto":{"field":`...)
	b = append(quote(b, v.field), `,"code":`...)
	b = append(quote(b, v.code), `,"message":`...)
	return append(quote(b, v.message), "}}"...)
}

func errorResult(message string) []byte {
	return append(quote([]byte(`{"status":"error","message":`), message), '}')
}
