package main

// topics are the pages of `inshore help TOPIC`.
func topics() map[string]string {
	return map[string]string{
		"environment": topicEnvironment, "exit-codes": topicExitCodes, "formatting": topicFormatting,
		"files": topicFiles, "ports": topicPorts, "parity": topicParity, "errors": topicErrors,
	}
}

const topicEnvironment = `Environment variables

  INSHORE_<FLAG>     stands for a flag of any command: INSHORE_PORT=5400 is --port 5400
                     (a flag given on the command line is stronger)
  NO_COLOR           not empty: no colour
  FORCE_COLOR, CLICOLOR_FORCE   colour although the stream is no terminal
  CLICOLOR=0, TERM=dumb         no colour
                     precedence: --color, NO_COLOR, FORCE_COLOR and CLICOLOR_FORCE, TERM and
                     CLICOLOR, then whether the stream is a terminal; stdout and stderr apart
  ACCESSIBLE         not empty: words instead of signs, no moving lines
  CI                 not empty: never ask anything
  DOCKER_HOST        where the container engine answers

What processes see
  PORT               where a web process must listen
  DATABASE_URL, ...  config vars: inshore config --where lists each with its source
  PS                 the name of the process, for example web.1

Config vars come from, strongest first: the environment of inshore, .env.local,
.env.development, .env, the add-ons, app.json.
`

const topicExitCodes = `Exit codes

  0    success; also ` + "`up`" + ` ended by Ctrl-C once it was up
  1    unexpected failure
  2    wrong usage: command, flag or argument
  3    Procfile, app.json or .env is missing or wrong
  4    something needed is not there: port, engine, required config var, folder in use
  5    an add-on failed
  6    a process or the release command failed
  7    it took longer than --timeout
  8    nothing runs here, or there is no such run
  9    refused: needs --confirm
  125  run: inshore itself failed
  126  run: the command cannot be executed
  127  run: the command was not found
  128+n  run: signal n ended the command; every other status is the command's own
  130  interrupted before the start was finished
`

const topicFormatting = `Formatting

Results go to stdout, everything said about them to stderr, so a pipe holds data only.
` + "`up`" + ` writes the log of the processes to stdout.

--json prints one document: {"schema":1,"kind":"ps","data":[...]}. Exceptions are
` + "`config --json`" + `, which is the flat object that ` + "`heroku config -j`" + ` prints, and
` + "`logs --json`" + `, which is one object a line: ts, kind, seq, source, dyno, stream, text.
Times are RFC 3339, sizes *_bytes. Fields may be added within a schema.

An error with --json is one object on stderr:
{"schema":1,"kind":"error","code":"P002","message":...,"file":"Procfile","line":3,
 "column":1,"end_column":7,"hint":[...],"exit":3}
`

const topicFiles = `Files

Read
  Procfile, Procfile.dev   what to run; Procfile.dev wins here
  app.json                 add-ons, config vars, formation
  .env, .env.development, .env.local   values; later ones are stronger

Written
  .inshore/                everything inshore keeps for this folder; git ignores it
    state.json             ports and release number
    secrets.env            generated secrets, readable by you only
    addons/NAME/           data and passwords of an add-on
    backups/NAME/          made before reset and destroy
    logs/                  the log of the last runs; up.log is what ` + "`up -d`" + ` said
    control.sock           how the other commands reach a running app
  .env                     by config:set and by the questions of ` + "`up`" + `
  Procfile.dev, app.json   by init, after a yes
`

const topicPorts = `Ports

  5300   the router: http://localhost:5300. Taken? The next free one, and the same one again
         at the next start. --port N decides it.
  PORT   of each process: a base of its own for every folder (--port-base), 100 for each
         process type in the order of the Procfile, 1 for each further process.
  Add-ons keep the port they got at their first start.

Everything listens on 127.0.0.1 only. When a port is taken, inshore names the program that
holds it.
`

const topicParity = `Parity with Heroku

The same  Procfile and app.json, config var names and shapes, $PORT, the release command
          before the processes, SIGTERM and 30 seconds, the router's limits and H codes.
Different  files survive a restart; add-ons run in the mode that this machine allows, and
          ` + "`inshore addons:info NAME`" + ` lists what a mode cannot do; DYNO and the HEROKU_*
          variables are not set, because many apps take them for production.
`

const topicErrors = `Errors

Every error has a code: inshore explain P002 prints what it means and what to do.

  C  usage          P  Procfile       J  app.json       E  .env and config
  D  engine         A  add-ons        X  processes      R  router and ports
  W  file watching  S  state of this folder

An error names the place (file:line:column), shows the line, and ends with what to do.
`
