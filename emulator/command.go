package emulator

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// binDirs are the directories of an app that a dyno finds programs in, as the
// buildpacks arrange it on the platform (Dev Center: "Profile.d"). They come
// before the user's own PATH.
var binDirs = []string{"bin", filepath.Join("vendor", "bin"), filepath.Join("node_modules", ".bin")}

// dynoPath is the PATH of a dyno: the extra directories, the app's own bin
// directories that exist, then what the user has.
func dynoPath(dir, userPath string, extra ...string) string {
	list := extra
	for _, sub := range binDirs {
		bin := filepath.Join(dir, sub)
		if info, err := os.Stat(bin); err == nil && info.IsDir() {
			list = append(list, bin)
		}
	}
	if userPath != "" {
		list = append(list, userPath)
	}
	return strings.Join(list, string(os.PathListSeparator))
}

var (
	// plainCommand holds nothing that a shell would treat specially, but for
	// variables, which expandPlain replaces as a shell does.
	plainCommand  = regexp.MustCompile(`^[A-Za-z0-9_./:@%+,=${}\- ]+$`)
	plainVariable = regexp.MustCompile(`\$(?:\{([A-Za-z_][A-Za-z0-9_]*)\}|([A-Za-z_][A-Za-z0-9_]*))`)
	plainValue    = regexp.MustCompile(`^[A-Za-z0-9_./:@%+,=\-]+$`)
	assignment    = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*\+?=`)
)

// shellWords are first words that mean something to a shell and nothing, or
// something else, to the system.
var shellWords = map[string]bool{
	"": true, ".": true, ":": true, "alias": true, "bg": true, "builtin": true, "case": true, "cd": true,
	"command": true, "declare": true, "do": true, "done": true, "echo": true, "elif": true, "else": true,
	"enable": true, "esac": true, "eval": true, "exec": true, "exit": true, "export": true, "false": true,
	"fg": true, "fi": true, "for": true, "function": true, "hash": true, "if": true, "in": true, "jobs": true,
	"kill": true, "let": true, "local": true, "printf": true, "pwd": true, "read": true, "readonly": true,
	"return": true, "select": true, "set": true, "shift": true, "shopt": true, "source": true, "test": true,
	"then": true, "time": true, "times": true, "trap": true, "true": true, "type": true, "ulimit": true,
	"umask": true, "unalias": true, "unset": true, "until": true, "wait": true, "while": true, "{": true, "}": true,
}

// commandArgv turns the command of a process type into what is executed.
//
// On the platform bash runs it (Dev Center: "Dynos and the Dyno Manager"), and
// so it is here: bash where there is one, else sh. A plain command, which needs
// no shell to be understood, is executed directly: it starts sooner, and
// signals reach the program without a shell in between.
func commandArgv(command, dir string, env []string) []string {
	if argv := plainArgv(command, dir, env); argv != nil {
		return argv
	}
	if bash, err := exec.LookPath("bash"); err == nil {
		return []string{bash, "-c", command}
	}
	return []string{"/bin/sh", "-c", command}
}

// plainArgv is the command split into words when that needs no shell and the
// program exists, and nil otherwise.
func plainArgv(command, dir string, env []string) []string {
	command = strings.TrimSpace(command)
	if !plainCommand.MatchString(command) {
		return nil
	}
	expanded, ok := expandPlain(command, env)
	if !ok {
		return nil
	}
	words := strings.Fields(expanded)
	if len(words) == 0 || shellWords[words[0]] || assignment.MatchString(words[0]) {
		return nil
	}
	program := lookPath(words[0], dir, lookup(env, "PATH"))
	if program == "" {
		return nil
	}
	return append([]string{program}, words[1:]...)
}

// expandPlain replaces $NAME and ${NAME}. It gives up where a shell would split
// or drop words, or where something else than a plain variable is left.
func expandPlain(command string, env []string) (string, bool) {
	plain := true
	expanded := plainVariable.ReplaceAllStringFunc(command, func(reference string) string {
		value := lookup(env, strings.Trim(reference, "${}"))
		if !plainValue.MatchString(value) {
			plain = false
		}
		return value
	})
	if !plain || strings.ContainsAny(expanded, "${}") {
		return "", false
	}
	return expanded, true
}

// lookPath finds a program as a shell in dir with that PATH would; empty when
// there is none.
func lookPath(name, dir, path string) string {
	if strings.Contains(name, "/") {
		if !filepath.IsAbs(name) {
			name = filepath.Join(dir, name)
		}
		if executable(name) {
			return name
		}
		return ""
	}
	for _, folder := range filepath.SplitList(path) {
		if !filepath.IsAbs(folder) {
			folder = filepath.Join(dir, folder)
		}
		if candidate := filepath.Join(folder, name); executable(candidate) {
			return candidate
		}
	}
	return ""
}

func executable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0
}

// lookup finds the last value of a name in an environment list.
func lookup(env []string, name string) string {
	for _, pair := range slices.Backward(env) {
		if value, ok := strings.CutPrefix(pair, name+"="); ok {
			return value
		}
	}
	return ""
}
