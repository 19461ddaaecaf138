// Package file reads CSV and JSON Lines from a folder that the admin allows.
//
// All files that fit a pattern make up one stream. A file is read when it is new
// or its size or time has changed, then as a whole: what changed in it is told
// by the host. Of a key that is in several files the one in the file changed
// last counts, since files are read in the order of their time.
//
// Encoding (UTF-8, GB18030, UTF-16 with a mark) and delimiter are found out
// unless they are given. A cell of CSV is text, and absent when it is empty;
// values of JSON Lines keep their types, with exact numbers. A line that cannot
// be read becomes a record with a Problem, and the rest of the file goes on.
//
// A file that is still being written is read up to where it is, and again when
// it has grown.
package file
