package wasm

// The functions a module may import, with their types. Nothing else links.
// WASI is answered by stubs that know no files, no environment, no arguments
// and no clock but a counter (wasi.go).

const (
	i32 = 0x7f
	i64 = 0x7e
)

// signature is a function type: one byte per value, as in the file.
type signature struct{ params, results string }

func sig(params string, results string) signature {
	enc := func(s string) string {
		b := []byte(s)
		for i := range b {
			if b[i] == 'l' {
				b[i] = i64
			} else {
				b[i] = i32
			}
		}
		return string(b)
	}
	return signature{enc(params), enc(results)}
}

const (
	moduleTrellis = "trellis"
	moduleWASI    = "wasi_snapshot_preview1"
)

// importable maps module and name to the type it must be imported with; i
// stands for i32, l for i64.
var importable = map[string]map[string]signature{
	moduleTrellis: {
		"call": sig("iii", "l"),
		"log":  sig("ii", ""),
	},
	moduleWASI: {
		"args_get":              sig("ii", "i"),
		"args_sizes_get":        sig("ii", "i"),
		"environ_get":           sig("ii", "i"),
		"environ_sizes_get":     sig("ii", "i"),
		"clock_res_get":         sig("ii", "i"),
		"clock_time_get":        sig("ili", "i"),
		"fd_close":              sig("i", "i"),
		"fd_fdstat_get":         sig("ii", "i"),
		"fd_fdstat_set_flags":   sig("ii", "i"),
		"fd_filestat_get":       sig("ii", "i"),
		"fd_filestat_set_size":  sig("il", "i"),
		"fd_pread":              sig("iiili", "i"),
		"fd_pwrite":             sig("iiili", "i"),
		"fd_prestat_dir_name":   sig("iii", "i"),
		"fd_prestat_get":        sig("ii", "i"),
		"fd_read":               sig("iiii", "i"),
		"fd_readdir":            sig("iiili", "i"),
		"fd_seek":               sig("ilii", "i"),
		"fd_sync":               sig("i", "i"),
		"fd_write":              sig("iiii", "i"),
		"path_create_directory": sig("iii", "i"),
		"path_filestat_get":     sig("iiiii", "i"),
		"path_open":             sig("iiiiillii", "i"),
		"path_readlink":         sig("iiiiii", "i"),
		"path_remove_directory": sig("iii", "i"),
		"path_rename":           sig("iiiiii", "i"),
		"path_symlink":          sig("iiiii", "i"),
		"path_unlink_file":      sig("iii", "i"),
		"poll_oneoff":           sig("iiii", "i"),
		"proc_exit":             sig("i", ""),
		"random_get":            sig("ii", "i"),
		"sched_yield":           sig("", "i"),
		"sock_accept":           sig("iii", "i"),
		"sock_recv":             sig("iiiiii", "i"),
		"sock_send":             sig("iiiii", "i"),
		"sock_shutdown":         sig("ii", "i"),
		"path_link":             sig("iiiiiii", "i"),
		"fd_filestat_set_times": sig("illi", "i"),
	},
}

// abiExports are the exports of ABI trellis/1 with their types; memory is
// checked apart. _initialize is optional.
var abiExports = map[string]signature{
	"trellis_abi_1":  sig("", ""),
	"trellis_alloc":  sig("i", "i"),
	"trellis_handle": sig("iii", "l"),
	"_initialize":    sig("", ""),
}

// globalPrefix names the exports that admission adds for the mutable globals,
// so that an instance can be reset.
const globalPrefix = "trellis_global_"
