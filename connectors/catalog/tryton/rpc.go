package tryton

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/trellishq/trellis/connectors"
)

// maxAnswer bounds one answer, should the client given not do it.
const maxAnswer = 64 << 20

// client speaks JSON-RPC with one database as one user.
type client struct {
	http           *http.Client
	url            string
	user, password string
	language       string

	session string // value of the header Authorization, "" before the login
	refused error  // of the login; it is not tried again
}

// call calls a method of a model, logging in when there is no session or the
// one there is has expired.
func (c *client) call(ctx context.Context, method string, params ...any) (any, error) {
	had := c.session != ""
	if err := c.login(ctx); err != nil {
		return nil, err
	}
	result, err := c.post(ctx, method, params)
	var status *statusError
	if !errors.As(err, &status) || status.code != http.StatusUnauthorized {
		return result, asFault(err)
	}
	c.session = ""
	if !had {
		return nil, connectors.AuthError("Tryton ends the session of user %s right after the login", c.user)
	}
	if err := c.login(ctx); err != nil {
		return nil, err
	}
	result, err = c.post(ctx, method, params)
	return result, asFault(err)
}

// login opens a session. A refusal is final for this connection.
func (c *client) login(ctx context.Context) error {
	if c.session != "" {
		return nil
	}
	if c.refused != nil {
		return c.refused
	}
	result, err := c.post(ctx, "common.db.login", []any{c.user, map[string]any{"password": c.password}, c.language})
	if err != nil {
		err = c.loginFault(err)
		if errors.Is(err, connectors.ErrAuth) {
			c.refused = err
		}
		return err
	}
	pair, ok := result.([]any)
	if !ok || len(pair) != 2 {
		// Before 5.0 a wrong password was answered with false.
		c.refused = connectors.AuthError("Tryton refuses the login of user %s", c.user)
		return c.refused
	}
	id, ok1 := pair[0].(int64)
	key, ok2 := pair[1].(string)
	if !ok1 || !ok2 {
		return errors.New("tryton: the answer to the login has another form than expected")
	}
	c.session = "Session " + base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "%s:%d:%s", c.user, id, key))
	return nil
}

func (c *client) loginFault(err error) error {
	var status *statusError
	var app *appError
	switch {
	case errors.As(err, &status) && status.code == http.StatusUnauthorized:
		return connectors.AuthError("Tryton refuses the login of user %s", c.user)
	case errors.As(err, &status) && status.code == http.StatusTooManyRequests && !status.hasRetryAfter:
		return connectors.AuthError("Tryton blocks logins of user %s for a while, after too many wrong passwords", c.user)
	case errors.As(err, &status) && status.code == http.StatusNotFound:
		return connectors.ConfigError("database", "there is no such database at this address")
	case errors.As(err, &status) && status.notJSON:
		return connectors.ConfigError("url", "what answers at this address is not Tryton")
	case errors.As(err, &app) && app.class == "LoginException":
		return connectors.AuthError("Tryton asks user %s for more than a password", c.user)
	}
	return asFault(err)
}

// logout ends the session, if there is one.
func (c *client) logout(ctx context.Context) error {
	if c.session == "" {
		return nil
	}
	_, err := c.post(ctx, "common.db.logout", []any{})
	c.session = ""
	return err
}

// post makes one exchange. Its errors are *statusError, *appError, or those of
// the network.
func (c *client) post(ctx context.Context, method string, params []any) (any, error) {
	body, err := json.Marshal(map[string]any{"id": 1, "method": method, "params": params})
	if err != nil {
		return nil, fmt.Errorf("tryton: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("tryton: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	if c.session != "" {
		req.Header.Set("Authorization", c.session)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, cut(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if err := checkStatus(resp); err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return nil, cut(err)
	}
	if len(text) > maxAnswer {
		return nil, fmt.Errorf("tryton: an answer is larger than %d bytes", maxAnswer)
	}
	return decodeAnswer(text)
}

// cut wraps an error of the network. net/http reports a connection that was
// closed as io.EOF, which for a Source means the end: that one is not wrapped.
func cut(err error) error {
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("tryton: the connection was cut: %w", io.ErrUnexpectedEOF)
	}
	return fmt.Errorf("tryton: %w", err)
}

// statusError is an answer that is not JSON-RPC.
type statusError struct {
	code          int
	notJSON       bool
	hasRetryAfter bool
	after         time.Duration
}

func (e *statusError) Error() string {
	if e.notJSON {
		return "tryton: the answer is not JSON"
	}
	return fmt.Sprintf("tryton: HTTP %d %s", e.code, http.StatusText(e.code))
}

func checkStatus(resp *http.Response) error {
	if resp.StatusCode == http.StatusOK {
		if !strings.Contains(resp.Header.Get("Content-Type"), "json") {
			return &statusError{code: resp.StatusCode, notJSON: true}
		}
		return nil
	}
	e := &statusError{code: resp.StatusCode}
	e.after, e.hasRetryAfter = retryAfter(resp.Header.Get("Retry-After"))
	return e
}

// retryAfter reads both forms of the header: seconds, or a date.
func retryAfter(text string) (time.Duration, bool) {
	if seconds, err := strconv.ParseUint(text, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second, true
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(time.Until(at), 0), true
	}
	return 0, false
}

// appError is an error of the application, which comes as HTTP 200: the class
// of a Python exception and its arguments, or the text of an unexpected one.
type appError struct {
	class string
	text  string
}

func (e *appError) Error() string {
	if e.text == "" {
		return "tryton: " + e.class
	}
	return "tryton: " + e.class + ": " + e.text
}

// asFault turns what a person has to mend, or time, into the contract's errors.
func asFault(err error) error {
	var status *statusError
	var app *appError
	switch {
	case errors.As(err, &status):
		switch {
		case status.code == http.StatusTooManyRequests, status.code == http.StatusServiceUnavailable && status.hasRetryAfter:
			return connectors.BackOff(status.after, "Tryton asks to be called less often")
		case status.code == http.StatusUnauthorized:
			return connectors.AuthError("Tryton does not accept its own session")
		case status.code == http.StatusForbidden:
			fault := connectors.ConfigError("models", "Tryton does not let this be read from outside")
			fault.Cause = err
			return fault
		}
	case errors.As(err, &app) && app.class == "UserError":
		// A read changes nothing, so this is a missing right.
		return connectors.ConfigError("user", "Tryton says: %.300s", app.text)
	}
	return err
}

func pathEscape(s string) string { return url.PathEscape(s) }
