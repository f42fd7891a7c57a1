package addons

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/inshore-dev/inshore/emulator/problem"
)

// probeLimit bounds one probe, should a driver hang on a dead engine.
const probeLimit = 5 * time.Second

// Request asks for one add-on.
type Request struct {
	Service *Service
	Spec    Spec
	Place   problem.Place // of the entry in app.json, for messages; may be zero
}

// NoticeKind tells notices apart for whoever prints them.
type NoticeKind string

// The kinds of notices.
const (
	NoticeFallback NoticeKind = "fallback" // a mode that comes earlier in the order was not possible
	NoticeMoved    NoticeKind = "moved"    // the recorded mode was not taken; its data stays where it is
	NoticeLimited  NoticeKind = "limited"  // the mode taken cannot do everything
	NoticeVersion  NoticeKind = "version"  // another version than the one asked for
)

// Notice is something the user should be told once about an add-on.
type Notice struct {
	Addon string // name of the add-on
	Kind  NoticeKind
	Mode  Mode // the mode the text is about
	Text  string
}

// Choice is the decision for one request: which driver will run it and why.
type Choice struct {
	Driver  Driver
	Offer   Offer
	Notices []Notice
}

// Provision brings up all requested add-ons at the same time. The resources
// are in the order of the requests. When one fails, those that were started are
// stopped again and the error holds every failure as a problem; when the
// context ends, nothing keeps running. Problem A004 says that no mode of an
// add-on is possible here.
func Provision(ctx context.Context, host Host, requests []Request, engine Engine) ([]Resource, []Notice, error) {
	resources := make([]Resource, len(requests))
	notices := make([][]Notice, len(requests))
	failures := make([]error, len(requests))
	// Not the group's own context: its cause would be another add-on's failure,
	// which every one that is cut short would then report as its own.
	group := errgroup.Group{}
	shared, giveUp := context.WithCancel(ctx)
	defer giveUp()
	for i, request := range requests {
		group.Go(func() error {
			resources[i], notices[i], failures[i] = one(shared, host, request, engine)
			if failures[i] != nil {
				giveUp()
			}
			return failures[i]
		})
	}
	var all []Notice
	failed := group.Wait()
	for _, n := range notices {
		all = append(all, n...)
	}
	if failed == nil {
		return resources, all, nil
	}
	// The clean-up must outlive a context that has ended.
	clean, done := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer done()
	stops := StopAll(clean, resources)
	if ctx.Err() != nil {
		return nil, all, errors.Join(context.Cause(ctx), stops)
	}
	return nil, all, errors.Join(gather(failures), stops)
}

// StopAll stops resources at the same time; nil ones are passed over.
func StopAll(ctx context.Context, resources []Resource) error {
	failures := make([]error, len(resources))
	var group sync.WaitGroup
	for i, resource := range resources {
		if resource == nil {
			continue
		}
		group.Go(func() { failures[i] = resource.Stop(ctx) })
	}
	group.Wait()
	return errors.Join(failures...)
}

// one brings up a single add-on. When the container engine turns out not to be
// able to (no image here and no registry in reach), the next mode has its turn.
func one(ctx context.Context, host Host, request Request, engine Engine) (Resource, []Notice, error) {
	tried := map[Mode]string{}
	for {
		choice, err := choose(ctx, host, request, engine, tried)
		if err != nil {
			return nil, choice.Notices, err
		}
		began := time.Now()
		resource, err := choice.Driver.Provision(ctx, host, request.Spec)
		if err == nil {
			if host.Ready != nil {
				host.Ready(resource, time.Since(began))
			}
			return resource, choice.Notices, nil
		}
		why := engineFault(err)
		if why == "" || !engine.auto() || ctx.Err() != nil {
			return nil, choice.Notices, placed(err, request)
		}
		tried[choice.Driver.Mode()] = why
	}
}

// engineFault is what a problem of the D family says: the container engine, not
// the add-on, is what failed. It is empty for every other error.
func engineFault(err error) string {
	for _, p := range problem.Of(err) {
		if strings.HasPrefix(p.Code, "D") {
			return p.Message
		}
	}
	return ""
}

// Choose decides how a request will run, without starting anything: the
// recorded mode while it is possible, else the first possible one of the
// service's order, within what the engine allows.
func Choose(ctx context.Context, host Host, request Request, engine Engine) (Choice, error) {
	return choose(ctx, host, request, engine, map[Mode]string{})
}

// choose is Choose among the modes that were not tried before; it adds to tried
// why others do not fit.
func choose(ctx context.Context, host Host, request Request, engine Engine, tried map[Mode]string) (Choice, error) {
	record, err := LoadRecord(host, request.Spec.Name)
	if err != nil {
		return Choice{}, err
	}
	var choice Choice
	for _, driver := range order(request.Service, record.Mode, engine) {
		if _, failed := tried[driver.Mode()]; failed {
			continue
		}
		probe, done := context.WithTimeout(ctx, probeLimit)
		offer, err := driver.Probe(probe, host, request.Spec)
		done()
		if ctx.Err() != nil {
			return choice, context.Cause(ctx)
		}
		if err != nil {
			tried[driver.Mode()] = err.Error()
			continue
		}
		choice.Driver, choice.Offer = driver, offer
		choice.Notices = explain(request, record, choice, tried)
		return choice, nil
	}
	return choice, impossible(request, engine, tried)
}

