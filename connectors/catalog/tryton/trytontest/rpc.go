package trytontest

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

var client = &http.Client{Timeout: 2 * time.Minute}

// Call calls a JSON-RPC method as the administrator; the last parameter is the
// context. The result is decoded into out unless that is nil.
func (s *Server) Call(ctx context.Context, method string, out any, params ...any) error {
	session, err := s.login(ctx)
	if err != nil {
		return err
	}
	err = s.post(ctx, "/"+s.Database+"/", session, method, out, params...)
	if !errors.Is(err, errNoSession) {
		return err
	}
	// It has expired: after five minutes without a call.
	s.mu.Lock()
	s.session = ""
	s.mu.Unlock()
	if session, err = s.login(ctx); err != nil {
		return err
	}
	return s.post(ctx, "/"+s.Database+"/", session, method, out, params...)
}

var errNoSession = errors.New("there is no such session")

func (s *Server) login(ctx context.Context) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.session != "" {
		return s.session, nil
	}
	var got []any
	err := s.post(ctx, "/"+s.Database+"/", "", "common.db.login", &got, s.User, map[string]string{"password": s.Password}, "en")
	if err != nil {
		return "", err
	}
	if len(got) != 2 {
		return "", fmt.Errorf("login answered %v", got)
	}
	s.session = base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "%s:%v:%v", s.User, got[0], got[1]))
	return s.session, nil
}

func (s *Server) ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	// The list of databases needs no login and goes through the pool of models,
	// so an answer means that the server is ready.
	return s.post(ctx, "/", "", "common.db.list", nil)
}

func (s *Server) post(ctx context.Context, path, session, method string, out any, params ...any) error {
	if params == nil {
		params = []any{}
	}
	body, err := json.Marshal(map[string]any{"id": 1, "method": method, "params": params})
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	if session != "" {
		req.Header.Set("Authorization", "Session "+session)
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	var answer struct {
		Result json.RawMessage
		Error  json.RawMessage
	}
	if resp.StatusCode == http.StatusUnauthorized {
		return fmt.Errorf("%s: %w", method, errNoSession)
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", method, resp.Status)
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	if answer.Error != nil {
		return fmt.Errorf("%s: %s", method, answer.Error)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(answer.Result, out)
}
