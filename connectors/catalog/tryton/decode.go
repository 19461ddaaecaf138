package tryton

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/trellishq/trellis/connectors"
)

// maxDepth bounds the nesting of an answer.
const maxDepth = 32

// decodeAnswer reads a JSON-RPC answer into exact values: those that a Record
// may hold.
func decodeAnswer(text []byte) (any, error) {
	var answer map[string]any
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	if err := dec.Decode(&answer); err != nil {
		// An empty answer is io.EOF, which for a Source means the end.
		return nil, fmt.Errorf("tryton: the answer cannot be read: %v", err) //nolint:errorlint // so not %w
	}
	if e, ok := answer["error"]; ok {
		return nil, decodeError(e)
	}
	result, ok := answer["result"]
	if !ok {
		return nil, errors.New("tryton: the answer holds neither result nor error")
	}
	return decode(result, 0)
}

// decodeError reads [class, [message, …]] and [text, traceback].
func decodeError(e any) error {
	list, _ := e.([]any)
	if len(list) == 0 {
		return &appError{class: "an error without text"}
	}
	out := &appError{}
	out.class, _ = list[0].(string)
	if len(list) > 1 {
		if args, ok := list[1].([]any); ok && len(args) > 0 {
			out.text, _ = args[0].(string)
		}
	}
	return out
}

func decode(v any, depth int) (any, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("tryton: an answer nests more than %d levels", maxDepth)
	}
	switch v := v.(type) {
	case json.Number:
		return decodeNumber(v)
	case []any:
		for i := range v {
			var err error
			if v[i], err = decode(v[i], depth+1); err != nil {
				return nil, err
			}
		}
		return v, nil
	case map[string]any:
		if class, ok := v["__class__"].(string); ok {
			if decoder, ok := tagged[class]; ok {
				out, err := decoder(object(v))
				if err != nil {
					return nil, fmt.Errorf("tryton: a value of class %s: %w", class, err)
				}
				return out, nil
			}
		}
		for k := range v {
			var err error
			if v[k], err = decode(v[k], depth+1); err != nil {
				return nil, err
			}
		}
		return v, nil
	}
	return v, nil // nil, bool, string
}

func decodeNumber(n json.Number) (any, error) {
	if !strings.ContainsAny(string(n), ".eE") {
		if i, err := n.Int64(); err == nil {
			return i, nil
		}
	}
	return connectors.ParseDecimal(string(n))
}

// tagged are the objects that stand for values JSON does not have.
var tagged = map[string]func(object) (any, error){
	"Decimal": func(o object) (any, error) {
		text, ok := o["decimal"].(string)
		if !ok {
			return nil, errors.New("no text")
		}
		return connectors.ParseDecimal(text)
	},
	"datetime": func(o object) (any, error) {
		n, err := o.ints("year", "month", "day", "hour", "minute", "second", "microsecond")
		if err != nil {
			return nil, err
		}
		t := time.Date(n[0], time.Month(n[1]), n[2], n[3], n[4], n[5], n[6]*1000, time.UTC)
		if n[0] < 1 || n[0] > 9999 || t.Day() != n[2] || t.Hour() != n[3] || t.Second() != n[5] || t.Nanosecond() != n[6]*1000 {
			return nil, errors.New("there is no such time")
		}
		return t, nil
	},
	"date": func(o object) (any, error) {
		n, err := o.ints("year", "month", "day")
		if err != nil {
			return nil, err
		}
		return connectors.ParseDate(fmt.Sprintf("%04d-%02d-%02d", n[0], n[1], n[2]))
	},
	"time": func(o object) (any, error) {
		n, err := o.ints("hour", "minute", "second", "microsecond")
		if err != nil {
			return nil, err
		}
		text := fmt.Sprintf("%02d:%02d:%02d", n[0], n[1], n[2])
		if n[3] != 0 {
			text += fmt.Sprintf(".%06d", n[3])
		}
		return connectors.ParseTimeOfDay(text)
	},
	// A duration becomes its seconds.
	"timedelta": func(o object) (any, error) {
		n, ok := o["seconds"].(json.Number)
		if !ok {
			return nil, errors.New("no number")
		}
		return connectors.ParseDecimal(string(n))
	},
	"bytes": func(o object) (any, error) {
		text, ok := o["base64"].(string)
		if !ok {
			return nil, errors.New("no text")
		}
		return base64.StdEncoding.DecodeString(strings.ReplaceAll(text, "\n", ""))
	},
}

type object map[string]any

func (o object) ints(names ...string) ([]int, error) {
	out := make([]int, len(names))
	for i, name := range names {
		n, ok := o[name].(json.Number)
		if !ok {
			return nil, fmt.Errorf("no number %s", name)
		}
		x, err := n.Int64()
		if err != nil || x < 0 || x > 999_999 {
			return nil, fmt.Errorf("%s is out of range", name)
		}
		out[i] = int(x)
	}
	return out, nil
}
