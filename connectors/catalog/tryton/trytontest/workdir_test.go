package trytontest

import (
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// TestHammerWorkDirs makes directories while others sweep: none may vanish
// before it is given up, and none stays afterwards.
func TestHammerWorkDirs(t *testing.T) {
	t.Parallel()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				d, err := newWorkDir(nil)
				if err != nil {
					t.Error(err)
					return
				}
				sweep(filepath.Dir(d.path))
				if _, err := os.Stat(d.path); err != nil {
					t.Error(err)
				}
				if err := d.remove(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}
