// Package connectors is the contract between Trellis and whatever speaks to
// another system: an ERP, a shop, a bank, a folder of files. It imports the
// standard library alone, so a connector written by a third party pulls in
// nothing else.
//
// The story of one connection:
//
//  1. A Connector says with its Spec what it needs to be told. The form in the
//     console, the check of a YAML file and the reference page are all made
//     from it.
//  2. The host checks an admin's values with Spec.Resolve and calls Open, with
//     a Config that holds the values, secrets among them, and the only ways
//     out of the process: an *http.Client and an fs.FS. A connector never
//     dials, resolves a name, or opens a path itself. The client given is
//     guarded (which networks, how long, how much, how often), and those
//     limits belong to the admin and not to the connector.
//  3. What was opened is a Connection. What it can do is found by assertion:
//     Source reads, Tester answers "does this work", Discoverer lists what
//     there is to read. Writing to the other system will be one more such
//     interface.
//  4. The host calls Source.Read again and again and stores each Cursor in the
//     same transaction as the records that came with it. So a crash repeats at
//     most one batch, and nothing is lost or doubled.
//
// Values are exact from wire to column. A number with a fraction is a Decimal
// and never a float; a day is a Date and not an instant. See Record.
//
// Errors are few and each one is an instruction to the host: see ErrBackOff,
// ErrAuth, ErrConfig and ErrCursor. Every other error is taken as passing and
// is retried with back-off.
//
// The package connectortest holds the suite that every Source must pass.
package connectors
