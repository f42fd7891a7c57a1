package main

import (
	"cmp"
	"context"
	"errors"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/inshore-dev/inshore/addons"
	"github.com/inshore-dev/inshore/emulator"
	"github.com/inshore-dev/inshore/emulator/app"
	"github.com/inshore-dev/inshore/emulator/logs"
	"github.com/inshore-dev/inshore/emulator/problem"
	"github.com/inshore-dev/inshore/procfile"
)

// detachTimeout is how long `up -d` waits unless told otherwise.
const detachTimeout = 5 * time.Minute

func (inv *invocation) upCommand() *cli.Command {
	return &cli.Command{
		Name:      "up",
		Aliases:   []string{"local"},
		Category:  categoryRun,
		Usage:     "start everything in this folder and show its log",
		ArgsUsage: "[TYPE=N...]",
		Description: "Reads Procfile, app.json and .env, provides the add-ons, runs the release\n" +
			"command once and starts the processes behind the router. Ctrl-C stops all of it.\n" +
			"With arguments only the named process types start.",
		UsageText: "inshore up\ninshore up web=2 worker\ninshore up -d --timeout 2m",
		Flags:     upFlags(),
		Action:    wrap(inv.up),
	}
}

func upFlags() []cli.Flag {
	return []cli.Flag{
		&cli.BoolFlag{Name: "detach", Aliases: []string{"d"}, Usage: "run in the background; return when everything is up"},
		&cli.BoolFlag{Name: "no-wait", Usage: "with --detach: return at once"},
		&cli.DurationFlag{Name: "timeout", Usage: "with --detach: wait at most `TIME`", Value: detachTimeout},
		&cli.StringFlag{Name: "formation", Aliases: []string{"m"}, Usage: "dynos of each type, `TYPE=N,...`"},
		&cli.StringSliceFlag{Name: "only", Usage: "run only these process `TYPES`"},
		&cli.StringSliceFlag{Name: "except", Usage: "run all but these process `TYPES`"},
		&cli.StringSliceFlag{Name: "without", Usage: "do not provide this `ADDON`"},
		&cli.StringFlag{Name: "procfile", Aliases: []string{"f"}, Usage: "read `FILE` instead of Procfile"},
		&cli.StringSliceFlag{Name: "env", Aliases: []string{"e"}, Usage: "read `FILE` instead of the .env files"},
		&cli.IntFlag{Name: "port", Aliases: []string{"p"}, Usage: "router `PORT`"},
		&cli.IntFlag{Name: "port-base", Usage: "first `PORT` of the processes"},
		&cli.DurationFlag{Name: "boot-timeout", Usage: "a web process must listen within `TIME`", Value: time.Minute},
		&cli.DurationFlag{Name: "grace", Usage: "processes may take `TIME` to stop", Value: 30 * time.Second},
		&cli.BoolFlag{Name: "no-build", Usage: "do not build what the Procfile names"},
		&cli.BoolFlag{Name: "metadata", Usage: "set DYNO and the HEROKU_ variables, which some apps take for production"},
		&cli.BoolFlag{Name: "no-release", Usage: "skip the release command"},
		&cli.StringFlag{Name: "web", Usage: "without a Procfile: run `COMMAND` as web"},
		&cli.StringFlag{Name: "engine", Usage: "how add-ons run: auto, docker, native or embedded (`MODE`)", Value: "auto"},
		&cli.StringFlag{Name: "timestamps", Usage: "time in front of log lines: short, iso or none (`FORM`)", Value: "short"},
		&cli.BoolFlag{Name: "no-prefix", Usage: "log lines without the process name"},
		&cli.BoolFlag{Name: "raw", Usage: "log lines exactly as written"},
		&cli.BoolFlag{Name: "no-watch", Usage: "do not restart processes when files change"},
	}
}

// up starts the app and stays until it has stopped.
func (inv *invocation) up(ctx context.Context, c *cli.Context) error {
	p, err := locate(c)
	if err != nil {
		return err
	}
	load := upLoadOptions(c)
	opts, err := inv.upOptions(c)
	if err != nil {
		return err
	}
	a, err := inv.loadOrPropose(c, p, load)
	if err != nil {
		return err
	}
	if err := chooseFormation(c, a, &opts); err != nil {
		return err
	}
	if c.Bool("detach") {
		return inv.detach(ctx, c, p, a)
	}
	view := newTranscript(inv.talk, inv.quiet || inv.json)
	view.grace = opts.Grace
	view.header(a, inv.home(p.dir))
	if len(a.Missing) > 0 && inv.interactive() {
		if err := inv.askMissing(p, a.Missing); err != nil {
			return err
		}
		if a, err = inv.load(c, p, load); err != nil {
			return err
		}
	}
	return inv.attached(ctx, a, opts, view)
}

