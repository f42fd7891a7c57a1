package main

import (
	"errors"
	"fmt"
	"io"
	"os/exec"
	"time"
)

// benchmark carries what the measurements share.
type benchmark struct {
	options
	work     string
	progress io.Writer
	table    table
}

// measurements in the order of the table.
var measurements = []struct {
	name string
	take func(*benchmark) error
}{
	{"output", (*benchmark).measureOutput},
	{"start", (*benchmark).measureStart},
	{"addons", (*benchmark).measureAddOns},
	{"stop", (*benchmark).measureStop},
	{"idle", (*benchmark).measureIdle},
	{"scale", (*benchmark).measureScale},
}

func (b *benchmark) measureOutput() error {
	app, err := b.newApp("output", 0, "")
	if err != nil {
		return err
	}
	defer app.Close()
	var first, help samples
	for range b.runs {
		began := time.Now()
		if err := exec.Command(b.inshore, "help").Run(); err != nil {
			return err
		}
		help = append(help, time.Since(began))
		r, err := app.startInshore(b)
		if err != nil {
			return err
		}
		first = append(first, (<-r.firstOutput).Sub(r.began))
		if _, err := r.untilServing(); err != nil {
			return errors.Join(err, r.kill())
		}
		if _, _, err := r.stop(); err != nil {
			return err
		}
	}
	b.table.add("first output of `up`", first, "< 50 ms")
	b.table.add("`help`, start to end", help, "")
	return nil
}

// pairs starts bare and inshore in turns and returns what measure says of each.
func (b *benchmark) pairs(app *measuredApp, flags []string, measure func(*running) (time.Duration, error)) (bare, with samples, err error) {
	start := map[bool]func() (*running, error){
		false: app.startBare,
		true:  func() (*running, error) { return app.startInshore(b, flags...) },
	}
	for range b.runs {
		for _, inshore := range []bool{false, true} {
			r, err := start[inshore]()
			if err != nil {
				return nil, nil, err
			}
			took, err := measure(r)
			if err != nil {
				return nil, nil, errors.Join(err, r.kill())
			}
			if _, _, err := r.stop(); err != nil {
				return nil, nil, err
			}
			if inshore {
				with = append(with, took)
			} else {
				bare = append(bare, took)
			}
		}
	}
	return bare, with, nil
}

func (b *benchmark) measureStart() error {
	app, err := b.newApp("start", 0, "")
	if err != nil {
		return err
	}
	defer app.Close()
	bare, with, err := b.pairs(app, nil, (*running).untilServing)
	if err != nil {
		return err
	}
	b.table.add("first 200, bare", bare, "")
	b.table.add("first 200, `up` without add-ons", with, "")
	b.table.addDifference("added by `up` without add-ons", with, bare, "< 50 ms")
	return nil
}

const threeAddOns = `{"addons": ["heroku-postgresql", "heroku-redis", "bucketeer"]}`

func (b *benchmark) measureAddOns() error {
	app, err := b.newApp("addons", 0, threeAddOns)
	if err != nil {
		return err
	}
	defer app.Close()
	flags := []string{"--engine", b.engine}
	r, err := app.startInshore(b, flags...)
	if err != nil {
		return err
	}
	cold, err := r.untilServing()
	if err != nil {
		return errors.Join(err, r.kill())
	}
	if _, _, err := r.stop(); err != nil {
		return err
	}
	bare, warm, err := b.pairs(app, flags, (*running).untilServing)
	if err != nil {
		return err
	}
	b.table.add("first 200, first `up` with Postgres, Redis, S3 ("+b.engine+")", samples{cold}, "")
	b.table.add("first 200, warm `up` with the three", warm, "")
	b.table.addDifference("added by `up` with the three, warm", warm, bare, "< 250 ms")
	return nil
}

func (b *benchmark) measureStop() error {
	app, err := b.newApp("stop", 0, "")
	if err != nil {
		return err
	}
	defer app.Close()
	var all, after samples
	for range b.runs {
		r, err := app.startInshore(b)
		if err != nil {
			return err
		}
		if _, err := r.untilServing(); err != nil {
			return errors.Join(err, r.kill())
		}
		took, late, err := r.stop()
		if err != nil {
			return err
		}
		all, after = append(all, took), append(after, late)
	}
	b.table.add("Ctrl-C to exit", all, "")
	b.table.add("last dyno gone to exit", after, "< 50 ms")
	return nil
}

func (b *benchmark) measureIdle() error {
	app, err := b.newApp("idle", 0, "")
	if err != nil {
		return err
	}
	defer app.Close()
	r, err := app.startInshore(b)
	if err != nil {
		return err
	}
	if _, err := r.untilServing(); err != nil {
		return errors.Join(err, r.kill())
	}
	const settle, span = 3 * time.Second, 10 * time.Second
	time.Sleep(settle) //nolint:forbidigo // a measurement over time
	before, err := costs(r.cmds[0].Process.Pid, app.command[1])
	if err != nil {
		return errors.Join(err, r.kill())
	}
	time.Sleep(span) //nolint:forbidigo // a measurement over time
	now, err := costs(r.cmds[0].Process.Pid, app.command[1])
	if err != nil {
		return errors.Join(err, r.kill())
	}
	b.table.addText("idle, one dyno: RSS of inshore itself", fmt.Sprintf("%.1f MB", now.ownMB), "<= 30 MB")
	b.table.addText(fmt.Sprintf("idle, RSS of all %d processes of inshore (no dynos)", now.processes), fmt.Sprintf("%.1f MB", now.allMB), "")
	b.table.addText("idle, CPU of all of them over 10 s", fmt.Sprintf("%.1f %%", (now.cpu-before.cpu).Seconds()/span.Seconds()*100), "0.0 %")
	_, _, err = r.stop()
	return err
}

func (b *benchmark) measureScale() error {
	for _, n := range []int{1, 10, 50} {
		app, err := b.newApp(fmt.Sprintf("scale-%d", n), n-1, "")
		if err != nil {
			return err
		}
		bare, with, err := b.pairs(app, nil, (*running).untilAllRun)
		app.Close()
		if err != nil {
			return fmt.Errorf("%d dynos: %w", n, err)
		}
		b.table.add(fmt.Sprintf("all of %d running, bare", n), bare, "")
		b.table.add(fmt.Sprintf("all of %d running, `up`", n), with, "")
	}
	return nil
}
