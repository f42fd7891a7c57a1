package postgres

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/inshore-dev/inshore/addons"
	"github.com/inshore-dev/inshore/addons/internal/native"
	"github.com/inshore-dev/inshore/emulator/problem"
)

// superuser owns the cluster and is what the app logs in as. On the platform
// the app's user has fewer rights; here it may create test databases and every
// extension.
const superuser = "inshore"

// templateDatabase is the database inside a template; the first start renames
// it.
const templateDatabase = "app"

// layout is counted up when templates of older builds must not be used.
const layout = "2"

// hba lets the app in with a password, over TLS or plain, from this machine
// only. The method md5 accepts SCRAM secrets as well.
const hba = `# written by inshore
host    all          all  127.0.0.1/32  md5
host    all          all  ::1/128       md5
host    replication  all  127.0.0.1/32  md5
`

// cluster is the data directory of one add-on and what is needed to work on it.
type cluster struct {
	host addons.Host
	name string // of the add-on
	mode addons.Mode
	inst install
	user *native.Credential
	dir  string // the data directory
}

func newCluster(ctx context.Context, host addons.Host, spec addons.Spec, mode addons.Mode, inst install) (*cluster, error) {
	c := &cluster{host: host, name: spec.Name, mode: mode, inst: inst, dir: host.DataDir(spec.Name, mode)}
	user, err := native.Unprivileged(ctx, c.dir, host.Dir)
	if err != nil {
		return nil, err
	}
	if blocked := user.CanReach(inst.program("postgres")); inst.bin != "" && blocked != "" {
		return nil, fmt.Errorf("inshore runs as root, and the server's user cannot pass through %s", blocked)
	}
	c.user = user
	return c, nil
}

// pending is the file that holds the password of a template's copy until the
// first start has set the add-on's own.
func (c *cluster) pending() string {
	return filepath.Join(c.host.AddonDir(c.name), string(c.mode)+".pending")
}

// ensure makes the data directory if there is none, and refuses one that the
// installation cannot open.
func (c *cluster) ensure(ctx context.Context) error {
	if err := c.heal(); err != nil {
		return err
	}
	if major := dataMajor(c.dir); major != 0 {
		if major != c.inst.major {
			return c.wrongVersion(major)
		}
		return nil
	}
	if entries, err := os.ReadDir(c.dir); err == nil && len(entries) > 0 {
		return problem.Newf("A002", "the data folder of %s holds something that is not a PostgreSQL cluster", c.name).
			At(problem.Place{File: c.dir}).
			Fix("move it away, or start empty: inshore addons:reset %s", c.name)
	}
	return c.create(ctx)
}

