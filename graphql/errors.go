package graphql

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"

	"github.com/trellishq/trellis"
)

// transport is what a code means in GraphQL over HTTP.
type transport struct {
	// status of an answer without data, when the client takes
	// application/graphql-response+json.
	status int
	// legacy is the same for application/json, where an error of the query is
	// still an answer.
	legacy int
	// payload: the error belongs to a record of a mutation and is told in its
	// payload; the others are errors of the request.
	payload bool
}

// transports is the one table from codes to answers.
var transports = map[trellis.Code]transport{
	trellis.CodeUnauthenticated:     {status: http.StatusUnauthorized, legacy: http.StatusUnauthorized},
	trellis.CodeForbidden:           {status: http.StatusForbidden, legacy: http.StatusOK, payload: true},
	trellis.CodeNotFound:            {status: http.StatusNotFound, legacy: http.StatusOK, payload: true},
	trellis.CodeInvalidInput:        {status: http.StatusBadRequest, legacy: http.StatusOK, payload: true},
	trellis.CodeValidationFailed:    {status: http.StatusUnprocessableEntity, legacy: http.StatusOK, payload: true},
	trellis.CodeConflict:            {status: http.StatusConflict, legacy: http.StatusOK, payload: true},
	trellis.CodeVersionConflict:     {status: http.StatusConflict, legacy: http.StatusOK, payload: true},
	trellis.CodeIdempotencyMismatch: {status: http.StatusConflict, legacy: http.StatusOK, payload: true},
	trellis.CodeVetoed:              {status: http.StatusUnprocessableEntity, legacy: http.StatusOK, payload: true},
	trellis.CodeQueryTooCostly:      {status: http.StatusBadRequest, legacy: http.StatusOK},
	trellis.CodeRateLimited:         {status: http.StatusTooManyRequests, legacy: http.StatusTooManyRequests},
	trellis.CodeTimeout:             {status: http.StatusGatewayTimeout, legacy: http.StatusGatewayTimeout},
	trellis.CodeUnavailable:         {status: http.StatusServiceUnavailable, legacy: http.StatusServiceUnavailable},
	trellis.CodeInternal:            {status: http.StatusInternalServerError, legacy: http.StatusInternalServerError},
}

// StatusOf is the HTTP status of an answer that has errors and no data.
// modern says that the client takes application/graphql-response+json.
func StatusOf(code trellis.Code, modern bool) int {
	t, ok := transports[code]
	switch {
	case !ok:
		return http.StatusInternalServerError
	case modern:
		return t.status
	}
	return t.legacy
}

// IsRefusal says that an error with the code is about what the caller gave, so
// that payloads may tell it; the others are failures of the request.
func IsRefusal(code trellis.Code) bool { return transports[code].payload }

// AnswerError is one entry of errors in an answer.
type AnswerError struct {
	Code      trellis.Code
	Message   string
	Path      []any // of the answer
	Argument  []any // where in the arguments, when the error is about input
	Locations []Location
	Cause     error // for the log
}

// Location is a place in the text, from 1.
type Location struct{ Line, Column int }

func newError(e *trellis.Error) *AnswerError {
	return &AnswerError{Code: e.Code, Message: e.Message, Argument: e.Path, Cause: e.Cause}
}

// fieldErrors are the errors of one field of the answer.
func fieldErrors(err error, path ...any) []*AnswerError {
	var out []*AnswerError
	for _, e := range trellis.Public(err) {
		g := newError(e)
		g.Path = path
		out = append(out, g)
		if len(out) == maxErrors {
			break
		}
	}
	return out
}

// append writes the error as JSON.
func (e *AnswerError) append(b []byte) []byte {
	b = append(b, `{"message":`...)
	b = appendString(b, e.Message)
	if len(e.Locations) > 0 {
		b = append(b, `,"locations":[`...)
		for i, l := range e.Locations {
			if i > 0 {
				b = append(b, ',')
			}
			b = fmt.Appendf(b, `{"line":%d,"column":%d}`, l.Line, l.Column)
		}
		b = append(b, ']')
	}
	if len(e.Path) > 0 {
		b = append(b, `,"path":`...)
		b = appendPath(b, e.Path, false)
	}
	b = append(b, `,"extensions":{"code":`...)
	b = appendString(b, string(e.Code))
	if len(e.Argument) > 0 {
		b = append(b, `,"argument":`...)
		b = appendPath(b, e.Argument, false)
	}
	return append(b, `}}`...)
}

// AppendErrors writes the member errors of an answer.
func AppendErrors(b []byte, errs []*AnswerError) []byte {
	b = append(b, `"errors":[`...)
	for i, e := range errs {
		if i > 0 {
			b = append(b, ',')
		}
		b = e.append(b)
	}
	return append(b, ']')
}

// appendPath writes a path; words writes positions as text, for [String!]!.
func appendPath(b []byte, path []any, words bool) []byte {
	b = append(b, '[')
	for i, p := range path {
		if i > 0 {
			b = append(b, ',')
		}
		switch p := p.(type) {
		case int:
			if words {
				b = append(b, '"')
			}
			b = strconv.AppendInt(b, int64(p), 10)
			if words {
				b = append(b, '"')
			}
		default:
			b = appendString(b, fmt.Sprint(p))
		}
	}
	return append(b, ']')
}

// appendString writes s as a JSON string.
func appendString(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c >= 0x7f || c == '"' || c == '\\' {
			// Marshal of a string never fails.
			quoted, _ := json.Marshal(s)
			return append(b, quoted...)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}
