package emulator

import (
	"encoding/json"
	"os"
	"path/filepath"
	"time"

	"github.com/inshore-dev/inshore/emulator/problem"
)

// lock says that this process runs the checkout. The kernel lets go of it when
// the process dies, however it dies, so there is no stale lock to clean up.
type lock struct {
	file *os.File
}

// holder is what the lock file says about who holds it. It is information for
// people; only the kernel's lock decides.
type holder struct {
	PID   int       `json:"pid"`
	Since time.Time `json:"since"`
}

// acquireLock takes the checkout's lock or says who has it (S002).
func acquireLock(stateDir string, now time.Time) (*lock, error) {
	path := filepath.Join(stateDir, "lock")
	if err := refuseForeign(path); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := lockFile(file); err != nil {
		defer file.Close()
		return nil, alreadyRunning(file)
	}
	text, err := json.Marshal(holder{PID: os.Getpid(), Since: now.UTC().Round(time.Second)})
	if err == nil {
		err = file.Truncate(0)
	}
	if err == nil {
		_, err = file.WriteAt(text, 0)
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	return &lock{file: file}, nil
}

func alreadyRunning(file *os.File) *problem.Problem {
	p := problem.New("S002", "another inshore is already running this folder")
	var h holder
	if json.NewDecoder(file).Decode(&h) == nil && h.PID > 0 {
		p = problem.Newf("S002", "another inshore is already running this folder (pid %d, since %s)",
			h.PID, h.Since.Local().Format("15:04"))
	}
	return p.Fix("follow it: inshore logs -t · stop it: inshore down")
}

func (l *lock) release() { l.file.Close() }
