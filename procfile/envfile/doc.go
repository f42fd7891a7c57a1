// Package envfile reads and writes .env files, with file and line of every
// value. It splits the text into statements itself, so that one bad line costs
// a problem and not the file, and lets joho/godotenv read the plain ones. It
// never runs a command, and no problem ever quotes a value.
//
// A statement is NAME=value, with an optional "export", blanks around "=" and
// an indent; NAME: value is read with a warning. Names are letters, digits,
// "_", "-" and ".". "#" starts a comment at the beginning of a line, after a
// blank, and behind a closing quote. A quoted value may span lines.
//
// The rule for "$", in unquoted values and in double quotes:
//
//   - ${NAME} is the value of a variable set above it in the file, else in a file
//     read before, else in the process environment, else empty;
//   - ${NAME:-text} and ${NAME-text} give the text when NAME is unset (or, with
//     the colon, empty); other forms in braces stay as written;
//   - $NAME is the same as ${NAME} when there is such a variable and stays as
//     written otherwise, so that pa$word survives;
//   - $$, $1, $( and a "$" at the end stay as written; \$ is a "$".
//
// In single quotes everything is literal. In double quotes \n, \r, \t, \", \\
// and \` are escapes; a backslash before anything else, and every backslash
// outside double quotes, stays. A later file overrides an earlier one and may
// refer to its variables.
package envfile
