package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/inshore-dev/inshore/emulator/control"
	"github.com/inshore-dev/inshore/emulator/logs"
	"github.com/inshore-dev/inshore/emulator/problem"
)

func (inv *invocation) logsCommand() *cli.Command {
	return &cli.Command{
		Name:      "logs",
		Category:  categoryLook,
		Usage:     "show the log; without a running app that of its last run",
		ArgsUsage: "[NAME...]",
		UsageText: "inshore logs\ninshore logs worker -t\ninshore logs -s router -n 20\ninshore logs -q 'status:>=500' --since 5m",
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "tail", Aliases: []string{"t"}, Usage: "keep following"},
			&cli.IntFlag{Name: "num", Aliases: []string{"n"}, Usage: "show the last `N` lines", Value: 100},
			&cli.StringFlag{Name: "source", Aliases: []string{"s"}, Usage: "only this `SOURCE`: app, heroku, router, addon or inshore"},
			&cli.StringSliceFlag{Name: "process-type", Aliases: []string{"p"}, Usage: "only this process `TYPE`"},
			&cli.StringSliceFlag{Name: "dyno-name", Aliases: []string{"d"}, Usage: "only this process, for example web.1 (`NAME`)"},
			&cli.StringFlag{Name: "query", Aliases: []string{"q"}, Usage: "only lines that match `QUERY`"},
			&cli.StringFlag{Name: "since", Usage: "not older than `TIME`: 5m, 2h or 2026-01-31T12:00:00Z"},
			&cli.StringFlag{Name: "format", Usage: "`FORM` of a line: text, heroku or json", Value: "text"},
			&cli.IntFlag{Name: "run", Usage: "an earlier run: 0 the newest, -1 the one before (`N`)"},
			&cli.StringFlag{Name: "timestamps", Usage: "time in front of lines: short, iso or none (`FORM`)", Value: "short"},
			&cli.BoolFlag{Name: "no-prefix", Usage: "lines without the process name"},
			&cli.BoolFlag{Name: "raw", Usage: "lines exactly as written"},
		},
		Action: wrap(inv.logs),
	}
}

func (inv *invocation) logs(ctx context.Context, c *cli.Context) error {
	format, err := inv.logsFormat(c)
	if err != nil {
		return err
	}
	query, err := logQuery(c, time.Now())
	if err != nil {
		return err
	}
	p, err := locate(c)
	if err != nil {
		return err
	}
	show := func(line *logs.Line) error {
		_, err := inv.out.w.Write(format.Format(nil, line))
		return err
	}
	if !c.IsSet("run") {
		client, err := p.dial()
		if err == nil {
			return inv.followLogs(ctx, client, query, format, show)
		}
		if !errors.Is(err, control.ErrNotRunning) || query.Tail {
			return err
		}
	}
	return storedLogs(p, c.Int("run"), query, show)
}

func (inv *invocation) followLogs(ctx context.Context, client *control.Client, query control.LogQuery, format logs.Formatter, show func(*logs.Line) error) error {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt)
	defer stop()
	err := client.Logs(ctx, query, func(lines []control.LogLine) error {
		for _, l := range lines {
			if l.Lost > 0 {
				if _, err := inv.out.w.Write(format.Gap(nil, uint64(l.Lost), l.Time)); err != nil {
					return err
				}
			}
			if err := show(logLine(l)); err != nil {
				return err
			}
		}
		return nil
	})
	if ctx.Err() != nil {
		return nil // Ctrl-C is the way to end this
	}
	if query.Tail && errors.Is(err, control.ErrNotRunning) {
		return nil // the run is over, and so is its log
	}
	return err
}

// storedLogs reads what a finished run has left.
func storedLogs(p project, index int, query control.LogQuery, show func(*logs.Line) error) error {
	filter, err := logFilter(query)
	if err != nil {
		return err
	}
	r, err := logs.OpenRun(filepath.Join(p.stateDir, "logs"), index)
	if err != nil {
		if index == 0 {
			return notRunning()
		}
		return err
	}
	defer func() { _ = r.Close() }()
	lines, err := r.Tail(max(query.Num, 0), filter)
	if err != nil {
		return err
	}
	for i := range lines {
		if err := show(&lines[i]); err != nil {
			return err
		}
	}
	return nil
}

func (inv *invocation) logsFormat(c *cli.Context) (logs.Formatter, error) {
	if inv.json {
		return logs.NewJSON(), nil
	}
	switch c.String("format") {
	case "", "text":
		return inv.logFormat(c, c.Bool("raw"))
	case "heroku":
		return logs.NewHeroku(inv.out.logPaint()), nil
	case "json":
		return logs.NewJSON(), nil
	}
	return nil, problem.Newf("C003", "unknown log format %q", c.String("format")).Fix("--format text, heroku or json")
}

func logQuery(c *cli.Context, now time.Time) (control.LogQuery, error) {
	query := control.LogQuery{
		Names:  slices.Concat(c.Args().Slice(), list(c, "process-type"), list(c, "dyno-name")),
		Source: c.String("source"), Query: c.String("query"), Num: c.Int("num"), Tail: c.Bool("tail"),
	}
	if query.Num == 0 {
		query.Num = -1 // asked for none; 0 means the default on the wire
	}
	if since := c.String("since"); since != "" {
		t, err := parseSince(since, now)
		if err != nil {
			return query, err
		}
		query.Since = t
	}
	_, err := logFilter(query)
	return query, err
}

func parseSince(text string, now time.Time) (time.Time, error) {
	if d, err := time.ParseDuration(text); err == nil && d >= 0 {
		return now.Add(-d), nil
	}
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t, nil
	}
	return time.Time{}, problem.Newf("C003", "cannot read %q as a time", text).
		Fix("--since 5m, --since 2h or --since 2026-01-31T12:00:00Z")
}

// logFilter is the query for a stored run; it also checks one before it is
// sent.
func logFilter(query control.LogQuery) (logs.Filter, error) {
	filter := logs.Filter{Processes: query.Names, Since: query.Since}
	if query.Source != "" {
		source, ok := logSource(query.Source)
		if !ok {
			return filter, problem.Newf("C006", "no log source %q", query.Source).
				Note("note", "sources: app, heroku, router, addon, inshore")
		}
		filter.Sources = []logs.Source{source}
	}
	if query.Query != "" {
		parsed, err := logs.ParseQuery(query.Query)
		if err != nil {
			return filter, problem.Newf("C007", "the log query cannot be understood: %v", err).Wrap(err)
		}
		filter.Query = parsed
	}
	return filter, nil
}

func logSource(name string) (logs.Source, bool) {
	for _, s := range logs.Sources() {
		if s.String() == name {
			return s, true
		}
	}
	return 0, false
}

// logLine is a line as the formatters take it.
func logLine(l control.LogLine) *logs.Line {
	source, _ := logSource(l.Source)
	stream := logs.None
	switch l.Stream {
	case logs.Stdout.String():
		stream = logs.Stdout
	case logs.Stderr.String():
		stream = logs.Stderr
	}
	return &logs.Line{Seq: l.Seq, Time: l.Time, Source: source, Process: l.Name, Stream: stream, Text: []byte(l.Text)}
}
