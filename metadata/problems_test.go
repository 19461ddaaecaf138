package metadata

import (
	"strings"
	"testing"

	"github.com/trellishq/trellis"
)

// All problems of a broken folder, as people see them: each file under
// testdata/problems holds a folder and what is said about it, with code, path,
// file and line.
func TestProblems(t *testing.T) {
	t.Parallel()
	for _, file := range testFiles(t, "testdata/problems/*.txt") {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			list := readSections(t, file)
			want := &list[len(list)-1]
			def, errs := Read(folder(list[:len(list)-1], ""))
			if def != nil {
				Normalize(def, nil)
				errs = AllProblems(errs, Validate(def))
			}
			got := ""
			for _, e := range errs {
				got += string(e.Code) + " " + e.Error() + "\n"
			}
			if *update {
				want.text = got
				writeSections(t, file, list)
			}
			if got != want.text {
				t.Errorf("got\n%s\nwant\n%s", got, want.text)
			}
			for _, e := range errs {
				if e.Code != trellis.CodeInvalidInput && e.Code != trellis.CodeValidationFailed || strings.Contains(e.Message, "%!") {
					t.Errorf("%v has the code %s", e, e.Code)
				}
			}
		})
	}
}
