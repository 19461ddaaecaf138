package pg

import (
	"context"
	"errors"
	"io"
	"net"
	"syscall"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/puddle/v2"

	"github.com/trellishq/trellis"
)

// SQLSTATEs that callers ask for by name.
const (
	StateUniqueViolation     = "23505"
	StateExclusionViolation  = "23P01"
	StateForeignKey          = "23503"
	StateSerialization       = "40001"
	StateDeadlock            = "40P01"
	StateLockNotAvailable    = "55P03"
	StateUndefinedColumn     = "42703"
	StateUndefinedTable      = "42P01"
	StateFeatureNotSupported = "0A000"
)

// SQLState is the SQLSTATE of the first PostgreSQL error in err's chain, "" when
// there is none.
func SQLState(err error) string {
	var said *pgconn.PgError
	if errors.As(err, &said) {
		return said.Code
	}
	return ""
}

// Refuses says that a unique index or an exclusion constraint refused a row.
func Refuses(err error) bool {
	state := SQLState(err)
	return state == StateUniqueViolation || state == StateExclusionViolation
}

// Constraint is the name of the constraint or unique index that a statement
// broke, "" when it was no such thing. It is not for people.
func Constraint(err error) string {
	var said *pgconn.PgError
	if errors.As(err, &said) {
		return said.ConstraintName
	}
	return ""
}

// Error turns an error of pgx into a *trellis.Error for people. The sentence is
// ours and quotes nothing: no value, constraint, table or statement. The cause
// is err, so errors.As still finds a *pgconn.PgError. An error that is or wraps
// a trellis error, and nil, come back as they are.
func Error(err error) error {
	if err == nil {
		return nil
	}
	var one *trellis.Error
	var many trellis.Errors
	if errors.As(err, &one) || errors.As(err, &many) {
		return err
	}
	code, sentence := classify(err)
	return &trellis.Error{Code: code, Message: sentence, Cause: err}
}

func classify(err error) (trellis.Code, string) {
	if state := SQLState(err); len(state) == 5 {
		return classifyState(state)
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded), pgconn.Timeout(err):
		return trellis.CodeTimeout, "this took too long and was stopped"
	case errors.Is(err, context.Canceled):
		return trellis.CodeTimeout, "this was cancelled before it was done"
	case errors.Is(err, pgx.ErrNoRows):
		return trellis.CodeNotFound, "there is no such record"
	case lostConnection(err):
		return trellis.CodeUnavailable, "the database cannot be reached right now; try again"
	}
	return trellis.CodeInternal, "something went wrong on our side"
}

// classifyState is the table from SQLSTATE (PostgreSQL manual, appendix A).
func classifyState(state string) (trellis.Code, string) {
	switch state {
	case StateUniqueViolation, StateExclusionViolation:
		return trellis.CodeConflict, "another record with the same value exists already"
	case StateForeignKey, "23001":
		return trellis.CodeConflict, "a record that this one refers to is gone, or other records still refer to it"
	case "23502", "23514":
		return trellis.CodeValidationFailed, "a value is missing or not allowed"
	case StateSerialization, StateDeadlock:
		return trellis.CodeConflict, "others changed the same records at the same time; try again"
	case StateLockNotAvailable:
		return trellis.CodeTimeout, "the records are locked by another change that takes too long; try again"
	case "57014", "25P03", "25P04":
		return trellis.CodeTimeout, "this took too long and was stopped"
	case "42804", "42883", "42846": // of another type, so that nothing compares or assigns it
		return trellis.CodeUnavailable, "a column in the database is of another type than the metadata says; if somebody changed it by hand, the drift report names it"
	case StateUndefinedTable, StateUndefinedColumn, "42803": // a column "count" that is not there is count(the record) to PostgreSQL
		return trellis.CodeUnavailable, "the database lacks a table or column that was asked for; if somebody changed it by hand, the drift report names it"
	case "57P01", "57P02", "57P03", "57P05", "25006":
		return trellis.CodeUnavailable, "the database cannot be reached right now; try again"
	}
	switch state[:2] {
	case "08", "28", "3D":
		return trellis.CodeUnavailable, "the database cannot be reached right now; try again"
	case "53":
		return trellis.CodeUnavailable, "the database is at its limits right now; try again"
	case "22":
		return trellis.CodeValidationFailed, "a value is too long, out of range or of the wrong form"
	}
	return trellis.CodeInternal, "something went wrong on our side"
}

// lostConnection says that no answer came because the connection could not be
// made or broke.
func lostConnection(err error) bool {
	var connect *pgconn.ConnectError
	var network net.Error
	return errors.As(err, &connect) || errors.As(err, &network) || pgconn.SafeToRetry(err) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) || errors.Is(err, puddle.ErrClosedPool)
}
