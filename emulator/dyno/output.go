package dyno

import "os"

// outputs are the pipes of one start.
type outputs struct {
	ours     []*os.File
	finishes []func()
}

// open asks Output for both streams, unless the caller attached files itself.
func (o *outputs) open(spec Spec) (stdout, stderr *os.File, err error) {
	if stdout, err = o.stream(spec.Output, "stdout", spec.Stdout); err != nil {
		return nil, nil, err
	}
	if stderr, err = o.stream(spec.Output, "stderr", spec.Stderr); err != nil {
		return nil, nil, err
	}
	return stdout, stderr, nil
}

func (o *outputs) stream(output Output, name string, attached *os.File) (*os.File, error) {
	if attached != nil || output == nil {
		return attached, nil
	}
	file, finish, err := output.Open(name)
	if err != nil {
		return nil, err
	}
	if file != nil {
		o.ours = append(o.ours, file)
	}
	if finish != nil {
		o.finishes = append(o.finishes, finish)
	}
	return file, nil
}

// closeOurs closes our copies, so that the readers see the end when the last
// process closes its own.
func (o *outputs) closeOurs() {
	for _, file := range o.ours {
		_ = file.Close()
	}
	o.ours = nil
}

// finish tells the readers, once, that nothing more is to be expected.
func (o *outputs) finish() {
	o.closeOurs()
	for _, finish := range o.finishes {
		finish()
	}
	o.finishes = nil
}
