package logs

import "bytes"

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

// String is the word used in queries.
func (l Level) String() string {
	switch l {
	case Debug:
		return "debug"
	case Info:
		return "info"
	case Warn:
		return "warn"
	case Error:
		return "error"
	default:
		return "unknown"
	}
}

// levelOfWord reads a word in any case.
func levelOfWord(word []byte) Level {
	const longest = 8
	if len(word) < 3 || len(word) > longest {
		return Unknown
	}
	var low [longest]byte
	for i, b := range word {
		low[i] = b | 0x20
	}
	switch string(low[:len(word)]) {
	case "debug", "trace", "verbose":
		return Debug
	case "info", "notice":
		return Info
	case "warn", "warning":
		return Warn
	case "error", "err", "fatal", "panic", "critical", "crit", "alert", "emerg", "severe":
		return Error
	default:
		return Unknown
	}
}

// levelReach is how far into a line LevelOf looks.
const levelReach = 256

// LevelOf guesses the level from the text: a key (level=error, "level":"error",
// at=error), a word in capitals near the start, or a first word such as
// "error:", "ValueError:" and "Traceback". Colours are looked through.
func LevelOf(text []byte) Level {
	text = text[:min(len(text), levelReach)]
	if l := levelOfKey(text); l != Unknown {
		return l
	}
	first := true
	for len(text) > 0 {
		word, rest := nextWord(text)
		if len(word) == 0 {
			break
		}
		if capitals(word) {
			if l := levelOfWord(word); l != Unknown {
				return l
			}
		}
		if first {
			if l := levelOfFirst(word, rest); l != Unknown {
				return l
			}
		}
		first = false
		text = rest
	}
	return Unknown
}

// levelOfKey finds level=x, "level":"x", severity and at.
func levelOfKey(text []byte) Level {
	for _, key := range [...]string{"level", "severity", "at", "lvl"} {
		for rest := text; ; {
			i := bytes.Index(rest, []byte(key))
			if i < 0 {
				break
			}
			before := i == 0 || !letter(rest[i-1])
			rest = rest[i+len(key):]
			value := bytes.TrimLeft(rest, `"=: `)
			if !before || len(value) == len(rest) || !bytes.ContainsAny(rest[:len(rest)-len(value)], "=:") {
				continue
			}
			word, _ := nextWord(value)
			if l := levelOfWord(word); l != Unknown {
				return l
			}
			if l := levelOfNumber(value); l != Unknown && key == "level" {
				return l
			}
		}
	}
	return Unknown
}

// levelOfNumber reads the numbers of bunyan and pino: 20 debug to 60 fatal.
func levelOfNumber(value []byte) Level {
	if len(value) < 2 || value[1] != '0' || len(value) > 2 && value[2] >= '0' && value[2] <= '9' {
		return Unknown
	}
	switch value[0] {
	case '1', '2':
		return Debug
	case '3':
		return Info
	case '4':
		return Warn
	case '5', '6':
		return Error
	default:
		return Unknown
	}
}

func levelOfFirst(word, rest []byte) Level {
	colon := len(rest) > 0 && rest[0] == ':'
	if colon {
		if l := levelOfWord(word); l != Unknown {
			return l
		}
	}
	if string(word) == "Traceback" || colon && (bytes.HasSuffix(word, []byte("Error")) || bytes.HasSuffix(word, []byte("Exception"))) {
		return Error
	}
	return Unknown
}

func letter(b byte) bool { return b|0x20 >= 'a' && b|0x20 <= 'z' || b == '_' }

func capitals(word []byte) bool {
	for _, b := range word {
		if b < 'A' || b > 'Z' {
			return false
		}
	}
	return true
}

// nextWord gives the next run of letters and what follows it.
func nextWord(text []byte) (word, rest []byte) {
	start := 0
	for start < len(text) && !letter(text[start]) {
		start++
		if text[start-1] == escape {
			n, _, _ := sequence(text[start-1:])
			start += n - 1
		}
	}
	end := start
	for end < len(text) && letter(text[end]) {
		end++
	}
	return text[start:end], text[end:]
}
