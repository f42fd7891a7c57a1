package native

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// Version runs a program with --version and returns what it prints. The answer
// is kept in the cache under the program's path, size and time, because asking
// takes longer than starting a server does. An error means that the program
// does not run.
func Version(ctx context.Context, cache, program string, env []string) (string, error) {
	info, err := os.Stat(program)
	if err != nil {
		return "", err
	}
	key := fmt.Sprintf("%s-%x-%x", strings.Map(fileRune, program), info.Size(), info.ModTime().UnixNano())
	note := filepath.Join(cache, "versions", key)
	if data, err := os.ReadFile(note); err == nil && len(data) > 0 {
		return string(data), nil
	}
	ctx, done := context.WithTimeout(ctx, 10*time.Second)
	defer done()
	cmd := exec.CommandContext(ctx, program, "--version")
	cmd.Env = env
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s does not run: %w", program, err)
	}
	keep(note, out)
	return string(out), nil
}

// keep writes a note that readers see complete or not at all. It is only a
// cache: a failure costs time.
func keep(note string, content []byte) {
	if os.MkdirAll(filepath.Dir(note), 0o700) != nil {
		return
	}
	temp, err := os.CreateTemp(filepath.Dir(note), ".part-")
	if err != nil {
		return
	}
	_, err = temp.Write(content)
	if closed := temp.Close(); err == nil && closed == nil && os.Rename(temp.Name(), note) == nil {
		return
	}
	os.Remove(temp.Name())
}

// fileRune keeps what is harmless in a file name.
func fileRune(r rune) rune {
	if r == '/' || r == '\\' || r == ':' || r == ' ' {
		return '_'
	}
	return r
}
