package connectors

import (
	"errors"
	"fmt"
	"time"
)

// What an error asks of the host. Compare with errors.Is; make them with
// BackOff, AuthError, ConfigError and CursorError, which add a sentence.
var (
	// ErrBackOff: the remote system asks for patience. The host calls again with
	// the same cursor, not before After(err); other jobs on the same remote wait
	// too. It does not count as a failure.
	ErrBackOff = errors.New("the remote system asks to be called again later")

	// ErrAuth: the login was refused or has expired and cannot be renewed. The
	// host pauses the connection and shows the reason; it does not try again by
	// itself, because systems lock accounts after a few bad logins.
	ErrAuth = errors.New("the remote system refuses the login")

	// ErrConfig: a setting is wrong. The host pauses the connection and shows the
	// reason, with the setting's name when there is one: see Setting.
	ErrConfig = errors.New("the connection is not set up correctly")

	// ErrCursor: the stream cannot be resumed from this cursor: it has expired at
	// the source, or is not one of ours. The host reads again from the beginning
	// or asks a person; records it has stay. Never returned for a zero cursor.
	ErrCursor = errors.New("reading cannot be resumed from the stored place")
)

// Fault is an error with an instruction. Message is a sentence for the admin
// without secrets and without the data of records; Cause is for the log.
type Fault struct {
	Kind    error // ErrBackOff, ErrAuth, ErrConfig or ErrCursor
	Message string
	After   time.Duration // for ErrBackOff: how long to wait; 0 leaves it to the host
	Setting string        // for ErrConfig: the name of the setting; may be empty
	Cause   error
}

// Error is the message alone; the cause is not in it.
func (f *Fault) Error() string { return f.Message }

// Is makes errors.Is(err, ErrAuth) and its like true.
func (f *Fault) Is(target error) bool { return target == f.Kind }

// Unwrap gives the cause.
func (f *Fault) Unwrap() error { return f.Cause }

// BackOff makes an ErrBackOff. The wait is at least zero and at most a day.
func BackOff(after time.Duration, format string, args ...any) *Fault {
	after = min(max(after, 0), 24*time.Hour)
	return &Fault{Kind: ErrBackOff, After: after, Message: fmt.Sprintf(format, args...)}
}

// AuthError makes an ErrAuth.
func AuthError(format string, args ...any) *Fault {
	return &Fault{Kind: ErrAuth, Message: fmt.Sprintf(format, args...)}
}

// ConfigError makes an ErrConfig about one setting, or about none when the name
// is empty.
func ConfigError(setting, format string, args ...any) *Fault {
	return &Fault{Kind: ErrConfig, Setting: setting, Message: fmt.Sprintf(format, args...)}
}

// CursorError makes an ErrCursor.
func CursorError(format string, args ...any) *Fault {
	return &Fault{Kind: ErrCursor, Message: fmt.Sprintf(format, args...)}
}

// After is how long an ErrBackOff in err's chain asks to wait, and whether it
// says so.
func After(err error) (time.Duration, bool) {
	var f *Fault
	if !errors.As(err, &f) || !errors.Is(f.Kind, ErrBackOff) || f.After <= 0 {
		return 0, false
	}
	return f.After, true
}
