package sync

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/trellishq/trellis/connectors"
)

// Dead letters keep records as JSON in which what JSON has no type for is a
// map with one key that begins with "$"; other keys that do get a second one.
const (
	tagDecimal = "$decimal"
	tagDate    = "$date"
	tagTime    = "$time"
	tagAt      = "$at"
	tagBytes   = "$bytes"
)

type storedRecord struct {
	Stream   string
	Key      string
	Data     any       `json:",omitempty"`
	Deleted  bool      `json:",omitempty"`
	Problem  string    `json:",omitempty"`
	Modified time.Time `json:",omitzero"`
}

// encodeRecord keeps a record. When its data is not sound it keeps the reason
// instead, so that nothing is taken for a record that is none.
func encodeRecord(r connectors.Record) ([]byte, error) {
	s := storedRecord{Stream: clip(r.Stream), Key: clip(r.Key), Deleted: r.Deleted, Problem: clip(r.Problem)}
	if y := r.Modified.UTC().Year(); y >= 1 && y <= 9999 {
		s.Modified = r.Modified.UTC()
	}
	r.Problem = ""
	switch err := sound(r); {
	case err == nil && r.Data != nil:
		s.Data = tagged(r.Data)
	case err != nil && s.Problem == "":
		s.Problem = clip(err.Message)
	}
	return json.Marshal(s)
}

func tagged(v any) any {
	tag := func(name, text string) any { return map[string]any{name: text} }
	switch v := v.(type) {
	case connectors.Decimal:
		return tag(tagDecimal, string(v))
	case connectors.Date:
		return tag(tagDate, string(v))
	case connectors.TimeOfDay:
		return tag(tagTime, string(v))
	case time.Time:
		return tag(tagAt, v.UTC().Format(time.RFC3339Nano))
	case []byte:
		return tag(tagBytes, base64.StdEncoding.EncodeToString(v))
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = tagged(e)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, e := range v {
			if strings.HasPrefix(k, "$") {
				k = "$" + k
			}
			out[k] = tagged(e)
		}
		return out
	}
	return v
}

func decodeRecord(data []byte) (connectors.Record, error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	var s storedRecord
	if err := dec.Decode(&s); err != nil {
		return connectors.Record{}, err
	}
	r := connectors.Record{Stream: s.Stream, Key: s.Key, Deleted: s.Deleted, Problem: s.Problem, Modified: s.Modified}
	v, err := untagged(s.Data)
	if err == nil && v != nil {
		var ok bool
		if r.Data, ok = v.(map[string]any); !ok {
			err = fmt.Errorf("sync: the data of a dead letter is %T", v)
		}
	}
	return r, err
}

func untagged(v any) (any, error) {
	switch v := v.(type) {
	case json.Number:
		return strconv.ParseInt(string(v), 10, 64)
	case []any:
		for i, e := range v {
			u, err := untagged(e)
			if err != nil {
				return nil, err
			}
			v[i] = u
		}
		return v, nil
	case map[string]any:
		return untaggedMap(v)
	}
	return v, nil
}

func untaggedMap(m map[string]any) (any, error) {
	if len(m) == 1 {
		for k, v := range m {
			if text, ok := v.(string); ok && strings.HasPrefix(k, "$") && !strings.HasPrefix(k, "$$") {
				return untag(k, text)
			}
		}
	}
	out := make(map[string]any, len(m))
	for k, e := range m {
		u, err := untagged(e)
		if err != nil {
			return nil, err
		}
		if strings.HasPrefix(k, "$$") {
			k = k[1:]
		}
		out[k] = u
	}
	return out, nil
}

func untag(tag, text string) (any, error) {
	switch tag {
	case tagDecimal:
		return connectors.Decimal(text), nil
	case tagDate:
		return connectors.Date(text), nil
	case tagTime:
		return connectors.TimeOfDay(text), nil
	case tagAt:
		return time.Parse(time.RFC3339Nano, text)
	case tagBytes:
		return base64.StdEncoding.DecodeString(text)
	}
	return nil, fmt.Errorf("sync: a dead letter has a value tagged %q", tag)
}