// heal brings back data that a killed restore had moved aside.
func (c *cluster) heal() error {
	if _, err := os.Stat(c.dir); err == nil || !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	err := os.Rename(c.dir+".aside", c.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func (c *cluster) wrongVersion(major int) error {
	return problem.Newf("A002", "postgres cannot open the data of %s", c.name).
		Cause("it was made by PostgreSQL %d, and %s has %s", major, c.inst.bin, c.inst.version).
		Fix("keep the data: install PostgreSQL %d, or name its programs in INSHORE_POSTGRES_BIN", major).
		Fix("start empty: inshore addons:reset %s (a backup is made first)", c.name)
}

// create builds the data directory beside its place and moves it there when it
// is complete.
func (c *cluster) create(ctx context.Context) error {
	parent := c.host.AddonDir(c.name)
	if err := os.MkdirAll(parent, 0o700); err != nil {
		return err
	}
	// What a killed start left behind is incomplete by definition.
	old, _ := filepath.Glob(filepath.Join(parent, "init-*"))
	for _, dir := range old {
		os.RemoveAll(dir)
	}
	stage, err := os.MkdirTemp(parent, "init-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(stage)
	data := filepath.Join(stage, "data")
	secret, err := c.fill(ctx, stage, data)
	if err != nil {
		return err
	}
	if err := c.settle(data); err != nil {
		return err
	}
	if err := os.WriteFile(c.pending(), []byte(secret), 0o600); err != nil {
		return err
	}
	os.Remove(c.dir) // an empty folder may stand there
	return os.Rename(data, c.dir)
}

// settle writes our files into a fresh or restored data directory and hands it
// to the user that the server runs as.
func (c *cluster) settle(data string) error {
	if err := writeCertificate(data); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(data, "pg_hba.conf"), []byte(hba), 0o600); err != nil {
		return err
	}
	if err := os.Chmod(data, 0o700); err != nil {
		return err
	}
	return c.user.Hand(data, c.host.Dir)
}

// fill makes the files of a new cluster at data: a copy of the template, which
// is made first when there is none. It returns the superuser's password.
func (c *cluster) fill(ctx context.Context, stage, data string) (string, error) {
	template := c.template()
	if secret, err := os.ReadFile(filepath.Join(template, "secret")); err == nil {
		_, err := native.Copy{From: filepath.Join(template, "data"), To: data}.Run(ctx)
		return string(secret), err
	}
	unlock, err := native.Lock(ctx, template+".lock")
	if err != nil {
		return "", err
	}
	defer unlock()
	if secret, err := os.ReadFile(filepath.Join(template, "secret")); err == nil {
		_, err := native.Copy{From: filepath.Join(template, "data"), To: data}.Run(ctx)
		return string(secret), err
	}
	c.host.Report(c.name, "preparing a PostgreSQL cluster, once", 0, 0)
	secret := rand.Text()
	if err := c.initdb(ctx, stage, data, secret); err != nil {
		return "", err
	}
	if err := c.publish(ctx, data, secret); err != nil {
		// Only the next cluster is slower.
		fmt.Fprintf(c.host.LogWriter(c.name), "inshore: cluster not cached: %v\n", err)
	}
	return secret, nil
}

// template is the folder of the initialised cluster in the cache.
func (c *cluster) template() string {
	sum := sha256.Sum256([]byte(strings.Join([]string{layout, c.inst.version, c.inst.bin, superuser, templateDatabase}, "\x00")))
	return filepath.Join(c.host.CacheDir, "templates", fmt.Sprintf("postgres-%s-%s", c.inst.version, hex.EncodeToString(sum[:6])))
}

// publish copies a new cluster into the cache; it appears there complete.
func (c *cluster) publish(ctx context.Context, data, secret string) error {
	template := c.template()
	temp := template + ".part"
	os.RemoveAll(temp)
	if err := os.MkdirAll(temp, 0o700); err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	if _, err := (native.Copy{From: data, To: filepath.Join(temp, "data")}).Run(ctx); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(temp, "secret"), []byte(secret), 0o600); err != nil {
		return err
	}
	return os.Rename(temp, template)
}

// initdb runs the program of that name. Sorting follows English rules as on the
// platform where the build has ICU; else bytes decide.
func (c *cluster) initdb(ctx context.Context, stage, data, secret string) error {
	passwords := filepath.Join(stage, "password")
	if err := os.WriteFile(passwords, []byte(secret+"\n"), 0o600); err != nil {
		return err
	}
	if err := c.user.Hand(stage, c.host.Dir); err != nil {
		return err
	}
	locales := [][]string{{"--locale=C.UTF-8"}, {"--locale=C"}}
	if c.inst.major >= 15 {
		locales = append([][]string{{"--locale-provider=icu", "--icu-locale=en-US", "--locale=C.UTF-8"}}, locales...)
	}
	var failures []error
	for _, locale := range locales {
		args := append([]string{
			"-D", data, "-U", superuser, "--pwfile=" + passwords, "--auth=md5",
			"--no-sync", "--wal-segsize=1", "--encoding=UTF8",
		}, locale...)
		output, err := c.run(ctx, "", "initdb", args...)
		if err == nil {
			return c.single(ctx, data, "CREATE DATABASE "+templateDatabase)
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		failures = append(failures, fmt.Errorf("initdb: %w: %s", err, lastLine(output)))
		if err := os.RemoveAll(data); err != nil {
			return err
		}
	}
	return errors.Join(failures...)
}

// single runs one statement in single-user mode, which needs no password. No
// server may be running on the data.
func (c *cluster) single(ctx context.Context, data, statement string) error {
	// Little WAL is kept, because every add-on's cluster is a copy of this.
	output, err := c.run(ctx, statement+"\n", "postgres", "--single", "-D", data, "-c", "min_wal_size=2MB", "postgres")
	if err != nil {
		return fmt.Errorf("prepare the cluster: %w: %s", err, lastLine(output))
	}
	// The exit status stays 0 when a statement fails.
	for line := range strings.Lines(output) {
		if _, text, found := strings.Cut(line, "ERROR:"); found {
			return fmt.Errorf("prepare the cluster: %s", strings.TrimSpace(text))
		}
	}
	return nil
}

// run executes a program of the installation as the server's user.
func (c *cluster) run(ctx context.Context, input, program string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, c.inst.program(program), args...)
	cmd.Env = native.Env(c.host.Getenv)
	cmd.Dir = c.host.AddonDir(c.name)
	cmd.Stdin = strings.NewReader(input)
	cmd.WaitDelay = 5 * time.Second
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	c.user.Apply(cmd)
	err := cmd.Run()
	return output.String(), err
}

// replace puts another complete data directory in the place of the present one,
// which must not be in use, and returns a function that brings the old one back.
func (c *cluster) replace(data string) (undo func() error, done func(), err error) {
	aside := c.dir + ".aside"
	if err := os.RemoveAll(aside); err != nil {
		return nil, nil, err
	}
	if err := os.Rename(c.dir, aside); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, nil, err
	}
	undo = func() error {
		return errors.Join(os.RemoveAll(c.dir), os.Rename(aside, c.dir))
	}
	if err := os.Rename(data, c.dir); err != nil {
		return nil, nil, errors.Join(err, undo())
	}
	return undo, func() { os.RemoveAll(aside) }, nil
}

func lastLine(output string) string {
	text := strings.TrimSpace(output)
	return strings.TrimSpace(text[strings.LastIndexByte(text, '\n')+1:])
}
