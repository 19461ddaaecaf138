package wasm

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// boundChild limits this process: address space, seconds of CPU, no core dump. The
// limits cannot be raised again. Go reserves over a gigabyte of address space
// before main, so the limit is on top of what is reserved already.
func boundChild(cpu uint64) error {
	limits := map[int]uint64{unix.RLIMIT_CPU: cpu, unix.RLIMIT_CORE: 0}
	if !raceDetector {
		reserved, err := addressSpace()
		if err != nil {
			return err
		}
		limits[unix.RLIMIT_AS] = reserved + childAddressSpace
	}
	for which, most := range limits {
		if err := unix.Setrlimit(which, &unix.Rlimit{Cur: most, Max: most}); err != nil {
			return err
		}
	}
	return nil
}

// addressSpace is what this process has reserved, in bytes.
func addressSpace() (uint64, error) {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0, err
	}
	var pages uint64
	if _, err := fmt.Sscan(string(text), &pages); err != nil {
		return 0, fmt.Errorf("read statm: %w", err)
	}
	return pages * uint64(os.Getpagesize()), nil
}
