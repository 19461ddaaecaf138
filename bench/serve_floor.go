package bench

import (
	"context"
	"fmt"
	"io"
	"net"
	"strconv"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/bench/floor"
)

// The environment that tells the process of the floor what it is.
const (
	floorURL       = "TRELLIS_BENCH_FLOOR_URL"
	floorWorkspace = "TRELLIS_BENCH_FLOOR_WORKSPACE"
	floorActor     = "TRELLIS_BENCH_FLOOR_ACTOR"
	floorRevision  = "TRELLIS_BENCH_FLOOR_REVISION"
)

func (r *runner) floorEnv() []string {
	g := r.ground
	// Garbage is collected as rarely as in the server (cmd/trellis/serve.go):
	// that is a setting, and no merit of the code measured.
	return []string{
		"GOGC=400", floorURL + "=" + g.URL, floorWorkspace + "=" + g.view.WorkspaceID.String(),
		floorActor + "=" + g.actor, floorRevision + "=" + strconv.FormatInt(g.view.Revision, 10),
	}
}

// IsFloor says that this process was started to be the floor.
func IsFloor(getenv func(string) string) bool { return getenv(floorURL) != "" }

// ServeFloor is the process of the floor. It prints its address and answers
// until ctx ends.
func ServeFloor(ctx context.Context, getenv func(string) string, out io.Writer) error {
	workspace, err := trellis.ParseID(getenv(floorWorkspace))
	if err != nil {
		return err
	}
	revision, err := strconv.ParseInt(getenv(floorRevision), 10, 64)
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "http://%s\n", l.Addr())
	return floor.Serve(ctx, l, floor.Options{URL: getenv(floorURL), Name: floorName, Workspace: workspace, Actor: getenv(floorActor), Revision: revision})
}
