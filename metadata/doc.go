// Package metadata says what exists in a workspace: objects, their fields and
// relations, and the roles and policies that go with them. It is pure: values
// and functions, no database, no HTTP, no files but fs.FS.
//
// A Definition is what people write, in YAML (Read, Write) or through the admin
// API. Merge puts a package's folder into a workspace's definition, Normalize
// completes it with what goes without saying and with physical names, Validate
// tells all its problems at once; New turns a valid one into a Snapshot, which
// is immutable and indexed for reading. Diff compares two definitions; package
// ddl turns the difference into steps of SQL; core/catalog carries them out.
//
// A definition that is in use is never changed. A change starts from a Fork,
// which shares every component but those it Owns, and each step after that
// looks at what is not shared: its cost is that of the change.
//
// Every object has the system fields of SystemFields in front of its own. The
// objects user and team exist in every workspace (SystemObjects).
package metadata
