package logs

import (
	"cmp"
	"fmt"
	"time"
)

// herokuLine is where the platform cuts long messages (Dev Center "Logging").
const herokuLine = 10000

const herokuTime = "2006-01-02T15:04:05.000000-07:00"

// NewHeroku is the platform's format (Dev Center "Logging"), in UTC and with
// messages cut into pieces of 10,000 bytes:
//
//	2012-10-11T03:47:20.000000+00:00 app[web.1]: text
//
// A nil paint means no colour; text is safe for a terminal.
func NewHeroku(paint Paint) Formatter {
	mode := dropColors
	if paint != nil {
		mode = keepColors
	}
	return &herokuFormat{paint: paint, mode: mode}
}

type herokuFormat struct {
	paint   Paint
	mode    ansi
	source  Source
	process string
	clock   clock // text is the whole prefix
	since   time.Time
}

func (f *herokuFormat) Format(dst []byte, line *Line) []byte {
	f.since = line.Time
	for text := line.Text; ; {
		piece := text[:min(len(text), herokuLine)]
		text = text[len(piece):]
		dst = f.begin(dst, line.Source, line.Process, line.Time)
		dst = appendSafe(dst, piece, f.mode)
		dst = append(dst, '\n')
		if len(text) == 0 {
			return dst
		}
	}
}

// Gap is written as the platform does for a tail session (Dev Center "Error Codes", L11).
func (f *herokuFormat) Gap(dst []byte, n uint64, at time.Time) []byte {
	if f.since.IsZero() {
		f.since = at
	}
	dst = f.begin(dst, Heroku, "logplex", at)
	return fmt.Appendf(dst, "Error L11 (Tail buffer overflow) -> This tail session dropped %d messages since %s.\n",
		n, f.since.UTC().Format(herokuTime))
}

func (f *herokuFormat) begin(dst []byte, source Source, process string, at time.Time) []byte {
	key := at.UnixMicro()
	if key != f.clock.key || source != f.source || process != f.process || f.clock.text == nil {
		text := at.UTC().Format(herokuTime) + " " + herokuSource(source, process) + ":"
		if f.paint != nil {
			text = f.paint(process, text)
		}
		f.clock = clock{key: key, text: append(append(f.clock.text[:0], text...), ' ')}
		f.source, f.process = source, process
	}
	return append(dst, f.clock.text...)
}

// herokuSource names a source as the platform does: data services and the API
// count as app, the router as a process of heroku.
func herokuSource(source Source, process string) string {
	switch source {
	case Router:
		return "heroku[" + cmp.Or(process, "router") + "]"
	case AddOn:
		return "app[" + cmp.Or(process, "addon") + "]"
	default:
		return source.String() + "[" + cmp.Or(process, source.String()) + "]"
	}
}
