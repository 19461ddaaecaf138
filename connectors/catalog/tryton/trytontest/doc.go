// Package trytontest starts a real Tryton for tests and for the tour: the
// server of Debian's packages on a private PostgreSQL, with the modules party
// and product.
//
// Needed are trytond with its modules party and product, python3-psycopg2 and
// PostgreSQL, as scripts/setup.sh installs them. Activating the modules takes
// most of a minute, so it is done once: the prepared data directory is kept in
// the user's cache directory, under a name made of the versions of everything
// in it, and later starts unpack it.
//
// Everything listens on loopback or on a unix socket, lives in one temporary
// directory, and ends with the process that started it, also when that is
// killed.
//
// The package talks to Tryton with a client of its own, and reads back what is
// there with SQL: it is the oracle of the connector's tests and shares no code
// with it.
package trytontest
