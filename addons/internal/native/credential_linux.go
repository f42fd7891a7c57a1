package native

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// namespaceID is the user that the caller appears as inside a namespace. Any
// number but 0 would do.
const namespaceID = 1000

// Unprivileged tells as whom to run a server that refuses root and keeps its
// data below dir: nil when the caller is not root; a user namespace when the
// kernel lets us, because then nothing changes hands; else a user of the system
// that can reach dir, of which the part below own is opened for passage.
func Unprivileged(ctx context.Context, dir, own string) (*Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	inside := &Credential{UID: namespaceID, GID: namespaceID, Namespace: true}
	if works(ctx, inside) {
		return inside, nil
	}
	return SystemUser(ctx, dir, own)
}

// SystemUser is the second way of Unprivileged on its own.
func SystemUser(ctx context.Context, dir, own string) (*Credential, error) {
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, _ := strconv.Atoi(u.Uid)
		gid, _ := strconv.Atoi(u.Gid)
		c := &Credential{UID: uid, GID: gid}
		if uid == 0 || !works(ctx, c) {
			continue
		}
		if blocked := closedParent(dir, own); blocked != "" {
			return nil, fmt.Errorf("inshore runs as root, and user %s cannot pass through %s", name, blocked)
		}
		return c, nil
	}
	return nil, ErrRoot
}

// CanReach tells whether a server that runs with the credential can get at a
// file of ours; the answer is the folder that is in the way, or "".
func (c *Credential) CanReach(file string) string {
	if c == nil || c.Namespace {
		return ""
	}
	return closedParent(file, "")
}

// works starts the smallest program there is with the credential.
func works(ctx context.Context, c *Credential) bool {
	ctx, stop := context.WithTimeout(ctx, 2*time.Second)
	defer stop()
	program := "/bin/true"
	if !Executable(program) {
		program = "/usr/bin/true"
	}
	cmd := exec.CommandContext(ctx, program)
	c.Apply(cmd)
	return cmd.Run() == nil
}

// closedParent is the first folder above dir that others cannot pass through
// and that is not below own.
func closedParent(dir, own string) string {
	for d := filepath.Dir(dir); ; d = filepath.Dir(d) {
		info, err := os.Stat(d)
		mine := own != "" && d == own || own != "" && strings.HasPrefix(d, own+string(filepath.Separator))
		if err == nil && !mine && info.Mode()&0o001 == 0 {
			return d
		}
		if d == filepath.Dir(d) {
			return ""
		}
	}
}

// Hand gives the tree at dir to the user and opens our own folders above it for
// passage, not for reading. It does nothing in a namespace or for nil.
func (c *Credential) Hand(dir, own string) error {
	if c == nil || c.Namespace {
		return nil
	}
	for d := filepath.Dir(dir); d == own || strings.HasPrefix(d, own+string(filepath.Separator)); d = filepath.Dir(d) {
		info, err := os.Stat(d)
		if err != nil {
			return err
		}
		if err := os.Chmod(d, info.Mode().Perm()|0o011); err != nil {
			return err
		}
	}
	return filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, c.UID, c.GID)
	})
}

// Apply makes the command run with the credential; nil changes nothing.
func (c *Credential) Apply(cmd *exec.Cmd) {
	if c == nil {
		return
	}
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	if !c.Namespace {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(c.UID), Gid: uint32(c.GID)}
		return
	}
	cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
	cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: c.UID, HostID: os.Geteuid(), Size: 1}}
	cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: c.GID, HostID: os.Getegid(), Size: 1}}
}
