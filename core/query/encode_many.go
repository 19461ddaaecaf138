package query

import (
	"encoding/binary"
	"fmt"
	"strings"
	"time"
)

// microseconds is a duration as its column has it.
func microseconds(raw []byte) time.Duration {
	return time.Duration(binary.BigEndian.Uint64(raw)) * time.Microsecond
}

// eachText walks Postgres' binary text[]: the number of dimensions, whether
// there are nulls, the type of the elements, per dimension its size and lower
// bound, then each element with its length (src/backend/utils/adt/arrayfuncs.c,
// array_send).
func eachText(raw []byte, visit func(text []byte)) error {
	broken := fmt.Errorf("query: a list of %d bytes", len(raw))
	u32 := func(i int) int { return int(int32(binary.BigEndian.Uint32(raw[i:]))) }
	if len(raw) < 12 {
		return broken
	}
	if u32(0) == 0 {
		return nil
	}
	if len(raw) < 20 || u32(0) != 1 {
		return broken
	}
	n, at := u32(12), 20
	for range n {
		if len(raw) < at+4 {
			return broken
		}
		size := u32(at)
		at += 4
		if size < 0 || len(raw) < at+size {
			return broken
		}
		visit(raw[at : at+size])
		at += size
	}
	return nil
}

func appendTexts(buf, raw []byte) ([]byte, error) {
	sep := byte('[')
	err := eachText(raw, func(text []byte) {
		buf, sep = appendString(append(buf, sep), text), ','
	})
	if sep == '[' {
		buf = append(buf, '[')
	}
	return append(buf, ']'), err
}

// appendJSON appends a jsonb without the spaces that Postgres puts after commas
// and colons. It comes as text, which pgx prefers, or in binary form: the version
// 1 and the text.
func appendJSON(buf, raw []byte) ([]byte, error) {
	if len(raw) > 0 && raw[0] == 1 {
		raw = raw[1:]
	}
	if len(raw) == 0 {
		return buf, fmt.Errorf("query: a JSON value of no bytes")
	}
	quoted := false
	for i := 0; i < len(raw); i++ {
		c := raw[i]
		switch {
		case c == ' ' && !quoted:
			continue
		case c == '"':
			quoted = !quoted
		case c == '\\' && quoted:
			buf = append(buf, c)
			i++
			c = raw[i]
		}
		buf = append(buf, c)
	}
	return buf, nil
}

var arrayEscape = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

// arrayText is the text form of a text[].
func arrayText(list []string) string {
	quoted := make([]string, len(list))
	for i, s := range list {
		quoted[i] = `"` + arrayEscape.Replace(s) + `"`
	}
	return "{" + strings.Join(quoted, ",") + "}"
}
