package wasm

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"time"

	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/sys"

	"github.com/trellishq/trellis/plugins"
)

// Error numbers of WASI preview 1.
const (
	errnoSuccess = 0
	errnoBadf    = 8
	errnoInval   = 28
	errnoNosys   = 52
)

// wasiFunctions are the parts of WASI that language runtimes need to start:
// no arguments, no environment, output to the log, random bytes, and a clock
// that starts the same in every call and moves by a millisecond when it is
// read and by as much as a sleep asks for. Sleeping takes no time.
var wasiFunctions = map[string]api.GoModuleFunc{
	"args_sizes_get":    noStrings,
	"environ_sizes_get": noStrings,
	"args_get":          succeed,
	"environ_get":       succeed,
	"sched_yield":       succeed,
	"fd_fdstat_get":     fdStat,
	"fd_fdstat_set_flags": func(_ context.Context, _ api.Module, stack []uint64) {
		stack[0] = standard(stack[0])
	},
	"fd_close":       badDescriptor,
	"fd_prestat_get": badDescriptor,
	"fd_read":        fdRead,
	"fd_write":       fdWrite,
	"random_get":     randomGet,
	"clock_res_get":  clockRes,
	"clock_time_get": clockTime,
	"poll_oneoff":    pollOneoff,
	"proc_exit": func(_ context.Context, _ api.Module, stack []uint64) {
		panic(sys.NewExitError(uint32(stack[0])))
	},
}

// epoch is where the guest's wall clock starts.
var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

const (
	tick = time.Millisecond
	// maxVectors bounds the buffers or subscriptions of one call.
	maxVectors = 1024
)

func refuse(_ context.Context, _ api.Module, stack []uint64)  { stack[0] = errnoNosys }
func succeed(_ context.Context, _ api.Module, stack []uint64) { answer(stack, errnoSuccess) }

func badDescriptor(_ context.Context, _ api.Module, stack []uint64) { stack[0] = errnoBadf }

func answer(stack []uint64, errno uint64) { stack[0] = errno }

// standard says whether a descriptor is stdin, stdout or stderr.
func standard(fd uint64) uint64 {
	if uint32(fd) <= 2 {
		return errnoSuccess
	}
	return errnoBadf
}

func noStrings(ctx context.Context, _ api.Module, stack []uint64) {
	i := running(ctx)
	i.put32(uint32(stack[0]), 0)
	i.put32(uint32(stack[1]), 0)
	stack[0] = errnoSuccess
}

// fdStat says that the standard descriptors are character devices.
func fdStat(ctx context.Context, _ api.Module, stack []uint64) {
	if errno := standard(stack[0]); errno != errnoSuccess {
		stack[0] = errno
		return
	}
	const characterDevice = 2
	b := running(ctx).must(uint32(stack[1]), 24)
	clear(b)
	b[0] = characterDevice
	stack[0] = errnoSuccess
}

// fdRead finds stdin at its end.
func fdRead(ctx context.Context, _ api.Module, stack []uint64) {
	if uint32(stack[0]) != 0 {
		stack[0] = errnoBadf
		return
	}
	running(ctx).put32(uint32(stack[3]), 0)
	stack[0] = errnoSuccess
}

// fdWrite sends stdout and stderr to the log.
func fdWrite(ctx context.Context, _ api.Module, stack []uint64) {
	i := running(ctx)
	fd, vectors, n := uint32(stack[0]), uint32(stack[1]), uint32(stack[2])
	if fd != 1 && fd != 2 {
		stack[0] = errnoBadf
		return
	}
	if n > maxVectors {
		stack[0] = errnoInval
		return
	}
	written := uint32(0)
	list := i.must(vectors, n*8)
	for ; len(list) > 0; list = list[8:] {
		text := i.must(binary.LittleEndian.Uint32(list), binary.LittleEndian.Uint32(list[4:]))
		i.note(text)
		written += uint32(len(text))
	}
	i.put32(uint32(stack[3]), written)
	stack[0] = errnoSuccess
}

func randomGet(ctx context.Context, _ api.Module, stack []uint64) {
	n := uint32(stack[1])
	if n > plugins.MaxIO {
		stack[0] = errnoInval
		return
	}
	// crypto/rand.Read never fails since Go 1.24.
	_, _ = rand.Read(running(ctx).must(uint32(stack[0]), n))
	stack[0] = errnoSuccess
}

func clockRes(ctx context.Context, _ api.Module, stack []uint64) {
	running(ctx).put64(uint32(stack[1]), uint64(tick))
	stack[0] = errnoSuccess
}

func clockTime(ctx context.Context, _ api.Module, stack []uint64) {
	const realtime = 0
	i := running(ctx)
	i.sleep(tick)
	t := i.clock
	if uint32(stack[0]) == realtime {
		t += time.Duration(epoch.UnixNano())
	}
	i.put64(uint32(stack[2]), uint64(t))
	stack[0] = errnoSuccess
}

// sleep moves the clock; a year is as far as it goes.
func (i *instance) sleep(d time.Duration) {
	const year = 365 * 24 * time.Hour
	if d > 0 {
		i.clock = min(i.clock+min(d, year), year)
	}
}

// pollOneoff answers every subscription at once: clocks have rung, files are
// not there.
func pollOneoff(ctx context.Context, _ api.Module, stack []uint64) {
	const subscription, event = 48, 32
	i := running(ctx)
	n := uint32(stack[2])
	if n == 0 || n > maxVectors {
		stack[0] = errnoInval
		return
	}
	in, out := i.must(uint32(stack[0]), n*subscription), i.must(uint32(stack[1]), n*event)
	longest := time.Duration(0)
	for k := range n {
		s, e := in[k*subscription:][:subscription], out[k*event:][:event]
		user, kind := binary.LittleEndian.Uint64(s), s[8]
		timeout, absolute := binary.LittleEndian.Uint64(s[24:]), s[40]&1 == 1
		clear(e)
		binary.LittleEndian.PutUint64(e, user)
		e[10] = kind
		if kind != 0 {
			binary.LittleEndian.PutUint16(e[8:], errnoBadf)
		} else if d := time.Duration(timeout & (1<<62 - 1)); !absolute && d > longest {
			longest = d
		}
	}
	i.sleep(longest)
	i.put32(uint32(stack[3]), n)
	stack[0] = errnoSuccess
}
