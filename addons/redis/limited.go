package redis

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/alicebob/miniredis/v2/server"

	"github.com/inshore-dev/inshore/addons"
)

// Command is the hidden command with which our own binary runs Main.
const Command = "__redis"

// limitedVersion is the version that our own server pretends to have, so that
// clients that ask for one go on.
const limitedVersion = "7.0.0"

// dumpEvery is how often changed keys are saved; a kill loses what came after.
const dumpEvery = 2 * time.Second

// limits of our own server.
func limits() []string {
	return []string{
		"a subset of the commands: no CONFIG SET, ACL, MONITOR, SORT, BITFIELD, FUNCTION, keyspace notifications",
		"scripts have no cmsgpack, bit and struct, so BullMQ does not run",
		"keys are saved every 2 s and at the stop, a kill loses what came after",
	}
}

// limited is our own server as a program.
func limited(host addons.Host) program {
	return program{
		argv: []string{host.Executable, Command}, version: limitedVersion,
		detail: "built-in server (a subset of commands)", limits: limits(), limited: true,
	}
}

// Main is the hidden command "__redis": a small server on a port of 127.0.0.1,
// with its keys in a file. The arguments after the command's name are both; the
// password comes from the environment. It runs until SIGTERM or SIGINT and
// returns the exit status.
func Main(args []string) int {
	if err := serve(args, os.Getenv(passwordEnv)); err != nil {
		fmt.Fprintf(os.Stderr, "redis: %v\n", err)
		return 1
	}
	return 0
}

func serve(args []string, password string) error {
	if len(args) != 2 || password == "" {
		return errors.New("this command is for inshore's own use")
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	port, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	m := miniredis.NewMiniRedis()
	m.ClockTTL(true) // else keys expire only when a test says so
	m.RequireAuth(password)
	var commands atomic.Int64
	if err := m.StartAddr(net.JoinHostPort("127.0.0.1", args[0])); err != nil {
		return err
	}
	defer m.Close()
	credentials := addons.Credentials{Host: "127.0.0.1", Port: port, Password: password}
	c, err := dial(ctx, credentials)
	if err != nil {
		return err
	}
	defer c.close()
	// While the keys are loaded, nobody else may see a part of them.
	var loaded atomic.Bool
	var own atomic.Pointer[server.Peer]
	token := rand.Text()
	m.Server().SetPreHook(func(peer *server.Peer, cmd string, args ...string) bool {
		if cmd == token {
			own.Store(peer)
			peer.WriteOK()
			return true
		}
		if peer != own.Load() {
			commands.Add(1)
			if !loaded.Load() {
				peer.WriteError("LOADING the keys are being loaded")
				return true
			}
		}
		return answerMissing(peer, cmd, args)
	})
	if _, err := c.do(ctx, token); err != nil {
		return err
	}
	if err := loadDump(ctx, c, args[1]); err != nil {
		return err
	}
	loaded.Store(true)
	keepSaving(ctx, c, args[1], &commands)
	return saveDump(context.WithoutCancel(ctx), c, args[1])
}

// keepSaving writes the keys down whenever somebody has sent a command.
func keepSaving(ctx context.Context, c *client, file string, commands *atomic.Int64) {
	tick := time.NewTicker(dumpEvery)
	defer tick.Stop()
	saved := commands.Load()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if now := commands.Load(); now != saved {
			if err := saveDump(context.WithoutCancel(ctx), c, file); err != nil {
				fmt.Fprintf(os.Stderr, "redis: %v\n", err)
				continue
			}
			saved = now
		}
	}
}

// answerMissing answers the questions that clients ask when they connect and
// that the library behind our server does not know.
func answerMissing(peer *server.Peer, cmd string, args []string) bool {
	first := ""
	if len(args) > 0 {
		first = strings.ToUpper(args[0])
	}
	switch {
	case cmd == "INFO":
		peer.WriteBulk("# Server\r\nredis_version:" + limitedVersion + "\r\nredis_mode:standalone\r\nserver_name:inshore\r\n" +
			"# Persistence\r\nloading:0\r\n# Memory\r\nused_memory:1000000\r\nmaxmemory:0\r\nmaxmemory_policy:noeviction\r\n" +
			"# Replication\r\nrole:master\r\nconnected_slaves:0\r\n")
	case cmd == "CONFIG" && first == "GET":
		answerConfig(peer, args[1:])
	case cmd == "CLIENT" && first == "ID":
		peer.WriteInt(1)
	case cmd == "CLIENT" && (first == "SETINFO" || first == "SETNAME"):
		peer.WriteOK()
	default:
		return false
	}
	return true
}

func answerConfig(peer *server.Peer, names []string) {
	known := map[string]string{"maxmemory-policy": "noeviction", "maxmemory": "0", "appendonly": "no", "databases": "16", "save": ""}
	var pairs []string
	for _, name := range names {
		if value, ok := known[strings.ToLower(name)]; ok {
			pairs = append(pairs, strings.ToLower(name), value)
		}
	}
	peer.WriteStrings(pairs)
}
