package embedded

import (
	"fmt"
	"os"
	"sort"
	"strconv"
	"strings"
	"syscall"
)

// defaults is what is appended once to a new postgresql.conf. An operator may
// change it there. memory is in bytes. Time limits of statements are set by the
// connections.
func defaults(memory uint64) string {
	const mb = 1 << 20
	within := func(v, least, most uint64) uint64 { return min(max(v/mb, least), most) }
	return fmt.Sprintf(`
# Trellis: chosen when this directory was made. Change them here; the server's
# address and log are set on its command line.
max_connections = 100
shared_buffers = %dMB
effective_cache_size = %dMB
work_mem = 8MB
maintenance_work_mem = %dMB
max_locks_per_transaction = 256     # dumps and DDL over thousands of tables
wal_level = replica
min_wal_size = 256MB
max_wal_size = 2GB
checkpoint_timeout = 15min
wal_compression = on
random_page_cost = 1.1
effective_io_concurrency = 64
jit = off                           # costs more than it saves on short queries
autovacuum_max_workers = 3
autovacuum_naptime = 30s
autovacuum_vacuum_cost_limit = 1000
log_checkpoints = off
log_error_verbosity = terse         # details quote rows
timezone = 'UTC'
log_timezone = 'UTC'
`, within(memory/8, 128, 1024), within(memory/2, 256, 1<<20), within(memory/32, 64, 512))
}

// memory is what this machine or our control group has, in bytes.
func memory() uint64 {
	total := uint64(2 << 30)
	var info syscall.Sysinfo_t
	if syscall.Sysinfo(&info) == nil {
		total = info.Totalram * uint64(info.Unit)
	}
	if b, err := os.ReadFile("/sys/fs/cgroup/memory.max"); err == nil {
		if limit, err := strconv.ParseUint(strings.TrimSpace(string(b)), 10, 64); err == nil {
			total = min(total, limit)
		}
	}
	return total
}

// arguments of postgres: what must hold whatever the configuration files say.
func (s *Server) arguments() []string {
	set := map[string]string{
		"listen_addresses":        "",
		"port":                    "5432", // it names the socket
		"unix_socket_directories": quoteItem(s.socket),
		"unix_socket_permissions": "0700",
		"logging_collector":       "off",
		"log_destination":         "stderr",
		"log_line_prefix":         "",
		"log_min_messages":        "log", // without errors of statements, which quote rows
	}
	for name, value := range s.opts.Settings {
		set[name] = value
	}
	args := []string{"-D", s.dataDir()}
	names := make([]string, 0, len(set))
	for name := range set {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		args = append(args, "-c", name+"="+set[name])
	}
	return args
}

// quoteItem quotes one item of a list setting.
func quoteItem(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }
