package plugins

// ABI is the only binary interface there is; docs/plugin-abi.md describes it.
const ABI = "trellis/1"

// Manifest is a parsed plugin.yaml.
type Manifest struct {
	// ID is the plugin's name in its workspace: [a-z][a-z0-9-]*, at most 40
	// characters.
	ID string
	// Version is major.minor.patch with an optional pre-release (semver.org).
	Version     string
	Language    string
	Description string
	Hooks       []Hook
	Capabilities
	Limits Limits
}

// Event is a moment in the life of a record.
type Event string

// The events hooks can be called at, all before the transaction.
const (
	BeforeCreate Event = "before-create"
	BeforeUpdate Event = "before-update"
	BeforeDelete Event = "before-delete"
)

// Events lists every event.
var Events = []Event{BeforeCreate, BeforeUpdate, BeforeDelete}

// Mode is the most a hook may do. Hooks of one record run in the order
// transform, validate, veto, then by Order, plugin id and entry.
type Mode string

// The modes.
const (
	// ModeTransform may change its fields, or veto.
	ModeTransform Mode = "transform"
	// ModeValidate may veto; the vetoes of all validating hooks are worth
	// showing together.
	ModeValidate Mode = "validate"
	// ModeVeto may veto, and that ends the write at once.
	ModeVeto Mode = "veto"
)

// Modes lists every mode in the order their hooks run.
var Modes = []Mode{ModeTransform, ModeValidate, ModeVeto}

// Hook is an entry called before a write.
type Hook struct {
	// Plugin and Version are set by the host, not by the manifest.
	Plugin, Version string
	// Entry is the name the program registers, unique in the plugin.
	Entry  string
	Object string
	Events []Event
	Mode   Mode
	// Fields are what the hook gets to see of the record, and all it may change.
	Fields []string
	// Order sorts hooks of one mode, smallest first. Default 0.
	Order int
}

// Capabilities are what a plugin may ask of the host. Each carries the reason
// that an administrator reads before allowing it.
type Capabilities struct {
	Records []RecordCapability
	HTTP    []HostCapability
	// KV is nil when the plugin keeps no keys.
	KV      *KVCapability
	Secrets []SecretCapability
}

// RecordCapability allows verbs on the records of one object.
type RecordCapability struct {
	Object string
	Verbs  []string
	Reason string
}

// Verbs lists what a RecordCapability may allow.
var Verbs = []string{"read", "create", "update", "delete"}

// HostCapability allows HTTP requests to one host name.
type HostCapability struct{ Host, Reason string }

// KVCapability allows a key-value store of the plugin's own.
type KVCapability struct{ Reason string }

// SecretCapability allows the use of a secret by its name.
type SecretCapability struct{ Name, Reason string }
