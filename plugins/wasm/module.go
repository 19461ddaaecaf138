package wasm

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/tetratelabs/wazero"

	"github.com/trellishq/trellis/plugins"
)

// Module is one loaded plugin of one workspace with its pool of instances.
type Module struct {
	runtime  *Runtime
	compiled wazero.CompiledModule
	ops      plugins.Ops
	limits   plugins.Limits
	entries  map[string]uint32
	// globals names the exports of the mutable globals.
	globals []string
	// slots bounds the calls of this plugin.
	slots chan struct{}
	seed  seed

	mu     sync.Mutex
	idle   []*instance
	calls  sync.WaitGroup
	closed bool
}

var _ plugins.Module = (*Module)(nil)

var errClosed = errors.New("the module is closed")

// start runs the guest's initialisation in a first instance and takes the
// snapshot that all others start from.
func (m *Module) start(ctx context.Context) error {
	inst, err := m.instantiate(ctx)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, initTime)
	defer cancel()
	m.seed, err = inst.initialise(ctx)
	m.flush(ctx, "_initialize", inst)
	if err == nil {
		err = inst.adopt(&m.seed)
	}
	if err != nil {
		inst.close(ctx)
		m.seed.close()
		return err
	}
	m.idle = append(m.idle, inst)
	return nil
}

// Call runs an entry. It waits at most 5 s for a slot.
func (m *Module) Call(ctx context.Context, entry string, input []byte) ([]byte, error) {
	number, ok := m.entries[entry]
	switch {
	case !ok:
		return nil, &plugins.Failure{Kind: plugins.FailedAnswer, Cause: fmt.Errorf("the manifest has no entry %q", clip(entry))}
	case len(input) > plugins.MaxIO:
		return nil, &plugins.Failure{Kind: plugins.FailedSize, Cause: fmt.Errorf("input of %d bytes", len(input))}
	}
	if !m.begin() {
		return nil, &plugins.Failure{Kind: plugins.FailedClosed, Cause: errClosed}
	}
	defer m.calls.Done()
	release, err := m.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	inst, err := m.take(ctx)
	if err != nil {
		return nil, &plugins.Failure{Kind: plugins.FailedClosed, Cause: err}
	}
	limited, cancel := context.WithTimeout(ctx, m.limits.Time)
	defer cancel()
	output, err := inst.call(limited, number, input)
	m.flush(ctx, entry, inst)
	m.give(ctx, inst, err)
	return output, err
}

func (m *Module) begin() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return false
	}
	m.calls.Add(1)
	return true
}

// enter takes a slot of the plugin, then one of the runtime.
func (m *Module) enter(ctx context.Context) (release func(), err error) {
	select {
	case m.slots <- struct{}{}:
		select {
		case m.runtime.slots <- struct{}{}:
			return m.leave, nil
		default:
			<-m.slots
		}
	default:
	}
	ctx, cancel := context.WithTimeout(ctx, slotWait)
	defer cancel()
	select {
	case m.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, &plugins.Failure{Kind: plugins.FailedBusy, Cause: ctx.Err()}
	}
	select {
	case m.runtime.slots <- struct{}{}:
		return m.leave, nil
	case <-ctx.Done():
		<-m.slots
		return nil, &plugins.Failure{Kind: plugins.FailedBusy, Cause: ctx.Err()}
	}
}

func (m *Module) leave() {
	<-m.runtime.slots
	<-m.slots
}

// take gives an idle instance, the one used last, or a new one.
func (m *Module) take(ctx context.Context) (*instance, error) {
	m.mu.Lock()
	if n := len(m.idle); n > 0 {
		inst := m.idle[n-1]
		m.idle = m.idle[:n-1]
		m.mu.Unlock()
		return inst, nil
	}
	m.mu.Unlock()
	inst, err := m.instantiate(ctx)
	if err != nil {
		return nil, err
	}
	if err := inst.adopt(&m.seed); err != nil {
		inst.close(ctx)
		return nil, err
	}
	return inst, nil
}

// give resets an instance and keeps it, or closes it.
func (m *Module) give(ctx context.Context, inst *instance, callErr error) {
	if callErr != nil || !inst.reset(&m.seed) {
		inst.close(context.WithoutCancel(ctx))
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.idle = append(m.idle, inst)
}

func (m *Module) flush(ctx context.Context, entry string, inst *instance) {
	if inst.log.Len() > 0 {
		m.ops.Log(ctx, entry, inst.log.String())
		inst.log.Reset()
	}
}

// Close waits for the calls under way; a second call does nothing.
func (m *Module) Close(ctx context.Context) error {
	m.mu.Lock()
	if m.closed {
		m.mu.Unlock()
		return nil
	}
	m.closed = true
	m.mu.Unlock()
	m.calls.Wait()
	m.runtime.mu.Lock()
	delete(m.runtime.open, m)
	m.runtime.mu.Unlock()
	return m.free(ctx)
}

// free closes what no call uses any more.
func (m *Module) free(ctx context.Context) error {
	ctx = context.WithoutCancel(ctx)
	for _, inst := range m.idle {
		inst.close(ctx)
	}
	m.idle = nil
	m.seed.close()
	return m.compiled.Close(ctx)
}
