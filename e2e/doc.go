// Package e2e tests the program as people use it: the real bin/trellis with its
// own PostgreSQL, a real Tryton, a real browser, and nothing of Trellis inside
// the test but what its commands print and its addresses answer.
//
// mainjob_test.go is the acceptance of the whole: an ERP is connected, its data
// arrives and stays in step while the server is killed again and again, a plugin
// has its say, an admin adds a field under load, and two people see what each
// of them may. readme_test.go runs the tour of the README, word for word. The
// other files give bad input and expect a clear refusal.
//
// What the tests read from the database they read with SQL of their own, as an
// oracle; Tryton's side is read with SQL from Tryton's database.
package e2e
