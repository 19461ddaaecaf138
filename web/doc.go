// Package web is the way in by HTTP: the one server, the URL map (routes.go),
// sign-in, health and metrics, and the console that is built from web/console
// and embedded. It turns a session's cookie or an API key into the principal of
// the request's context; whatever is behind decides by that alone.
package web
