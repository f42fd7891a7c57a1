package appjson

// The codes of everything that can be said about an app.json.
const (
	codeMissing    = "J001"
	codeSyntax     = "J002"
	codeForeign    = "J003"
	codeShape      = "J004"
	codeDuplicate  = "J006"
	codeEncoding   = "J007"
	codeUnreadable = "J008"
	codeUnknownKey = "J010"
	codeOdd        = "J011"
	codeMark       = "J012"
	codeRequired   = "J013"
	codeTwice      = "J014"
	codeSize       = "J015"
	codeScript     = "J016"
	codeLineEnds   = "J017"
	codeGenerator  = "J018"
	codeName       = "J019"
)
