package main

import (
	"context"
	"os/exec"
	"runtime"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/inshore-dev/inshore/emulator/problem"
)

func (inv *invocation) openCommand() *cli.Command {
	return &cli.Command{
		Name:      "open",
		Category:  categoryLook,
		Usage:     "open the app in a browser; without a terminal print its address",
		ArgsUsage: "[PATH]",
		UsageText: "inshore open\ninshore open /admin",
		Action:    wrap(inv.open),
	}
}

func (inv *invocation) open(ctx context.Context, c *cli.Context) error {
	client, _, err := running(c)
	if err != nil {
		return err
	}
	s, err := client.Status(ctx)
	if err != nil {
		return err
	}
	if s.URL == "" {
		return problem.New("S014", "this run has no router, so there is no address to open")
	}
	url := s.URL
	if path := c.Args().First(); path != "" {
		url = strings.TrimSuffix(url, "/") + "/" + strings.TrimPrefix(path, "/")
	}
	if inv.json {
		return inv.out.json("open", map[string]string{"url": url})
	}
	inv.out.line("%s", url)
	if !inv.out.tty || !inv.interactive() {
		return nil
	}
	opener := "xdg-open"
	switch runtime.GOOS {
	case "darwin":
		opener = "open"
	case "windows":
		opener = "explorer"
	}
	if _, err := exec.LookPath(opener); err != nil {
		inv.say("no %s here: open the address yourself", opener)
		return nil //nolint:nilerr // the address is said, which is what was asked for
	}
	return exec.CommandContext(ctx, opener, url).Start()
}
