package router

// Code is a router error as "Heroku Error Codes" (Dev Center) lists it. The
// empty Code means that the app answered.
type Code string

// The codes that this router reports.
const (
	H10 Code = "H10" // every web dyno is crashed
	H11 Code = "H11" // too many requests are waiting or in flight
	H12 Code = "H12" // no byte from the dyno in 30 s
	H13 Code = "H13" // the dyno closed before a byte of the response
	H14 Code = "H14" // no web process in the formation
	H15 Code = "H15" // the dyno was silent for 55 s after the first byte
	H17 Code = "H17" // the response cannot be parsed
	H18 Code = "H18" // the dyno closed in the middle of the response
	H19 Code = "H19" // every attempt to connect timed out
	H20 Code = "H20" // the dyno did not start in 75 s
	H21 Code = "H21" // every dyno refused the connection
	H24 Code = "H24" // the router was stopped
	H25 Code = "H25" // the response breaks a limit
	H26 Code = "H26" // legacy: the request breaks a rule that only shows once the app is known
	H27 Code = "H27" // the client closed first
	H28 Code = "H28" // the client was silent for 55 s
	H34 Code = "H34" // every dyno is in quarantine
	H80 Code = "H80" // maintenance mode
	H81 Code = "H81" // nothing released yet
	H99 Code = "H99" // the router itself failed
)

// fact is what the log line and the client are told about a code.
type fact struct {
	desc   string
	at     string
	status int
	sock   string
}

// fact returns the row of a code; the empty code has none.
func (c Code) fact() fact {
	switch c {
	case H10:
		return fact{"App crashed", "error", 503, ""}
	case H11:
		return fact{"Backlog too deep", "error", 503, ""}
	case H12:
		return fact{"Request timeout", "error", 503, ""}
	case H13:
		return fact{"Connection closed without response", "error", 503, ""}
	case H14:
		return fact{"No web processes running", "error", 503, ""}
	case H15:
		return fact{"Idle connection", "error", 503, ""}
	case H17:
		return fact{"Poorly formatted HTTP response", "error", 503, ""}
	case H18:
		return fact{"Server Request Interrupted", "error", 503, "backend"}
	case H19:
		return fact{"Backend connection timeout", "error", 503, ""}
	case H20:
		return fact{"App boot timeout", "error", 503, ""}
	case H21:
		return fact{"Backend connection refused", "error", 503, ""}
	default:
		return c.laterFact()
	}
}

func (c Code) laterFact() fact {
	switch c {
	case H24:
		return fact{"Forced close", "error", 0, ""}
	case H25:
		return fact{"HTTP restriction", "error", 502, ""}
	case H26:
		return fact{"Request Error", "error", 400, ""}
	case H27:
		return fact{"Client Request Interrupted", "warning", 499, "client"}
	case H28:
		return fact{"Client Connection Idle", "warning", 499, ""}
	case H34:
		return fact{"All up dynos are quarantined", "error", 503, ""}
	case H80:
		return fact{"Maintenance mode", "info", 503, ""}
	case H81:
		return fact{"Blank app", "info", 503, ""}
	case H99:
		return fact{"Platform error", "error", 503, ""}
	default:
		return fact{at: "info"}
	}
}