// order puts the recorded mode first, unless the user asks for an engine, and
// keeps the service's order otherwise.
func order(service *Service, recorded Mode, engine Engine) []Driver {
	var first, rest []Driver
	for _, d := range service.Drivers {
		switch {
		case !engine.allows(d.Mode()):
		case engine.auto() && d.Mode() == recorded:
			first = append(first, d)
		default:
			rest = append(rest, d)
		}
	}
	return append(first, rest...)
}

// explain says what the user should know about a choice: modes that did not
// fit, data that stays behind, limits, another version.
func explain(request Request, record Record, choice Choice, tried map[Mode]string) []Notice {
	var notices []Notice
	name, mode := request.Spec.Name, choice.Driver.Mode()
	add := func(kind NoticeKind, about Mode, format string, args ...any) {
		notices = append(notices, Notice{Addon: name, Kind: kind, Mode: about, Text: fmt.Sprintf(format, args...)})
	}
	for _, d := range request.Service.Drivers {
		// What was once said is not repeated at every start on a recorded mode.
		if why, ok := tried[d.Mode()]; ok && (record.Mode == "" || record.Mode == d.Mode()) {
			add(NoticeFallback, d.Mode(), "%s is not possible: %s", d.Mode().word(), why)
		}
	}
	if record.Mode != "" && record.Mode != mode {
		add(NoticeMoved, record.Mode, "%s runs as %s now; its data in %s is kept and comes back with: inshore up --engine %s",
			name, mode.word(), record.Mode.word(), record.Mode.word())
	}
	for _, limit := range choice.Offer.Limits {
		add(NoticeLimited, mode, "%s", limit)
	}
	asked := request.Spec.Options["version"]
	if asked != "" && choice.Offer.Version != "" && !sameMajor(asked, choice.Offer.Version) {
		add(NoticeVersion, mode, "%s %s here, %s in app.json", request.Service.Kind, choice.Offer.Version, asked)
	}
	return notices
}

// sameMajor compares as many parts as were asked for: 16 fits 16.4, 7.2 does
// not fit 7.0.15.
func sameMajor(asked, have string) bool {
	return have == asked || strings.HasPrefix(have, asked+".")
}

// impossible is problem A004, in the words of a person who wants to go on.
func impossible(request Request, engine Engine, tried map[Mode]string) error {
	p := problem.Newf("A004", "no way to run the add-on %s", request.Service.Slug).At(request.Place)
	for _, mode := range []Mode{Container, Native, Embedded} {
		if why, ok := tried[mode]; ok {
			p.Note("tried", "%-11s %s", mode.word(), why)
		}
	}
	if len(tried) == 0 {
		p.Note("tried", "%-11s this add-on does not exist in that mode", string(engine))
	}
	main := ""
	if request.Service.VarNames != nil {
		if names := request.Service.VarNames(request.Spec.Attachment); len(names) > 0 {
			main = names[0]
			p.Note("tried", "%-11s %s is not set", "external", main)
		}
	}
	ways := []string{"start Docker"}
	if fix := request.Service.UnavailableFix; fix != "" {
		ways = append(ways, fix)
	}
	if engine != EngineAuto && engine != "" {
		ways = append(ways, "leave --engine out")
	}
	if main != "" {
		ways = append(ways, "set "+main+" in .env")
	}
	ways = append(ways, fmt.Sprintf("`inshore up --without %s` to start the rest", request.Spec.Name))
	return p.Fix("any one of: %s", strings.Join(ways, " · "))
}

// placed makes sure that a failure is a problem that names the add-on's entry.
func placed(err error, request Request) error {
	if p, ok := errors.AsType[*problem.Problem](err); ok {
		if p.Place == (problem.Place{}) {
			p.At(request.Place)
		}
		return err
	}
	if errors.Is(err, context.Canceled) {
		return err
	}
	return problem.Newf("A002", "%s did not start: %v", request.Spec.Name, err).At(request.Place).Wrap(err)
}

// gather makes one error of the failures: a list when all are problems. What
// was only cancelled because of another failure is left out.
func gather(failures []error) error {
	var list problem.List
	var others []error
	for _, err := range failures {
		switch problems := problem.Of(err); {
		case err == nil || errors.Is(err, context.Canceled):
		case len(problems) > 0:
			list = append(list, problems...)
		default:
			others = append(others, err)
		}
	}
	if len(list) > 0 {
		others = append([]error{list}, others...)
	}
	if len(others) == 1 {
		return others[0]
	}
	return errors.Join(others...)
}
