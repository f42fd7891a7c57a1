package logs

import (
	"bytes"
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/inshore-dev/inshore/emulator/problem"
)

// Query is a parsed query. A nil Query matches all lines.
type Query struct {
	text  string
	terms []term
}

// term is one condition.
type term struct {
	not   bool
	match func(*Line) bool
}

// String is the query as it was written.
func (q *Query) String() string {
	if q == nil {
		return ""
	}
	return q.text
}

// Match tells whether all terms hold for the line.
func (q *Query) Match(line *Line) bool {
	if q == nil {
		return true
	}
	for _, t := range q.terms {
		if t.match(line) == t.not {
			return false
		}
	}
	return true
}

// mostQuery bounds a query, which may come from a browser.
const mostQuery = 4096

// ParseQuery reads terms separated by blanks; all of them must hold:
//
//	dyno:web,worker.*  process names or types (also process:)
//	source:router      app, heroku, router, addon or inshore
//	stream:stderr      stdout or stderr
//	level:error        debug, info, warn or error; level:>=warn
//	status:>=500       of a request; status:404, status:5xx, status:400-499
//	since:5m           not older than that (or an RFC 3339 time)
//	/regexp/           RE2 syntax; /regexp/i ignores case
//	word "two words"   text, ignoring case
//	-term              must not hold
//
// An empty text gives a query that matches all lines. The error is a
// *problem.Problem that points at the term.
func ParseQuery(text string) (*Query, error) {
	return ParseQueryAt(text, time.Now())
}

// ParseQueryAt is ParseQuery with the time that since: counts from.
func ParseQueryAt(text string, now time.Time) (*Query, error) {
	if len(text) > mostQuery {
		return nil, problem.Newf("C015", "query is longer than %d bytes", mostQuery)
	}
	q := &Query{text: text}
	p := queryParser{text: text, now: now}
	for {
		t, ok, err := p.next()
		if err != nil {
			return nil, err
		}
		if !ok {
			return q, nil
		}
		q.terms = append(q.terms, t)
	}
}

type queryParser struct {
	text string
	pos  int
	now  time.Time
}

// next reads one term; false means the end.
func (p *queryParser) next() (t term, ok bool, err error) {
	p.skipBlanks()
	if p.pos == len(p.text) {
		return term{}, false, nil
	}
	start := p.pos
	if rest := p.text[p.pos:]; rest[0] == '-' && len(rest) > 1 && !unicode.IsSpace(rune(rest[1])) {
		t.not = true
		p.pos++
	}
	var reason string
	if p.text[p.pos] == '/' {
		t.match, reason = p.regexp()
	} else {
		t.match, reason = p.word()
	}
	if reason != "" {
		return term{}, false, p.fault(start, reason)
	}
	return t, true, nil
}

func (p *queryParser) skipBlanks() {
	for p.pos < len(p.text) {
		r, n := utf8.DecodeRuneInString(p.text[p.pos:])
		if !unicode.IsSpace(r) {
			return
		}
		p.pos += n
	}
}

func (p *queryParser) fault(start int, reason string) error {
	return problem.New("C015", "the query cannot be read").
		At(problem.Place{
			File: "query", Line: 1, Source: p.text,
			Column:    utf8.RuneCountInString(p.text[:start]) + 1,
			EndColumn: utf8.RuneCountInString(p.text[:p.pos]) + 1,
		}).Caret(reason).
		Fix(`for example: dyno:web level:error status:>=500 /re/ -healthcheck`)
}

// regexp reads /.../ with an optional i; \/ stands for a slash.
func (p *queryParser) regexp() (match func(*Line) bool, reason string) {
	var expr strings.Builder
	i := p.pos + 1
	for ; i < len(p.text) && p.text[i] != '/'; i++ {
		if p.text[i] == '\\' && i+1 < len(p.text) {
			if p.text[i+1] != '/' {
				expr.WriteByte('\\')
			}
			i++
		}
		expr.WriteByte(p.text[i])
	}
	if i >= len(p.text) {
		p.pos = len(p.text)
		return nil, `the closing "/" is missing`
	}
	p.pos = i + 1
	source := expr.String()
	if p.pos < len(p.text) && p.text[p.pos] == 'i' {
		p.pos++
		source = "(?i)" + source
	}
	re, err := regexp.Compile(source)
	if err != nil {
		return nil, strings.TrimPrefix(err.Error(), "error parsing regexp: ")
	}
	return func(line *Line) bool { return re.Match(line.Text) }, ""
}

