package web

import (
	"context"
	"net/http"
)

type workspaceKey struct{}

func withWorkspace(ctx context.Context, slug string) context.Context {
	return context.WithValue(ctx, workspaceKey{}, slug)
}

// Workspace is the workspace a request is for: the one its path names
// (/w/{slug}/…), else that of the session or key, else main.
func Workspace(r *http.Request) string {
	if slug := r.PathValue("slug"); slug != "" {
		return slug
	}
	if slug, _ := r.Context().Value(workspaceKey{}).(string); slug != "" {
		return slug
	}
	return mainWorkspace
}
