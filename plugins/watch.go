package plugins

import (
	"context"
	"fmt"
	"time"
)

// watchRetry is how long Watch waits before it connects again.
const watchRetry = time.Second

// Watch reloads the host whenever the store changes, until ctx ends, whose
// error it returns. It reloads once after each connection, so that nothing is
// missed while it had none; ready, when not nil, is called after the first.
// What goes wrong is logged and tried again.
func (h *Host) Watch(ctx context.Context, ready func()) error {
	for {
		err := h.watch(ctx, func() {
			if ready != nil {
				ready()
				ready = nil
			}
		})
		if ctx.Err() != nil {
			return ctx.Err()
		}
		h.log.WarnContext(ctx, "plugin changes are not watched, trying again", "error", err)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(watchRetry):
		}
	}
}

// watch holds one connection for as long as it lasts.
func (h *Host) watch(ctx context.Context, ready func()) error {
	pooled, err := h.store.pool.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	// The connection listens for good, so it leaves the pool.
	conn := pooled.Hijack()
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if _, err := conn.Exec(ctx, "LISTEN "+Channel); err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	for {
		if err := h.Reload(ctx); err != nil {
			h.log.ErrorContext(ctx, "plugins could not be reloaded", "error", err)
		}
		ready()
		for {
			n, err := conn.WaitForNotification(ctx)
			if err != nil {
				return fmt.Errorf("wait for changes: %w", err)
			}
			if n.Payload == h.workspace.String() {
				break
			}
		}
	}
}