// word reads key:value, a word or a quoted text.
func (p *queryParser) word() (match func(*Line) bool, reason string) {
	key := ""
	start := p.pos
	for i := start; i < len(p.text) && p.text[i] >= 'a' && p.text[i] <= 'z'; i++ {
		if i+1 < len(p.text) && p.text[i+1] == ':' {
			key = p.text[start : i+1]
		}
	}
	by := condition(key)
	if by != nil {
		p.pos = start + len(key) + 1
	}
	value, reason := p.value()
	if reason != "" {
		return nil, reason
	}
	if by == nil {
		return contains(value), ""
	}
	if value == "" {
		return nil, "a value is missing after " + key + ":"
	}
	return by(value, p.now)
}

// value reads up to the next blank, or a quoted text.
func (p *queryParser) value() (text, reason string) {
	rest := p.text[p.pos:]
	if strings.HasPrefix(rest, `"`) {
		end := strings.IndexByte(rest[1:], '"')
		if end < 0 {
			p.pos = len(p.text)
			return "", "the closing quote is missing"
		}
		p.pos += end + 2
		return rest[1 : end+1], ""
	}
	end := strings.IndexFunc(rest, unicode.IsSpace)
	if end < 0 {
		end = len(rest)
	}
	p.pos += end
	return rest[:end], ""
}

// condition gives the maker of the conditions of a key, nil for an unknown one:
// "http://host" and "error: x" are texts to look for.
func condition(key string) func(value string, now time.Time) (func(*Line) bool, string) {
	switch key {
	case "dyno", "process":
		return byProcess
	case "source":
		return bySource
	case "stream":
		return byStream
	case "level":
		return byLevel
	case "status":
		return byStatus
	case "since":
		return bySince
	default:
		return nil
	}
}

func byProcess(value string, _ time.Time) (match func(*Line) bool, reason string) {
	globs := strings.Split(value, ",")
	for _, g := range globs {
		if _, err := path.Match(g, ""); err != nil {
			return nil, "the pattern is not complete"
		}
	}
	return func(line *Line) bool {
		for _, g := range globs {
			if matchProcess(g, line.Process) {
				return true
			}
		}
		return false
	}, ""
}

func bySource(value string, _ time.Time) (match func(*Line) bool, reason string) {
	var want [Inshore + 1]bool
	for word := range strings.SplitSeq(value, ",") {
		s, ok := ParseSource(word)
		if !ok {
			return nil, "sources are app, heroku, router, addon and inshore"
		}
		want[s] = true
	}
	return func(line *Line) bool { return line.Source <= Inshore && want[line.Source] }, ""
}

func byStream(value string, _ time.Time) (match func(*Line) bool, reason string) {
	for _, s := range []Stream{Stdout, Stderr} {
		if s.String() == value {
			return func(line *Line) bool { return line.Stream == s }, ""
		}
	}
	return nil, "streams are stdout and stderr"
}

func byLevel(value string, _ time.Time) (match func(*Line) bool, reason string) {
	op, word := operator(value)
	want := levelOfWord([]byte(word))
	if want == Unknown {
		return nil, "levels are debug, info, warn and error"
	}
	return func(line *Line) bool {
		got := LevelOf(line.Text)
		return got != Unknown && op(int(got), int(want))
	}, ""
}

func bySince(value string, now time.Time) (match func(*Line) bool, reason string) {
	since, ok := ParseSince(value, now)
	if !ok {
		return nil, "write 30s, 5m, 2h, 1d or a time such as 2026-11-29T14:02:11Z"
	}
	return func(line *Line) bool { return !line.Time.Before(since) }, ""
}

