package wasm

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
	"github.com/tetratelabs/wazero/sys"

	"github.com/trellishq/trellis/plugins"
)

// instance is one running copy of a guest. One goroutine at a time uses it.
type instance struct {
	module  *Module
	guest   api.Module
	memory  *mapping
	alloc   api.Function
	handle  api.Function
	globals []api.MutableGlobal
	calls   int

	// What one call has used up, seen by the host functions.
	log     bytes.Buffer
	hostOps int
	pending []byte
	clock   time.Duration
}

// seed is the state every call starts from.
type seed struct {
	image   *image
	globals []uint64
	clock   time.Duration
	// buffer is where input of up to inputBuffer bytes goes.
	buffer uint32
}

func (s *seed) close() {
	if s.image != nil {
		s.image.close()
		s.image = nil
	}
}

type instanceKey struct{}

// instantiate makes an instance whose _initialize has not run.
func (m *Module) instantiate(ctx context.Context) (inst *instance, err error) {
	inst = &instance{module: m}
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
		if err != nil {
			inst.close(ctx)
		}
	}()
	inst.memory, err = newMapping(uint64(m.limits.Memory))
	if err != nil {
		return inst, err
	}
	ctx = experimental.WithMemoryAllocator(inst.context(ctx), experimental.MemoryAllocatorFunc(
		func(_, _ uint64) experimental.LinearMemory { return inst.memory }))
	inst.guest, err = m.runtime.engine.InstantiateModule(ctx, m.compiled, wazero.NewModuleConfig().WithName("").WithStartFunctions())
	if err != nil {
		return inst, err
	}
	inst.alloc = inst.guest.ExportedFunction("trellis_alloc")
	inst.handle = inst.guest.ExportedFunction("trellis_handle")
	for _, name := range m.globals {
		// Admission exported it, and parse found it mutable again.
		inst.globals = append(inst.globals, inst.guest.ExportedGlobal(name).(api.MutableGlobal))
	}
	return inst, nil
}

func (i *instance) context(ctx context.Context) context.Context {
	return context.WithValue(ctx, instanceKey{}, i)
}

// initialise runs the guest's own start and records the state after it.
func (i *instance) initialise(ctx context.Context) (s seed, err error) {
	if start := i.guest.ExportedFunction("_initialize"); start != nil {
		if _, err := i.invoke(ctx, start); err != nil {
			return s, fmt.Errorf("_initialize: %w", err)
		}
	}
	ptr, err := i.invoke(ctx, i.alloc, inputBuffer)
	if err != nil {
		return s, fmt.Errorf("trellis_alloc: %w", err)
	}
	if _, err := i.bytes(uint32(ptr), inputBuffer); err != nil {
		return s, fmt.Errorf("trellis_alloc: %w", err)
	}
	s.buffer, s.clock = uint32(ptr), i.clock
	for _, g := range i.globals {
		s.globals = append(s.globals, g.Get())
	}
	s.image, err = newImage(i.memory.all[:i.memory.size])
	return s, err
}

// adopt puts a fresh instance into the state of the seed.
func (i *instance) adopt(s *seed) error {
	if more := s.image.size - i.memory.size; more > 0 {
		if _, ok := i.guest.Memory().Grow(uint32(more / pageBytes)); !ok {
			return errors.New("memory cannot grow to the size of the snapshot")
		}
	}
	if err := i.memory.adopt(s.image); err != nil {
		return err
	}
	i.restore(s)
	return nil
}

func (i *instance) restore(s *seed) {
	for n, g := range i.globals {
		g.Set(s.globals[n])
	}
	i.clock, i.pending, i.hostOps = s.clock, nil, 0
}

// reset says whether the instance can be used again, in the state of the seed.
func (i *instance) reset(s *seed) bool {
	i.calls++
	if i.calls >= callsPerInstance || i.memory.size != s.image.size || i.guest.IsClosed() {
		return false
	}
	if err := i.memory.reset(); err != nil {
		return false
	}
	i.restore(s)
	return true
}

// call runs trellis_handle. The instance must be reset or closed after it.
func (i *instance) call(ctx context.Context, entry uint32, input []byte) ([]byte, error) {
	ptr := i.module.seed.buffer
	if len(input) > inputBuffer {
		big, err := i.invoke(ctx, i.alloc, uint64(len(input)))
		if err != nil {
			return nil, err
		}
		ptr = uint32(big)
	}
	to, err := i.bytes(ptr, uint32(len(input)))
	if err != nil {
		return nil, err
	}
	copy(to, input)
	packed, err := i.invoke(ctx, i.handle, uint64(entry), uint64(ptr), uint64(len(input)))
	if err != nil {
		return nil, err
	}
	if uint32(packed) > plugins.MaxIO {
		return nil, &plugins.Failure{Kind: plugins.FailedSize, Cause: fmt.Errorf("output of %d bytes", uint32(packed))}
	}
	output, err := i.bytes(uint32(packed>>32), uint32(packed))
	if err != nil {
		return nil, err
	}
	return bytes.Clone(output), nil
}

// bytes gives a part of the guest's memory, in place.
func (i *instance) bytes(ptr, n uint32) ([]byte, error) {
	if end := uint64(ptr) + uint64(n); end > i.memory.size {
		return nil, &plugins.Failure{Kind: plugins.FailedTrap, Cause: fmt.Errorf("bytes %d to %d are outside its memory", ptr, end)}
	}
	return i.memory.all[ptr : uint64(ptr)+uint64(n)], nil
}

// invoke runs a guest function with a stack of its own and names its failure.
func (i *instance) invoke(ctx context.Context, fn api.Function, args ...uint64) (result uint64, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &plugins.Failure{Kind: plugins.FailedTrap, Cause: fmt.Errorf("panic in the runtime: %v", p)}
		}
	}()
	var stack [3]uint64
	copy(stack[:], args)
	if err := fn.CallWithStack(i.context(ctx), stack[:]); err != nil {
		kind := plugins.FailedTrap
		var exit *sys.ExitError
		if errors.As(err, &exit) && ctx.Err() != nil {
			kind = plugins.FailedDeadline
		}
		return 0, &plugins.Failure{Kind: kind, Cause: errors.New(clipTo(err.Error(), 2000))}
	}
	return stack[0], nil
}

// close frees everything. The mapping is freed here as well because wazero
// forgets it when a deadline closed the module after the call had returned.
func (i *instance) close(ctx context.Context) {
	if i.guest != nil {
		_ = i.guest.Close(ctx)
	}
	if i.memory != nil {
		i.memory.Free()
	}
}
