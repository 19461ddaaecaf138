// Package metadata says what exists in a workspace: objects, their fields and
// relations, and the roles and policies that go with them. It is pure: values
// and functions, no database, no HTTP, no files but fs.FS.
//
// A Definition is what people write, in YAML or through the admin API. Validate
// tells all its problems at once; New turns a valid one into a Snapshot, which
// is immutable and indexed for reading. Diff compares two definitions; package
// ddl turns the difference into steps of SQL; core/catalog carries them out.
//
// Every object has the system fields of SystemFields in front of its own. The
// objects user and team exist in every workspace (SystemObjects).
package metadata
