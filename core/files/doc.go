// Package files will keep the files that belong to records: content in a Store,
// the port declared here (a directory, or S3), and name, size, type, hash and
// owner in the system schema. A file is read and written under the grant of the
// record that holds it, through the engine, and served by web. There is nothing
// here yet.
package files
