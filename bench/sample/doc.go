// Package sample makes the CRM's sample data: an organisation in four levels,
// accounts with contacts and the roles they have, leads and pools, products
// and prices, and what is sold from the opportunity to the payment. Names are
// Chinese and English, there are four currencies, and amounts balance to the
// cent: the totals of documents are those of their lines, and what is invoiced
// less what is settled is what accounts owe.
//
// Some of it is wrong on purpose, as in life: near duplicates of accounts, which
// the report lists, payments that nobody matched, that are short by a bank's
// charges, or that came twice.
//
// The same seed, size and day make the same records, ids included (Generate).
// Load writes them through the engine like everybody, so they obey the rules,
// and roll-ups, numbers and the outbox are made as for any write.
package sample
