package graphql

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/trellishq/trellis"
)

// postParams reads a JSON body: one object, nothing after it.
func postParams(body io.Reader, length int64) (*Params, int, *trellis.Error) {
	raw, err := readBody(body, length)
	var tooLong *http.MaxBytesError
	switch {
	case errors.As(err, &tooLong):
		return nil, http.StatusRequestEntityTooLarge, tooCostly("the request is longer than %d bytes", MaxBody)
	case err != nil:
		return nil, http.StatusBadRequest, invalid("the request could not be read")
	}
	params, problem := decodeParams(raw)
	return params, http.StatusBadRequest, problem
}

// readBody reads all of a body of about that length, -1 when nobody said it.
func readBody(body io.Reader, length int64) ([]byte, error) {
	if length < 0 || length > MaxBody {
		return io.ReadAll(body)
	}
	b := bytes.NewBuffer(make([]byte, 0, length+bytes.MinRead))
	_, err := b.ReadFrom(body)
	return b.Bytes(), err
}

// wire is the body of a request. Unknown members are ignored, as the standard
// allows clients to add some.
type wire struct {
	Query         *string         `json:"query"`
	OperationName *string         `json:"operationName"`
	Variables     any             `json:"variables"`
	Extensions    json.RawMessage `json:"extensions"`
}

func decodeParams(raw []byte) (*Params, *trellis.Error) {
	if p, ok := plainParams(raw); ok {
		return p, p.check()
	}
	return slowParams(raw)
}

// slowParams reads all there is to read, and says what is wrong.
func slowParams(raw []byte) (*Params, *trellis.Error) {
	if !utf8.Valid(raw) {
		return nil, invalid("the request is not UTF-8")
	}
	if !startsObject(raw) {
		return nil, invalid("the request must be one JSON object")
	}
	// One pass, variables with the digits of their numbers.
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var w wire
	if err := d.Decode(&w); err != nil {
		return nil, invalid("the request is not JSON with a query: %s", jsonProblem(err))
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, invalid("the request is not JSON with a query: there is something after it")
	}
	if problem := repeated(raw); problem != nil {
		return nil, problem
	}
	if w.Query == nil {
		return nil, invalid("the request has no query")
	}
	if len(w.Extensions) > 0 && !startsObject(w.Extensions) && !isNull(w.Extensions) {
		return nil, invalid("extensions must be an object")
	}
	p := &Params{Query: *w.Query}
	if w.OperationName != nil {
		p.OperationName = *w.OperationName
	}
	variables, ok := w.Variables.(map[string]any)
	if !ok && w.Variables != nil {
		return nil, invalid("variables must be an object")
	}
	p.Variables = variables
	return p, p.check()
}

// check refuses texts that no query can be.
func (p *Params) check() *trellis.Error {
	switch {
	case p.Query == "":
		return invalid("the request has no query")
	case !utf8.ValidString(p.Query) || !utf8.ValidString(p.OperationName):
		return invalid("the request is not UTF-8")
	case strings.IndexByte(p.Query, 0) >= 0 || strings.IndexByte(p.OperationName, 0) >= 0:
		return invalid("the query has a zero byte")
	case len(p.OperationName) > 200:
		return invalid("operationName is longer than 200 bytes")
	}
	return nil
}

// decodeVariables reads an object; numbers keep their digits.
func decodeVariables(raw []byte) (map[string]any, *trellis.Error) {
	if len(raw) == 0 || isNull(raw) {
		return nil, nil
	}
	if !utf8.Valid(raw) || !startsObject(raw) {
		return nil, invalid("variables must be an object")
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v map[string]any
	if err := d.Decode(&v); err != nil {
		return nil, invalid("variables are not JSON: %s", jsonProblem(err))
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, invalid("there is something after the variables")
	}
	if problem := repeated(raw, "variables"); problem != nil {
		return nil, problem
	}
	return v, nil
}

func startsObject(raw []byte) bool {
	raw = bytes.TrimLeft(raw, " \t\r\n")
	return len(raw) > 0 && raw[0] == '{'
}

func isNull(raw []byte) bool { return string(bytes.TrimSpace(raw)) == "null" }

// jsonProblem says what is wrong without quoting Go types.
func jsonProblem(err error) string {
	var syntax *json.SyntaxError
	var typ *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return clip(syntax.Error(), 200)
	case errors.As(err, &typ):
		return clip(typ.Field, 100) + " has the wrong type"
	}
	return "it cannot be read"
}
