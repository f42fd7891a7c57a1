package source_test

import (
	"testing"

	"github.com/inshore-dev/inshore/emulator/problem"
	"github.com/inshore-dev/inshore/procfile/source"
)

func TestProblems_KeepsOnlySoManyAndSaysSo(t *testing.T) {
	var problems source.Problems
	for range 1000 {
		problems.Add(problem.New("P002", "x").Warn())
	}
	if problems.List().Failed() {
		t.Error("warnings became an error")
	}
	problems.Add(problem.New("P003", "y"))
	list := problems.List()
	if len(list) > 300 || !list.Failed() || !problems.Has("P002") || problems.Has("P003") {
		t.Errorf("%d problems, failed %v", len(list), list.Failed())
	}
}
