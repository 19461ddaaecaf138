package graphql

import (
	"encoding/json"
	"unicode/utf8"
)

// plainParams reads a body as decodeParams does, in a pass without reflection,
// for requests are small and reading them by encoding/json costs as much as
// asking the database. It takes what clients send: an object with the members of
// a request, each once. For all else ok is false and decodeParams decides, so
// that there is one place that says what is wrong.
func plainParams(raw []byte) (p *Params, ok bool) {
	s := scanner{raw: raw}
	p = &Params{}
	var seen [3]bool
	if !s.take('{') {
		return nil, false
	}
	for first := true; ; first = false {
		if s.take('}') {
			break
		}
		if !first && !s.take(',') {
			return nil, false
		}
		name, ok := s.text()
		if !ok || !s.take(':') {
			return nil, false
		}
		member := -1
		switch name {
		case "query":
			member = 0
			p.Query, ok = s.text()
		case "operationName":
			member = 1
			if ok = s.word("null"); !ok {
				p.OperationName, ok = s.text()
			}
		case "variables":
			member = 2
			if ok = s.word("null"); !ok && s.peek() == '{' {
				var v any
				v, ok = s.value(0)
				p.Variables = as[map[string]any](v)
			}
		}
		if !ok || member < 0 || seen[member] {
			return nil, false
		}
		seen[member] = true
	}
	return p, s.peek() == 0 && s.at == len(raw) && seen[0]
}

// scanner reads JSON (RFC 8259), or says that it would rather not: escapes of
// UTF-16, bytes that are not UTF-8, deep nesting and repeated names are left to
// encoding/json.
type scanner struct {
	raw []byte
	at  int
}

// peek is the next byte after white space, 0 at the end.
func (s *scanner) peek() byte {
	for s.at < len(s.raw) {
		switch c := s.raw[s.at]; c {
		case ' ', '\t', '\n', '\r':
			s.at++
		default:
			return c
		}
	}
	return 0
}

func (s *scanner) take(c byte) bool {
	if s.peek() != c {
		return false
	}
	s.at++
	return true
}

func (s *scanner) word(w string) bool {
	if s.peek(); len(s.raw)-s.at < len(w) || string(s.raw[s.at:s.at+len(w)]) != w {
		return false
	}
	s.at += len(w)
	return true
}

// text reads a string.
func (s *scanner) text() (string, bool) {
	if !s.take('"') {
		return "", false
	}
	start := s.at
	for s.at < len(s.raw) {
		switch c := s.raw[s.at]; {
		case c == '"':
			b := s.raw[start:s.at]
			s.at++
			return string(b), utf8.Valid(b)
		case c == '\\':
			return s.escaped(start)
		case c < 0x20:
			return "", false
		}
		s.at++
	}
	return "", false
}

// escapes of one letter.
var escapes = [256]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// escaped reads the rest of a string that has escapes.
func (s *scanner) escaped(start int) (string, bool) {
	out := append(make([]byte, 0, min(len(s.raw)-start, 2*(s.at-start)+256)), s.raw[start:s.at]...)
	for s.at < len(s.raw) {
		switch c := s.raw[s.at]; {
		case c == '"':
			s.at++
			return string(out), utf8.Valid(out)
		case c == '\\':
			if s.at+1 >= len(s.raw) || escapes[s.raw[s.at+1]] == 0 {
				return "", false
			}
			out = append(out, escapes[s.raw[s.at+1]])
			s.at += 2
		case c < 0x20:
			return "", false
		default:
			out = append(out, c)
			s.at++
		}
	}
	return "", false
}

// maxPlainDepth is how deep values nest before encoding/json takes over.
const maxPlainDepth = 32

// value reads any value; numbers keep their digits.
func (s *scanner) value(depth int) (any, bool) {
	if depth > maxPlainDepth {
		return nil, false
	}
	switch c := s.peek(); {
	case c == '"':
		return box(s.text())
	case c == '{':
		return s.object(depth)
	case c == '[':
		return s.list(depth)
	case c == 't':
		return true, s.word("true")
	case c == 'f':
		return false, s.word("false")
	case c == 'n':
		return nil, s.word("null")
	}
	return s.number()
}

func box(v string, ok bool) (any, bool) { return v, ok }

func (s *scanner) object(depth int) (any, bool) {
	s.at++
	m := make(map[string]any, 4)
	for first := true; !s.take('}'); first = false {
		if !first && !s.take(',') {
			return nil, false
		}
		name, ok := s.text()
		if !ok || !s.take(':') {
			return nil, false
		}
		if _, twice := m[name]; twice {
			return nil, false
		}
		if m[name], ok = s.value(depth + 1); !ok {
			return nil, false
		}
	}
	return m, true
}

func (s *scanner) list(depth int) (any, bool) {
	s.at++
	list := []any{}
	for first := true; !s.take(']'); first = false {
		if !first && !s.take(',') {
			return nil, false
		}
		v, ok := s.value(depth + 1)
		if !ok {
			return nil, false
		}
		list = append(list, v)
	}
	return list, true
}

// number reads -?(0|[1-9][0-9]*)(.[0-9]+)?([eE][+-]?[0-9]+)?
func (s *scanner) number() (any, bool) {
	start := s.at
	s.maybe('-')
	if !s.maybe('0') && !s.digits() {
		return nil, false
	}
	if s.maybe('.') && !s.digits() {
		return nil, false
	}
	if s.maybe('e') || s.maybe('E') {
		if !s.maybe('+') {
			s.maybe('-')
		}
		if !s.digits() {
			return nil, false
		}
	}
	return json.Number(s.raw[start:s.at]), true
}

// maybe takes a byte when it comes at once.
func (s *scanner) maybe(c byte) bool {
	if s.at < len(s.raw) && s.raw[s.at] == c {
		s.at++
		return true
	}
	return false
}

func (s *scanner) digits() bool {
	start := s.at
	for s.at < len(s.raw) && s.raw[s.at] >= '0' && s.raw[s.at] <= '9' {
		s.at++
	}
	return s.at > start
}
