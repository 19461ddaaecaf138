// Package plugins runs customers' code in the write path of Trellis.
//
// A plugin is a folder with a manifest (plugin.yaml) and a program. The
// manifest says which hooks the plugin has, what it may touch and what it may
// use up; ParseManifest reads it strictly. Init, Build and Test are the
// author's side of the work: a template, the compiler, fixtures with the
// expected answers.
//
// A program reaches a server in two steps. Admission (package wasm) checks and
// compiles it in a process of its own and signs the outcome; Store keeps that
// in the system schema, per workspace, every version side by side. Host loads
// what is enabled for a workspace through a Runtime, and calls it:
//
//	before := host.HooksFor(account, plugins.BeforeCreate)
//	answer, err := host.Before(ctx, before[0], input)
//
// A hook answers ok, patch, veto or error (Result). Whatever else happens — a
// trap, a deadline, output that is too big or makes no sense — is an error that
// names the plugin, and the write it was asked about must not happen.
//
// Guest code never runs in this process but inside a Runtime's sandbox, never
// shares an instance between workspaces, and asks the host for anything
// outside itself through Ops, which checks the manifest's capabilities.
package plugins
