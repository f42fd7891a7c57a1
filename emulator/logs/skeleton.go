package logs

import (
	"context"
	"io"
	"iter"
	"os"
	"regexp"
	"time"
)

// Options describe a Hub. The zero value keeps lines in memory only.
type Options struct {
	Dir         string           // directory of the ring files, one sub-directory a run; empty means memory only
	Run         string           // name of this run, letters, digits, "-" and "_"; empty means one made from time and pid
	RingBytes   int64            // size of the run's ring files together; 0 means 64 MiB
	KeepRuns    int              // runs kept in Dir, this one included; 0 means 5
	MemoryBytes int              // size of the ring in memory; 0 means 8 MiB
	MaxStall    time.Duration    // how long a slow consumer may hold a producer up; 0 means 1 s
	Now         func() time.Time // nil means time.Now
}

// Hub is where all lines meet. It is safe for concurrent use.
type Hub struct{}

// New makes a hub; it does no I/O and starts nothing. Lines may be written to it
// at once, they reach the ring files after Start.
func New(o Options) *Hub { return &Hub{} }

// Start makes the directory of the run, removes the oldest runs and begins to
// write ring files. It does nothing when Options.Dir is empty.
func (h *Hub) Start() error { return nil }

// Close finishes the pipes that are still open (until ctx ends), writes what is
// left to the ring files and ends all subscriptions. Sinks are closed before it.
func (h *Hub) Close(ctx context.Context) error { return nil }

// Log appends text as one or more lines.
func (h *Hub) Log(source Source, process, text string) {}

// Writer is for producers inside inshore. Each Write may hold parts of lines;
// Close keeps an unfinished last one. The writer may be used concurrently.
func (h *Hub) Writer(source Source, process string) io.WriteCloser { return nil }

// Tail gives the last n lines in memory that match, oldest first. The caller owns them.
func (h *Hub) Tail(n int, f Filter) []Line { return nil }

// LastLines gives the last n lines (at most about 32 KiB) of one process, even
// when others have written so much since that Tail no longer reaches them.
func (h *Hub) LastLines(process string, n int) []Line { return nil }

// Stats are counts since New. In = Stored + Dropped + Pending at any moment.
type Stats struct {
	In      uint64 // lines numbered
	Bytes   uint64 // their bytes
	Stored  uint64 // lines in the ring files (in memory when there are no files)
	Dropped uint64 // lines that did not reach the ring files: slow or full disk
	Pending uint64 // lines on their way to the ring files
}

// Stats gives the counts.
func (h *Hub) Stats() Stats { return Stats{} }

// Pipe carries the output of one child into a hub.
type Pipe struct{}

// Pipe makes an operating-system pipe and starts to read from it.
func (h *Hub) Pipe(source Source, process string, stream Stream) (*Pipe, error) { return nil, nil }

// From starts to read lines from f, such as the master side of a pty, and owns it from now on.
func (h *Hub) From(f *os.File, source Source, process string, stream Stream) *Pipe { return nil }

// File is the write end to hand to a child as stdout, stderr or both; nil with From.
func (p *Pipe) File() *os.File { return nil }

// Started closes our copy of the write end, so that the end of the child is seen.
func (p *Pipe) Started() error { return nil }

// Finish waits for the end of the stream, at most until ctx ends (a grandchild
// may hold the pipe open); then takes what is in the pipe, keeps the unfinished
// last line and closes the read end.
func (p *Pipe) Finish(ctx context.Context) error { return nil }

// SubscribeOptions describe a Subscription. The zero value begins with the next line.
type SubscribeOptions struct {
	Backlog  int    // begin with up to so many matching lines of the past that memory still holds
	After    uint64 // begin after this line number when it is not 0 (Backlog is then ignored)
	MaxBatch int    // most lines Next returns at once; 0 means 1000
	Wait     bool   // let producers wait for this subscription, up to Options.MaxStall; else it just loses lines
}

// Subscription is a bounded view of the lines to come.
type Subscription struct{}

// Subscribe begins a subscription. The caller closes it.
func (h *Hub) Subscribe(f Filter, o SubscribeOptions) *Subscription { return nil }

// Next waits for lines that match. gap is the number of lines, matching or not,
// that were lost between the batch before and this one; a batch may be empty
// when gap is not 0. The caller owns the batch. The error is io.EOF after Close
// of the subscription or of the hub, or the cause of ctx.
func (s *Subscription) Next(ctx context.Context) (batch []Line, gap uint64, err error) {
	return nil, 0, io.EOF
}

// Close ends the subscription.
func (s *Subscription) Close() {}

// RunInfo names a stored run.
type RunInfo struct {
	ID      string
	Started time.Time
	Path    string
	Bytes   int64
}

