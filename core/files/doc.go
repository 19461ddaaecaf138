// Package files keeps the files that belong to records: what is in them in a
// Store, the port declared here (Dir is a directory), and name, size, type and
// hash in trellis.file.
//
// A file is uploaded first (Files.Upload): its content is bounded while it
// streams, hashed, and its type is found in the content, not believed. The
// uploader then writes the id into a field of the kind file; the engine attaches
// it to that record in the same transaction. From then on who may read the field
// may open the file (Files.Open), and nobody else knows that it is there. What is
// not attached within a day is purged (Files.PurgeAll).
package files
