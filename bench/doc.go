// Package bench measures what Trellis costs over the least that the same work
// can cost: CPU of server and PostgreSQL per request, against a floor written
// by hand for exactly these requests.
//
// Prepare makes the ground: a database with the CRM, some fields more, a role
// that sees some rows and not all fields, its key, and made-up records, the
// same each time. The cases are five reads, two writes, and three groups over all
// opportunities. Run starts two processes on that database, the real server and
// the floor (package floor), asks both the same, refuses to go on when an answer
// differs by a byte or a write leaves other rows (records, their entries in the
// outbox, their history: both sides keep all three), and then takes turns between
// them, so that a noisy machine is noisy for both. CPU is read from the clocks
// that the kernel keeps for each process, never from the wall.
//
// Beside the cases stand some that have a limit of their own. Field adds fields
// through the admin API to workspaces of 10 to 2,000 objects of 20 fields, until
// GraphQL answers a query that names the field, by the clock; its floor is ALTER
// TABLE and SELECT by hand. Memory is the heap that a workspace holds on to after
// its role sets have asked for its objects, in this process; its floor is the
// definition alone. Search asks for words among a million firms, by the clock; its
// floor is one statement that sorts all it finds, and must find the same. Since
// the firms take minutes to make, it runs only when it is asked for.
package bench
