package plugins

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/trellishq/trellis"
)

// Status says which of its answers a plugin gave.
type Status string

// The answers.
const (
	StatusOK    Status = "ok"
	StatusPatch Status = "patch"
	StatusVeto  Status = "veto"
	StatusError Status = "error"
)

// Result is what a plugin answers, as JSON. Empty output is StatusOK.
type Result struct {
	Status Status `json:"status"`
	// Patch holds the changed fields alone; null clears a field.
	Patch map[string]json.RawMessage `json:"patch,omitempty"`
	Veto  *Veto                      `json:"veto,omitempty"`
	// Message says what went wrong, for the log of the server.
	Message string `json:"message,omitempty"`
}

// Veto is a refusal of a write, in words for the person who wrote.
type Veto struct {
	// Field is the field it is about, empty for the record as a whole.
	Field string `json:"field"`
	// Code is the plugin's own, such as COUNTRY_REQUIRED.
	Code    string `json:"code"`
	Message string `json:"message"`
}

// Err is the veto as it goes to a client: code VETOED, the field as its path,
// the plugin's message. The veto itself is the cause.
func (v *Veto) Err() *trellis.Error {
	err := &trellis.Error{Code: trellis.CodeVetoed, Message: v.Message, Cause: v}
	if v.Field != "" {
		err.Path = []any{v.Field}
	}
	return err
}

// Error makes a veto a cause: a transport finds the plugin's code with
// errors.As.
func (v *Veto) Error() string { return "veto " + v.Code + ": " + v.Message }

// ParseResult reads an envelope. The error says what is wrong with it, for the
// plugin's author.
func ParseResult(output []byte) (Result, error) {
	if len(output) == 0 {
		return Result{Status: StatusOK}, nil
	}
	var r Result
	dec := json.NewDecoder(bytes.NewReader(output))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&r); err != nil {
		return Result{}, fmt.Errorf("the output is no result: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return Result{}, errors.New("the output goes on after the result")
	}
	return r, r.check()
}

func (r *Result) check() error {
	switch {
	case r.Status != StatusPatch && r.Patch != nil, r.Status != StatusVeto && r.Veto != nil:
		return fmt.Errorf("the status %q does not go with what else is in the result", clip(string(r.Status)))
	case r.Status == StatusOK, r.Status == StatusPatch, r.Status == StatusError:
	case r.Status == StatusVeto && r.Veto == nil:
		return errors.New("the status is veto and there is no veto")
	case r.Status == StatusVeto:
		return r.Veto.clean()
	default:
		return fmt.Errorf("the status %q is not known", clip(string(r.Status)))
	}
	return nil
}

// clean bounds the message and refuses a field or code that is no name.
func (v *Veto) clean() error {
	if v.Field != "" && !nameForm.MatchString(v.Field) {
		return fmt.Errorf("the veto names the field %q", clip(v.Field))
	}
	if v.Code != "" && !codeForm.MatchString(v.Code) {
		return fmt.Errorf("the veto has the code %q, which is not like COUNTRY_REQUIRED", clip(v.Code))
	}
	if v.Message = plain(v.Message, maxMessage); v.Message == "" {
		v.Message = "a plugin refused this"
	}
	return nil
}