// ParseSince reads a duration before now ("30s", "5m", "2h", "1d") or an RFC 3339 time.
func ParseSince(value string, now time.Time) (time.Time, bool) {
	if t, err := time.Parse(time.RFC3339, value); err == nil {
		return t, true
	}
	if days, ok := strings.CutSuffix(value, "d"); ok {
		n, err := strconv.ParseUint(days, 10, 16)
		return now.Add(-time.Duration(n) * 24 * time.Hour), err == nil
	}
	d, err := time.ParseDuration(value)
	return now.Add(-d), err == nil && d >= 0
}

// operator reads a leading >=, <=, >, < or = (which is the default).
func operator(value string) (op func(a, b int) bool, rest string) {
	switch {
	case strings.HasPrefix(value, ">="):
		return func(a, b int) bool { return a >= b }, value[2:]
	case strings.HasPrefix(value, "<="):
		return func(a, b int) bool { return a <= b }, value[2:]
	case strings.HasPrefix(value, ">"):
		return func(a, b int) bool { return a > b }, value[1:]
	case strings.HasPrefix(value, "<"):
		return func(a, b int) bool { return a < b }, value[1:]
	default:
		return func(a, b int) bool { return a == b }, strings.TrimPrefix(value, "=")
	}
}

func byStatus(value string, _ time.Time) (match func(*Line) bool, reason string) {
	const forms = "write status:404, status:>=500, status:5xx or status:400-499"
	low, high, ranged := strings.Cut(value, "-")
	if class, ok := strings.CutSuffix(value, "xx"); ok {
		low, high, ranged = class+"00", class+"99", true
	}
	op, number := operator(low)
	from, err := strconv.Atoi(number)
	if err != nil || len(number) != 3 || from < 0 {
		return nil, forms
	}
	if !ranged {
		return func(line *Line) bool {
			status := statusOf(line.Text)
			return status != 0 && op(status, from)
		}, ""
	}
	to, err := strconv.Atoi(high)
	if err != nil || number != low {
		return nil, forms
	}
	return func(line *Line) bool {
		status := statusOf(line.Text)
		return status >= from && status <= to
	}, ""
}

// statusOf finds the status of a request in a router line (status=503), in a
// common access log (HTTP/1.1" 200) or in a short one (GET /users 200); 0 when
// there is none.
func statusOf(text []byte) int {
	if _, after, ok := bytes.Cut(text, []byte("status=")); ok {
		return threeDigits(after)
	}
	if i := bytes.Index(text, []byte(`HTTP/1.`)); i >= 0 && len(text) > i+len(`HTTP/1.1" `) {
		return threeDigits(text[i+len(`HTTP/1.1" `):])
	}
	fields := bytes.Fields(text[:min(len(text), 4096)])
	if len(fields) >= 3 && capitals(fields[0]) && bytes.HasPrefix(fields[1], []byte("/")) {
		return threeDigits(fields[2])
	}
	return 0
}

func threeDigits(text []byte) int {
	if len(text) < 3 || len(text) > 3 && text[3] >= '0' && text[3] <= '9' {
		return 0
	}
	n, err := strconv.Atoi(string(text[:3]))
	if err != nil || n < 100 {
		return 0
	}
	return n
}

// contains looks for a text, ignoring the case of ASCII letters.
func contains(text string) func(*Line) bool {
	want := []byte(text)
	for i, b := range want {
		want[i] = foldByte(b)
	}
	return func(line *Line) bool { return containsFold(line.Text, want) }
}

// containsFold is a search that allocates nothing for ASCII.
func containsFold(text, low []byte) bool {
	if len(low) == 0 {
		return true
	}
	for i := 0; i+len(low) <= len(text); i++ {
		if foldByte(text[i]) == low[0] && equalFold(text[i:i+len(low)], low) {
			return true
		}
	}
	return false
}

func equalFold(text, low []byte) bool {
	for i, b := range text {
		if foldByte(b) != low[i] {
			return false
		}
	}
	return true
}

func foldByte(b byte) byte {
	if b >= 'A' && b <= 'Z' {
		return b + 'a' - 'A'
	}
	return b
}
