// Package catalog keeps the metadata of every workspace of a database: it hands
// out the current revision, and applies changes.
//
// Current gives a View, which a request pins for as long as it lasts. On the
// way to it there is no lock and no query once a workspace has been used; other
// processes hear of a change by NOTIFY and ask again after every reconnection
// (Run). Reads may therefore be a moment behind in another process, writes never
// are: they hold both versions with LockShared, and a View that is behind
// repeats their path.
//
// Apply makes a change. Changes of one workspace come one after the other. The
// draft is made from the current definition, validated and planned; indexes that
// decide whether it is possible are built; then one transaction waits for the
// writers of the workspace, takes the steps of DDL and stores components,
// history and the new revision. Locks on tables are asked for 50 ms at a time
// and the transaction is tried again, since readers queue behind a waiting ALTER
// TABLE. Before Apply returns, this process has the new View; what is left are
// indexes that only make things faster, built CONCURRENTLY and remembered in
// trellis.pending_step until they are there.
//
// Components are stored one a row, and everything along the way shares what did
// not change, so adding a field costs the same among ten objects or a thousand.
package catalog
