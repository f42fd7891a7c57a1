//go:build !windows

package container

import (
	"fmt"
	"os"
	"os/user"
	"strconv"
	"syscall"
)

// socketRights says to whom a socket belongs and why that is not enough.
func socketRights(path string) string {
	info, err := os.Stat(path)
	if err != nil {
		return path + " is in a folder that you may not enter"
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return path + " may not be opened"
	}
	owner, group := strconv.Itoa(int(stat.Uid)), strconv.Itoa(int(stat.Gid))
	if u, err := user.LookupId(owner); err == nil {
		owner = u.Username
	}
	if g, err := user.LookupGroupId(group); err == nil {
		group = g.Name
	}
	return fmt.Sprintf("%s is %s:%s %o and you are not in group %s", path, owner, group, info.Mode().Perm(), group)
}
