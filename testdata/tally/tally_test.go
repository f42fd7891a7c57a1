package main

import (
	"path/filepath"
	"strings"
	"testing"
)

const stream = `warming up
{"Action":"start","Package":"p"}
{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Test":"TestA","Output":"quiet\n"}
{"Action":"pass","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Test":"TestB","Output":"loud\n"}
{"Action":"fail","Package":"p","Test":"TestB"}
{"Action":"skip","Package":"p","Test":"TestC"}
{"Action":"output","Package":"p","Output":"FAIL\tp\t0.1s\n"}
{"Action":"fail","Package":"p"}
`

func TestCount_ShowsFailuresAndAddsUp(t *testing.T) {
	file := filepath.Join(t.TempDir(), "totals")
	var out, problems strings.Builder
	for range 2 {
		if code := run([]string{"count", "-to", file}, strings.NewReader(stream), &out, &problems); code != 1 {
			t.Fatalf("exit code %d: %s", code, problems.String())
		}
	}
	if got := out.String(); !strings.Contains(got, "loud") || strings.Contains(got, "quiet") || !strings.Contains(got, "warming up\n") {
		t.Errorf("printed %q", got)
	}
	out.Reset()
	if code := run([]string{"sum", file}, nil, &out, &problems); code != 0 || !strings.HasSuffix(out.String(), "\n2 passed, 2 failed\n") {
		t.Errorf("exit code %d, printed %q", code, out.String())
	}
}

func TestInsert_ReplacesOnlyWhatIsBetweenTheMarkers(t *testing.T) {
	got, err := insert([]byte("a\n"+docsBegin+"old"+docsEnd+"\nb\n"), []byte("\nnew\n"))
	if want := "a\n" + docsBegin + "\nnew\n\n" + docsEnd + "\nb\n"; err != nil || string(got) != want {
		t.Errorf("got %q, error %v", got, err)
	}
	if _, err := insert([]byte("no markers"), nil); err == nil {
		t.Error("a document without markers was accepted")
	}
}
