package emulator

import (
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/inshore-dev/inshore/addons"
	"github.com/inshore-dev/inshore/emulator/control"
	"github.com/inshore-dev/inshore/emulator/logs"
	"github.com/inshore-dev/inshore/emulator/problem"
	"github.com/inshore-dev/inshore/procfile"
)

// platform is the emulator as the control socket sees it.
type platform struct{ *Emulator }

// Status describes the run now.
func (p platform) Status(context.Context) (control.Status, error) { return p.status(), nil }

// Config is the resolved config with its origins and the real values.
func (p platform) Config(ctx context.Context) ([]control.ConfigVar, error) {
	if err := p.await(ctx, p.configured); err != nil {
		return nil, err
	}
	var vars []control.ConfigVar
	for _, v := range p.Emulator.Config() {
		vars = append(vars, control.ConfigVar{Name: v.Name, Value: v.Value, Origin: describeOrigin(v.Origin), Secret: v.Secret})
	}
	return vars, nil
}

// Environment is what a one-off dyno of that name would see.
func (p platform) Environment(ctx context.Context, name string) ([]string, error) {
	if err := p.await(ctx, p.configured); err != nil {
		return nil, err
	}
	return p.Emulator.Environment(name), nil
}

// Restart restarts the dynos that match.
func (p platform) Restart(ctx context.Context, patterns []string) ([]string, error) {
	if err := p.await(ctx, p.formed); err != nil {
		return nil, err
	}
	return p.restart(ctx, patterns)
}

// Stop stops the dynos that match until they are started.
func (p platform) Stop(ctx context.Context, patterns []string) ([]string, error) {
	return p.stopMatching(ctx, patterns)
}

// Start starts the stopped dynos that match.
func (p platform) Start(ctx context.Context, patterns []string) ([]string, error) {
	return p.startMatching(ctx, patterns)
}

// Scale applies tokens such as web=2 or worker+1.
func (p platform) Scale(ctx context.Context, tokens []string) ([]control.Quantity, error) {
	if len(tokens) == 0 {
		return p.quantities(), nil
	}
	if err := p.await(ctx, p.formed); err != nil {
		return nil, err
	}
	wish, problems := procfile.ParseScale(tokens)
	if err := problems.Err(); err != nil {
		return nil, err
	}
	current := map[string]int{}
	var types []string
	for _, q := range p.quantities() {
		current[q.Type] = q.Quantity
		types = append(types, q.Type)
	}
	wanted, problems := wish.Quantities(types, current)
	if err := problems.Err(); err != nil {
		return nil, err
	}
	if err := p.scale(ctx, wanted); err != nil {
		return nil, err
	}
	return p.quantities(), nil
}

// Logs tells lines of the past and, on request, those to come.
func (p platform) Logs(ctx context.Context, query control.LogQuery, emit func([]control.LogLine) error) error {
	filter, err := logFilter(query)
	if err != nil {
		return err
	}
	backlog := query.Num
	if backlog == 0 {
		backlog = 100
	}
	if !query.Tail {
		lines, err := p.hub.History(max(backlog, 0), filter)
		if err != nil {
			return err
		}
		return emit(logLines(lines, 0))
	}
	following := p.hub.Subscribe(filter, logs.SubscribeOptions{Backlog: max(backlog, 0)})
	defer following.Close()
	for {
		batch, gap, err := following.Next(ctx)
		if errors.Is(err, io.EOF) || ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		if err := emit(logLines(batch, gap)); err != nil {
			return err
		}
	}
}

func logFilter(query control.LogQuery) (logs.Filter, error) {
	filter := logs.Filter{Processes: query.Names, Since: query.Since}
	if query.Source != "" {
		source, ok := logs.ParseSource(query.Source)
		if !ok {
			return filter, problem.Newf("C006", "no log source %q", query.Source).Note("note", "sources: app, heroku, router, addon, inshore")
		}
		filter.Sources = []logs.Source{source}
	}
	if query.Query != "" {
		parsed, err := logs.ParseQuery(query.Query)
		if err != nil {
			return filter, err
		}
		filter.Query = parsed
	}
	return filter, nil
}

func logLines(lines []logs.Line, gap uint64) []control.LogLine {
	list := make([]control.LogLine, 0, len(lines))
	for i, line := range lines {
		wire := control.LogLine{
			Time: line.Time, Seq: line.Seq, Source: line.Source.String(), Name: line.Process,
			Stream: line.Stream.String(), Text: strings.ToValidUTF8(string(line.Text), "\uFFFD"),
		}
		if i == 0 {
			wire.Lost = int64(gap)
		}
		list = append(list, wire)
	}
	return list
}

// AddOnReset backs an add-on up and empties it.
func (p platform) AddOnReset(ctx context.Context, name string) (string, error) {
	a, err := p.addOn(name)
	if err != nil {
		return "", err
	}
	a.work.Lock()
	defer a.work.Unlock()
	backup, err := addons.Reset(ctx, p.host, p.resourceOf(a))
	return backup.Dir, err
}

// AddOnDestroy backs an add-on up, stops it and removes its data. The run goes
// on without it.
func (p platform) AddOnDestroy(ctx context.Context, name string) (string, error) {
	a, err := p.addOn(name)
	if err != nil {
		return "", err
	}
	a.work.Lock()
	defer a.work.Unlock()
	backup, err := addons.Destroy(ctx, p.host, p.resourceOf(a))
	if err == nil {
		p.forget(a) // before the lock is released, so that it is not revived
	}
	return backup.Dir, err
}

// Down begins to stop the run.
func (p platform) Down(_ context.Context, options control.DownOptions) error {
	p.mu.Lock()
	stop := p.stop
	p.mu.Unlock()
	stop(errStopRequested)
	if options.Kill {
		p.Kill()
	}
	if options.Grace > 0 {
		p.working.Go(func() {
			select {
			case <-time.After(options.Grace):
				p.Kill()
			case <-p.killed:
			case <-p.over:
			}
		})
	}
	return nil
}

// Run starts a detached one-off dyno; its output goes to the log.
func (p platform) Run(ctx context.Context, request control.RunRequest) (control.Dyno, error) {
	if err := p.await(ctx, p.configured); err != nil {
		return control.Dyno{}, err
	}
	var extra []string
	for name, value := range request.Env {
		extra = append(extra, name+"="+value)
	}
	command, name := p.expandType(request.Command), oneOffName()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.phase == phaseStopping {
		return control.Dyno{}, errStopping()
	}
	runCtx := p.runCtx
	p.oneOffs.Go(func() { p.runOnce(runCtx, name, command, extra...) })
	return control.Dyno{Name: name, Type: "run", Command: command, State: "starting", Since: time.Now()}, nil
}

// await waits for a stage of the start, because the control socket answers from
// the very beginning of a run.
func (p platform) await(ctx context.Context, stage <-chan struct{}) error {
	select {
	case <-stage:
		return nil
	case <-p.over:
		return errStopping()
	case <-p.runCtx.Done():
		return errStopping()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
