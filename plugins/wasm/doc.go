// Package wasm runs plugins that are WebAssembly modules, on wazero.
//
// An uploaded file goes through Admit, in a child process of our own binary
// with bounds on memory and time: wazero's decoder believes the counts in a
// file (17 bytes make it allocate 481 GB), panics on malformed types, and
// cannot be interrupted while it compiles. The child parses the file strictly
// (parse.go), leaves out what a plugin does not need, caps memory and tables,
// exports the mutable globals (rewrite.go), lets wazero validate and compile
// into the disk cache, and hands the module back to be signed with a key that
// only this installation has. A server loads signed modules alone; one signed
// elsewhere, as after a move of the database, is admitted again. Every binary
// that admits or loads plugins must call AdmitMain first thing in main, and in
// TestMain.
//
// A loaded module keeps a pool of instances, for one workspace alone. Every
// call finds the guest exactly as it was after _initialize: one snapshot of
// memory and mutable globals is taken when the module is loaded, all instances
// start from it, and each is put back to it after each call — on Linux by
// dropping the pages that were written (memory_linux.go), elsewhere by a copy.
// So no call sees another's data, and a guest's random seed is the same in
// each. What is not put back: entries of tables, which a program in any of the
// usual languages never writes. Passive segments, whose being dropped could
// not be undone, are refused at admission. An instance is thrown away after a
// trap, a deadline, growth of its memory or 10,000 calls.
//
// Calls run with wazero's WithCloseOnContextDone, which ends a guest that
// loops, at 2.5–4 µs a call. Guests see no files, no environment, no arguments
// and no clock but a counter; random bytes are real.
package wasm
