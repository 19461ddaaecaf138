package wasm

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"

	"github.com/tetratelabs/wazero/api"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/plugins"
)

// hostFunctions are what guests can call. A function of importable that is not
// here answers that there is no such thing (refuse).
var hostFunctions = map[string]map[string]api.GoModuleFunc{
	moduleTrellis: {"call": hostCall, "log": hostLog},
	moduleWASI:    wasiFunctions,
}

func running(ctx context.Context) *instance { return ctx.Value(instanceKey{}).(*instance) }

// opTake copies the result of the last operation to the guest.
const opTake = 0

// hostCall is trellis.call(op, ptr, len). It answers status<<32 | length: the
// result, or for status 1 an error as {"code", "message"}, waits in the host
// until the guest takes it with op 0 into a buffer of that length. So the host
// never calls back into the guest.
func hostCall(ctx context.Context, _ api.Module, stack []uint64) {
	i := running(ctx)
	op, ptr, n := uint32(stack[0]), uint32(stack[1]), uint32(stack[2])
	if op == opTake {
		to, err := i.bytes(ptr, n)
		if err != nil {
			panic(err)
		}
		stack[0] = uint64(copy(to, i.pending))
		i.pending = nil
		return
	}
	out, err := i.operate(ctx, plugins.Op(op), ptr, n)
	status := uint64(0)
	if err != nil {
		status = 1
		first := trellis.Public(err)[0]
		// Two strings always encode.
		out, _ = json.Marshal(map[string]string{"code": string(first.Code), "message": first.Message})
	}
	i.pending = out
	stack[0] = status<<32 | uint64(len(out))
}

func (i *instance) operate(ctx context.Context, op plugins.Op, ptr, n uint32) ([]byte, error) {
	if i.hostOps++; i.hostOps > hostCalls {
		return nil, trellis.Errorf(trellis.CodeRateLimited, "a hook may call the host %d times", hostCalls)
	}
	if n > plugins.MaxIO {
		return nil, trellis.Errorf(trellis.CodeInvalidInput, "the input of a host operation has %d bytes, the most is %d", n, plugins.MaxIO)
	}
	input, err := i.bytes(ptr, n)
	if err != nil {
		panic(err)
	}
	out, err := i.module.ops.Do(ctx, op, append([]byte(nil), input...))
	if err == nil && len(out) > plugins.MaxIO {
		return nil, trellis.Errorf(trellis.CodeInvalidInput, "the result of a host operation has %d bytes, the most is %d", len(out), plugins.MaxIO)
	}
	return out, err
}

// hostLog is trellis.log(ptr, len).
func hostLog(ctx context.Context, _ api.Module, stack []uint64) {
	i := running(ctx)
	text, err := i.bytes(uint32(stack[0]), uint32(stack[1]))
	if err != nil {
		panic(err)
	}
	i.note(text)
}

// note keeps the first 16 KB of what a call logs.
func (i *instance) note(text []byte) {
	i.log.Write(text[:min(len(text), logBytes-i.log.Len())])
}

// put writes little-endian numbers into the guest's memory; a bad address is
// the guest's fault and traps.
func (i *instance) put32(ptr uint32, v uint32) {
	binary.LittleEndian.PutUint32(i.must(ptr, 4), v)
}

func (i *instance) put64(ptr uint32, v uint64) {
	binary.LittleEndian.PutUint64(i.must(ptr, 8), v)
}

func (i *instance) must(ptr, n uint32) []byte {
	b, err := i.bytes(ptr, n)
	if err != nil {
		panic(fmt.Errorf("wasi: %w", err))
	}
	return b
}
