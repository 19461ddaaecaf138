package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write what the commands print into testdata anew")

// TestTranscript runs the commands of testdata/plan/transcript.txt and compares
// what they print, to either stream, and their exit status.
func TestTranscript(t *testing.T) {
	t.Chdir("testdata/plan")
	s := newShell(t, os.DirFS("base"))
	want, err := os.ReadFile("transcript.txt")
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	inOutput := false
	for line := range strings.Lines(string(want)) {
		command, isCommand := strings.CutPrefix(strings.TrimSpace(line), "$ trellis")
		statement, isSQL := strings.CutPrefix(strings.TrimSpace(line), "! ")
		switch {
		case isCommand:
			got.WriteString(line)
			args := strings.Fields(command)
			var r ran
			if strings.Contains(command, "--against") || len(args) == 0 {
				r = runWith(t, "", args...)
			} else {
				r = s.run("", args...)
			}
			fmt.Fprintf(&got, "%s%s=> %d\n", stable(r.out), stable(r.errOut), r.status)
		case isSQL:
			s.sql(statement)
			got.WriteString(line)
		case inOutput && !strings.HasPrefix(line, "# "):
		default:
			got.WriteString(line)
		}
		inOutput = isCommand || inOutput && !strings.HasPrefix(line, "=> ") && !strings.HasPrefix(line, "# ")
	}
	if *update {
		if err := os.WriteFile("transcript.txt", []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if got.String() != string(want) {
		t.Errorf("the commands print\n%s\nsee %s", difference(string(want), got.String()), filepath.Join("testdata", "plan", "transcript.txt"))
	}
}

// stable takes days out of what is printed, which change.
func stable(text string) string {
	return regexp.MustCompile(`kept until \d{4}-\d\d-\d\d`).ReplaceAllString(text, "kept until <day>")
}

// difference is the first lines in which two texts differ.
func difference(want, got string) string {
	a, b := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return fmt.Sprintf("line %d\n%s\ninstead of\n%s", i+1, strings.Join(b[i:min(len(b), i+12)], "\n"), strings.Join(a[i:min(len(a), i+12)], "\n"))
		}
	}
	return "more or fewer lines"
}
