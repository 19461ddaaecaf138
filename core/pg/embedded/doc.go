// Package embedded runs a private PostgreSQL as a child process, so that Trellis
// needs no database to be set up. It works on Linux.
//
// Start takes a directory and gives a Server. The process that holds the lock on
// the directory owns the server: it makes the data directory where there is
// none, starts PostgreSQL, starts it again when it dies, and stops it. A process
// that finds the lock held attaches: it uses the same server and never stops it,
// unless it was told to inherit it.
//
// What is in the directory:
//
//	lock     held by the owner (flock) as long as it lives
//	pgdata/  PostgreSQL's data directory; its postmaster.pid tells those who
//	         attach where the socket is
//	run/     the unix socket, unless its path would not do for a socket
//	         (107 bytes, no comma); then it is in a short directory
//	         under the system's temporary one
//
// There is no port. PostgreSQL refuses to run as root, so for root it runs as an
// unprivileged user, or, where such a user cannot reach the directory, as root
// seen under another number in a user namespace.
//
// Nothing here deletes data. A data directory of another major version, or one
// that something else uses, is refused with a *trellis.Error that says so.
package embedded
