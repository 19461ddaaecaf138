package plugins

import (
	"context"
	"errors"
	"fmt"
)

// Runtime turns an admitted package into something that can be called. It is
// safe for concurrent use.
type Runtime interface {
	// Load prepares one package of one workspace. It returns ErrUntrusted when
	// the module is not what was signed, and never runs or compiles a module
	// that was not admitted. What it returns belongs to the caller, who closes
	// it; ops stays in use until then. Loading the same package twice gives two
	// modules that share nothing a guest could see.
	Load(ctx context.Context, pkg *Package, ops Ops) (Module, error)
	// Close ends every module that is still open. Calls under way get an error.
	Close(ctx context.Context) error
}

// Module is a loaded plugin. It is safe for concurrent use; how many calls run
// at once is its own affair, but never without bound.
type Module interface {
	// Call runs an entry on input and returns its output, a copy that belongs
	// to the caller. No call sees what an earlier one left behind.
	//
	// ctx and the manifest's time limit both end a call; the limit runs from
	// when the guest starts. Every error is a *Failure.
	Call(ctx context.Context, entry string, input []byte) ([]byte, error)
	// Close waits for the calls under way and frees everything.
	Close(ctx context.Context) error
}

// Ops is what a guest can reach outside itself. Calls come from many
// goroutines. An implementation checks the plugin's capabilities itself.
type Ops interface {
	// Do runs a host operation. Its error is shown to the guest as a code and a
	// sentence, so it must be a *trellis.Error without internals.
	Do(ctx context.Context, op Op, input []byte) ([]byte, error)
	// Log takes what one call wrote to its log, at most 16 KB.
	Log(ctx context.Context, entry, text string)
}

// Package is an admitted version of a plugin.
type Package struct {
	Manifest *Manifest
	// Source is the text of the manifest, which the signature covers.
	Source []byte
	Admitted
}

// Admitted is the outcome of admission.
type Admitted struct {
	// Module is what may be loaded: the checked and rewritten program.
	Module []byte
	// Digest is the SHA-256 of Module, in hex.
	Digest string
	// Signature covers the digest and the manifest; see wasm.Key.
	Signature string
}

// ErrUntrusted says that a module is not the one that was signed.
var ErrUntrusted = errors.New("the module is not what was admitted")

// FailureKind says how a call failed.
type FailureKind string

// The ways a call fails.
const (
	// FailedDeadline: the entry ran out of time.
	FailedDeadline FailureKind = "ran out of time"
	// FailedTrap: the guest crashed, exited or ran out of memory.
	FailedTrap FailureKind = "crashed"
	// FailedSize: input or output was over its limit.
	FailedSize FailureKind = "exceeded a size limit"
	// FailedAnswer: the output is no result envelope, or breaks the hook's mode.
	FailedAnswer FailureKind = "gave an answer that is not allowed"
	// FailedBusy: no slot became free in time.
	FailedBusy FailureKind = "had no free slot"
	// FailedReport: the plugin itself reported an error.
	FailedReport FailureKind = "reported an error"
	// FailedClosed: the module is closed or could not start.
	FailedClosed FailureKind = "is not running"
)

// Failure is why a call gave no result. Cause is for the log.
type Failure struct {
	Kind  FailureKind
	Cause error
}

func (f *Failure) Error() string {
	if f.Cause == nil {
		return string(f.Kind)
	}
	return fmt.Sprintf("%s: %v", f.Kind, f.Cause)
}

// Unwrap gives the cause.
func (f *Failure) Unwrap() error { return f.Cause }
