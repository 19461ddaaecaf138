// Package search will find records by words, over all objects, in Chinese as in
// English: an index kept in PostgreSQL by a Subscriber of core/events, asked
// through core/query, so that an answer holds what the caller's grants allow and
// nothing else. There is nothing here yet; the database is already made with a
// character type under which trigrams of Chinese text work.
package search