// Runs lists the runs in dir, newest first.
func Runs(dir string) ([]RunInfo, error) { return nil, nil }

// Run reads the lines of a stored run, also while it is being written.
type Run struct {
	Info RunInfo
}

// OpenRun opens a run: 0 is the newest, -1 the one before.
func OpenRun(dir string, index int) (*Run, error) { return nil, nil }

// Lines gives the stored lines that match, oldest first. Text is valid until the next line.
func (r *Run) Lines(f Filter) iter.Seq2[Line, error] { return nil }

// Tail gives the last n stored lines that match, oldest first. The caller owns them.
func (r *Run) Tail(n int, f Filter) ([]Line, error) { return nil, nil }

// Missing is the number of lines that the ring files no longer or never held,
// as far as the reading done so far shows.
func (r *Run) Missing() uint64 { return 0 }

// Close gives back the files.
func (r *Run) Close() error { return nil }

// Formatter lays out lines for a Sink. It need not be safe for concurrent use:
// each sink has its own.
type Formatter interface {
	// Format appends the line with its line end to dst.
	Format(dst []byte, line *Line) []byte
	// Gap appends a marker for n lines that were lost before the time.
	Gap(dst []byte, n uint64, at time.Time) []byte
}

// SinkOptions describe a Sink.
type SinkOptions struct {
	Filter Filter
	Wait   bool
}

// SinkStats are the counts of a sink: lines = Written + Filtered + Dropped after Close.
type SinkStats struct {
	Written  uint64
	Filtered uint64
	Dropped  uint64
}

// Sink writes lines to a terminal, pipe or file in big pieces.
type Sink struct{}

// NewSink makes a sink that writes to w; Start starts it.
func NewSink(w io.Writer, f Formatter, o SinkOptions) *Sink { return &Sink{} }

// Start begins with the oldest line in memory and starts the sink's goroutine.
func (s *Sink) Start(h *Hub) {}

// Close writes every line that the hub had at the time of the call and stops
// the goroutine. It gives up when ctx ends (a terminal may be stopped).
func (s *Sink) Close(ctx context.Context) error { return nil }

// Stats gives the counts.
func (s *Sink) Stats() SinkStats { return SinkStats{} }

// Paint colours a piece of text that belongs to a process. A nil Paint means no colour.
type Paint func(process, text string) string

// Timestamps says how a text formatter writes the time.
type Timestamps uint8

// The timestamps. The zero value is Short.
const (
	Short        Timestamps = iota // 14:02:11
	ISO                            // 2026-11-29T14:02:11.123Z with the local zone
	NoTimestamps                   // nothing
)

// TextOptions describe NewText.
type TextOptions struct {
	Timestamps Timestamps
	NoPrefix   bool           // leave the process name out
	Raw        bool           // bytes as they came, without time and prefix
	Width      int            // width of the names known at the start; it grows with longer ones; 0 means 8
	Paint      Paint          // nil means no colour, and colours of the app are removed
	Location   *time.Location // nil means time.Local
}

// NewText is the format for people: 14:02:11 web.1    | Puma starting...
func NewText(o TextOptions) Formatter { return nil }

// NewHeroku is the platform's format (Dev Center "Logging"):
// 2012-10-11T03:47:20.000000+00:00 app[web.1]: text
func NewHeroku(paint Paint) Formatter { return nil }

// NewJSON is one JSON object a line: ts, kind, seq, source, dyno, stream, text.
func NewJSON() Formatter { return nil }

// Colors is the number of colours that ColorIndex chooses from.
const Colors = 10

// ColorIndex gives a process a colour number from 0 to Colors-1 that depends on
// its type only and never changes.
func ColorIndex(process string) int { return 0 }

// Level is how bad a line looks.
type Level uint8

// The levels in rising order. The zero Level means that the text does not tell.
const (
	Unknown Level = iota
	Debug
	Info
	Warn
	Error
)

// LevelOf guesses the level from the text.
func LevelOf(text []byte) Level { return Unknown }

// Filter chooses lines. The zero Filter matches all of them; all set parts must match.
type Filter struct {
	Sources   []Source  // any of them
	Processes []string  // any of these globs; a bare type such as "web" matches web.1 and web.2
	Streams   []Stream  // any of them
	Since     time.Time // not older
	After     uint64    // with a greater number
	Query     *Query    // nil matches
}

// Match tells whether the filter lets the line through.
func (f *Filter) Match(line *Line) bool { return true }

// Query is a parsed query.
type Query struct{ re *regexp.Regexp }

// ParseQuery reads a query such as: dyno:web level:error status:>=500 /re/ -healthcheck
func ParseQuery(text string) (*Query, error) { return nil, nil }
