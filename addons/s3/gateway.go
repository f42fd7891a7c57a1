package s3

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/versity/versitygw/backend/meta"
	"github.com/versity/versitygw/backend/posix"
	"github.com/versity/versitygw/embedgw"
)

// Command is the hidden command with which our own binary runs Main.
const Command = "__s3"

// The variables that carry the keys to the server; arguments could be read by
// every user of the machine. The names are those of the versitygw program.
const (
	accessEnv = "ROOT_ACCESS_KEY"
	secretEnv = "ROOT_SECRET_KEY"
)

// copyLimit is the largest object that CopyObject takes, as on Amazon.
const copyLimit = 5 << 30

// gateway is what the child is told.
type gateway struct {
	port, region, data, state string
}

// Main is the hidden command "__s3": it serves one gateway on a port of
// 127.0.0.1 until SIGTERM or SIGINT and returns the exit status. The arguments
// are those after the command's name; the keys come from the environment.
func Main(args []string) int {
	var g gateway
	flags := flag.NewFlagSet(Command, flag.ContinueOnError)
	flags.StringVar(&g.port, "port", "", "port of 127.0.0.1")
	flags.StringVar(&g.region, "region", region, "name of the region")
	flags.StringVar(&g.data, "data", "", "folder of the objects")
	flags.StringVar(&g.state, "state", "", "folder of metadata, versions and accounts")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	if err := g.serve(); err != nil {
		fmt.Fprintf(os.Stderr, "s3: %v\n", err)
		return 1
	}
	return 0
}

func (g gateway) serve() error {
	access, secret := os.Getenv(accessEnv), os.Getenv(secretEnv)
	if g.port == "" || access == "" || secret == "" || !filepath.IsAbs(g.data) || !filepath.IsAbs(g.state) {
		return errors.New("this command is for inshore's own use")
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	folders := map[string]string{}
	for _, name := range []string{"meta", "versions", "iam"} {
		folders[name] = filepath.Join(g.state, name)
		if err := os.MkdirAll(folders[name], 0o700); err != nil {
			return err
		}
	}
	sidecar, err := meta.NewSideCar(folders["meta"])
	if err != nil {
		return err
	}
	options := posix.PosixOpts{
		VersioningDir: folders["versions"], SideCarDir: folders["meta"],
		NewDirPerm: 0o700, NewFilePerm: 0o600, CopyObjectThreshold: copyLimit, Concurrency: 256,
	}
	backend, err := posix.New(g.data, sidecar, options)
	if err != nil {
		return err
	}
	err = embedgw.RunVersityGW(ctx, backend, &embedgw.Config{
		RootUserAccess: access, RootUserSecret: secret, Region: g.region,
		Ports:          []string{"127.0.0.1:" + g.port},
		MaxConnections: 4096, MaxRequests: 2048, MultipartMaxParts: 10000,
		CORSAllowOrigin: "*", HealthPath: healthPath, IAMDir: folders["iam"],
		Quiet: true, KeepAlive: true,
		IAMCacheDisable: true, // with its zero interval the cache's pruning takes a whole processor
	})
	if ctx.Err() != nil {
		return nil // asked to end
	}
	if err != nil && strings.Contains(err.Error(), "address already in use") {
		return errors.New("address already in use")
	}
	return err
}
