package plugins

import "time"

// Bounds a manifest may choose within.
const (
	DefaultMemory   = 16 << 20
	DefaultGoMemory = 32 << 20
	MinMemory       = 1 << 20
	MaxMemory       = 64 << 20
	// DefaultTime and MaxTime bound one hook.
	DefaultTime = 50 * time.Millisecond
	MinTime     = time.Millisecond
	MaxTime     = time.Second
	// MaxIO bounds the input and the output of one call.
	MaxIO = 1 << 20
	// MaxManifest bounds plugin.yaml.
	MaxManifest = 256 << 10
	// maxMessage bounds what a plugin may say to a person, in characters.
	maxMessage = 500
)

// Limits is what a plugin may use up.
type Limits struct {
	// Memory is in bytes, a multiple of 64 KB. Default 16 MB, 32 MB for Go.
	Memory int64
	// Time bounds one call of a hook. Default 50 ms, at most 1 s.
	Time time.Duration
}
