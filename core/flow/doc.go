// Package flow will run automations: triggers (a change, a schedule, a webhook
// that comes in), steps, waits, approvals, and the history of each run. Flows
// are metadata; what they do is an Action, the port declared here, implemented
// by built-in actions, plugins and sync. Triggers on changes are a Subscriber of
// core/events, what must happen before a write is a core.Hook, and long work is
// a job of core/jobs cut into steps that can be resumed. There is nothing here
// yet.
package flow
