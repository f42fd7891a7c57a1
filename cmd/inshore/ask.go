package main

import (
	"bufio"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"golang.org/x/term"

	"github.com/inshore-dev/inshore/emulator/app"
	"github.com/inshore-dev/inshore/emulator/problem"
	"github.com/inshore-dev/inshore/procfile/envfile"
)

// askMissing asks for every required config var without a value and saves the
// answers in .env. Enter skips one; the emulator then says what is missing.
func (inv *invocation) askMissing(p project, missing []app.Requirement) error {
	inv.talk.line("\n%s", inv.talk.paint("bold", "Config"))
	saved := 0
	for _, m := range missing {
		inv.talk.line("  ? %s  required by %s", inv.talk.paint("bold", m.Name), m.Place.File)
		if m.Description != "" {
			inv.talk.line("    %q", m.Description)
		}
		value, err := inv.askHidden("    value (hidden, Enter to skip, saved in .env): ")
		if err != nil {
			return err
		}
		if value == "" {
			continue
		}
		if err := envfile.Set(p.path(".env"), m.Name, value); err != nil {
			return err
		}
		saved++
		inv.talk.line("  %s %s  saved in .env", inv.talk.mark("ok"), m.Name)
	}
	if saved > 0 {
		inv.warnUnignored(p)
	}
	return nil
}

// warnUnignored says so when git would take .env along.
func (inv *invocation) warnUnignored(p project) {
	if ignoredByGit(p) {
		return
	}
	inv.problems(problem.List{problem.New("E010", ".env is not ignored by git").Warn().
		Fix("echo .env >> .gitignore")})
}

// ignoredByGit is true when git ignores .env, and where there is no git at all.
func ignoredByGit(p project) bool {
	git, err := exec.LookPath("git")
	if err != nil {
		return true
	}
	check := exec.Command(git, "-C", p.dir, "check-ignore", "-q", ".env")
	check.WaitDelay = time.Second
	var exit *exec.ExitError
	err = check.Run()
	// 1 means not ignored; 128 means that this is no repository.
	return err == nil || !errors.As(err, &exit) || exit.ExitCode() != 1
}

// askHidden reads a line without showing it. Ctrl-C during the question puts
// the terminal back and gives errInterrupted.
func (inv *invocation) askHidden(question string) (string, error) {
	_, _ = io.WriteString(inv.talk.w, question)
	f, ok := inv.in.(*os.File)
	if !ok {
		return inv.readLine()
	}
	fd := int(f.Fd())
	before, err := term.GetState(fd)
	if err != nil {
		return inv.readLine()
	}
	signals := watchSignals()
	defer signals.close()
	type answer struct {
		text []byte
		err  error
	}
	got := make(chan answer, 1)
	// Ends with the line; after a signal it is left behind in a read that only
	// the end of the program interrupts.
	go func() {
		text, err := term.ReadPassword(fd)
		got <- answer{text, err}
	}()
	select {
	case a := <-got:
		inv.talk.line("")
		if errors.Is(a.err, io.EOF) {
			return "", nil
		}
		return strings.TrimSpace(string(a.text)), a.err
	case <-signals.C:
		_ = term.Restore(fd, before)
		inv.talk.line("")
		return "", errInterrupted
	}
}

// ask reads one visible line. Ctrl-C ends the program, as nothing has been
// started or written while a question stands.
func (inv *invocation) ask(question string) (string, error) {
	_, _ = io.WriteString(inv.talk.w, question)
	return inv.readLine()
}

// readLine reads a line byte by byte, so that what follows is left for others.
func (inv *invocation) readLine() (string, error) {
	line, err := bufio.NewReaderSize(oneByte{inv.in}, 16).ReadString('\n')
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return strings.TrimSpace(line), err
}

// oneByte reads a single byte at a time.
type oneByte struct{ r io.Reader }

// Read reads at most one byte.
func (o oneByte) Read(b []byte) (int, error) {
	if len(b) == 0 {
		return 0, nil
	}
	return o.r.Read(b[:1])
}
