// Package ddl turns the difference of two definitions into steps of SQL. It is
// pure: the same definitions give the same steps, and core/catalog carries them
// out.
//
// An object is a table in the schema of its workspace, a field one column, a
// currency two. Text is stored with COLLATE "C"; what people read is sorted by
// another collation when it is asked for. Nothing has a trigger, a generated
// column or a default that stays: values come from the engine alone. Foreign
// keys stay within the schema and never act on their own, since records are
// deleted softly.
//
// Steps never rewrite a table and, but for one case told in its step, never
// read one under a lock: indexes on tables that exist are built CONCURRENTLY
// before or after the transaction. Nothing is dropped either. What is removed
// from the metadata keeps its data, hidden, without constraints and indexes.
package ddl
