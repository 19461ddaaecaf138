// Package identity knows who somebody is, never whether they may: accounts
// with passwords, sessions, and API keys. It turns a session's token or a key
// into a policy.Principal, with the roles held today and the facts that rules
// ask of a person.
//
// A principal is remembered for a second, so that a request costs no look-up
// and a leaver, a revoked key or a changed role is gone within that second.
// Tokens and keys are stored as SHA-256 (they are random, so that is enough),
// passwords as argon2id.
package identity