// attached runs the emulator in this process until it stops by itself or the
// user ends it.
func (inv *invocation) attached(ctx context.Context, a *app.App, opts emulator.Options, view *transcript) error {
	opts.Observe = view.event
	e, err := emulator.New(a, opts)
	if err != nil {
		return err
	}
	view.status = e.Status
	signals := watchSignals()
	defer signals.close()
	suspend := watchSuspend()
	defer signal.Stop(suspend)
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	ended := make(chan error, 1)
	// Ends when the context does; waited for below, unless the user insists three times.
	go func() { ended <- e.Run(ctx) }()
	var first time.Time
	for {
		select {
		case err := <-ended:
			view.farewell(a, time.Since(cmp.Or(first, time.Now())))
			return upVerdict(err, signals, view)
		case <-suspend:
			inv.talk.line("Ctrl-Z does not stop the app: it keeps running (in the background from the start: inshore up -d)")
		case s := <-signals.C:
			if s == syscall.SIGHUP && signals.count > 0 {
				continue // the loss of a terminal is told more than once
			}
			signals.count++
			switch signals.count {
			case 1:
				first = time.Now()
				stop(nil)
			case 2:
				e.Kill()
			default:
				// The sentinel ends what is left when this process is gone.
				return &statusError{status: exitInterrupted}
			}
		}
	}
}

// upVerdict is 0 for a run that was up and then ended by the user.
func upVerdict(err error, signals *signalWatch, view *transcript) error {
	if err != nil && (signals.count == 0 || !errors.Is(err, context.Canceled)) {
		return err
	}
	if signals.count > 0 && !view.up {
		return errInterrupted
	}
	return nil
}

func upLoadOptions(c *cli.Context) app.LoadOptions {
	return app.LoadOptions{
		Procfile: c.String("procfile"),
		EnvFiles: list(c, "env"),
		Web:      c.String("web"),
	}
}

func (inv *invocation) upOptions(c *cli.Context) (emulator.Options, error) {
	engine, err := addons.ParseEngine(c.String("engine"))
	if err != nil {
		return emulator.Options{}, err
	}
	format, err := inv.logFormat(c, c.Bool("raw"))
	if err != nil {
		return emulator.Options{}, err
	}
	opts := emulator.Options{
		Port: c.Int("port"), PortBase: c.Int("port-base"), Engine: engine,
		Only: list(c, "only"), Except: list(c, "except"), Without: list(c, "without"),
		NoRelease: c.Bool("no-release"), NoBuild: c.Bool("no-build"), Metadata: c.Bool("metadata"), Catalogue: newCatalogue(),
		BootTimeout: c.Duration("boot-timeout"), Grace: c.Duration("grace"),
		Stdout: inv.out.w, Formatter: format,
	}
	if opts.BootTimeout <= 0 || opts.Grace <= 0 {
		return opts, problem.New("C003", "--boot-timeout and --grace must be longer than nothing")
	}
	for name, port := range map[string]int{"port": opts.Port, "port-base": opts.PortBase} {
		if port < 0 || port > 65535 {
			return opts, problem.Newf("C003", "--%s must be between 1 and 65535, not %d", name, port)
		}
	}
	if inv.getenv(detachedVariable) != "" {
		opts.Stdout = nil
	}
	return opts, nil
}

// logFormat is the form of log lines that the flags ask for.
func (inv *invocation) logFormat(c *cli.Context, raw bool) (logs.Formatter, error) {
	stamps := map[string]logs.Timestamps{"": logs.Short, "short": logs.Short, "iso": logs.ISO, "none": logs.NoTimestamps}
	stamp, ok := stamps[c.String("timestamps")]
	if !ok {
		return nil, problem.Newf("C003", "unknown form of timestamps %q", c.String("timestamps")).
			Fix("--timestamps short, iso or none")
	}
	if inv.json {
		return logs.NewJSON(), nil
	}
	return logs.NewText(logs.TextOptions{
		Timestamps: stamp, NoPrefix: c.Bool("no-prefix"), Raw: raw, Paint: inv.out.logPaint(),
	}), nil
}

// chooseFormation reads TYPE=N arguments and -m, which mean the same.
func chooseFormation(c *cli.Context, a *app.App, opts *emulator.Options) error {
	text := strings.Trim(strings.Join(append(c.Args().Slice(), c.String("formation")), ","), ",")
	if text == "" {
		return nil
	}
	formation, problems := procfile.ParseFormation(text)
	if problems.Failed() {
		return problems
	}
	var types []string
	for _, t := range a.Processes {
		types = append(types, t.Name)
	}
	quantities, problems := formation.Quantities(types, nil)
	if problems.Failed() {
		return problems
	}
	opts.Quantities = quantities
	for _, t := range types {
		if quantities[t] > 0 && len(opts.Only) > 0 && !slices.Contains(opts.Only, t) {
			opts.Only = append(opts.Only, t)
		}
	}
	return nil
}

// list reads a flag that may be repeated or hold commas.
func list(c *cli.Context, name string) []string {
	var out []string
	for _, v := range c.StringSlice(name) {
		for part := range strings.SplitSeq(v, ",") {
			if part = strings.TrimSpace(part); part != "" {
				out = append(out, part)
			}
		}
	}
	return out
}
