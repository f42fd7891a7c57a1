package detect

import (
	"path"
	"regexp"
	"strings"
)

var pythonDrivers = []drivers{
	{postgres, []string{"psycopg", "psycopg2", "psycopg2-binary", "asyncpg", "pg8000"}},
	{redis, []string{"redis", "django-redis", "rq", "django-rq", "aioredis", "channels-redis", "huey"}},
	{bucket, []string{"boto3", "aioboto3", "minio"}},
}

// pythonFiles are where Python projects name their dependencies.
var pythonFiles = []string{
	"requirements.txt", "requirements/base.txt", "requirements/production.txt", "requirements/prod.txt", "Pipfile",
	"pyproject.toml", "setup.py", "setup.cfg", "requirements/development.txt", "requirements-dev.txt",
}

// pythonDependency finds a distribution by its name, in which "-" and "_" are
// the same.
func pythonDependency(f *folder) dependency {
	return func(name string) (Evidence, bool) {
		spelled := strings.ReplaceAll(regexp.QuoteMeta(name), "-", "[-_]")
		pattern := regexp.MustCompile(`(?i)^[\s"']*` + spelled + `["']?\s*(\[[^\]]*\])?["']?\s*([=<>~!;@,]|\(|#|$)` +
			`|(?i)["']` + spelled + `(\[[^\]]*\])?\s*([=<>~!;@(\s][^"']*)?["']`)
		word, _, _ := strings.Cut(name, "-")
		for _, file := range pythonFiles {
			if line := f.findWord(file, word, pattern); line > 0 {
				return Evidence{name, file, line}, true
			}
		}
		return Evidence{}, false
	}
}

func python(f *folder) (Proposal, bool) {
	dep := pythonDependency(f)
	_, declared := f.first(pythonFiles...)
	for _, framework := range []func(*folder, dependency) (Proposal, bool){django, fastAPI, flask} {
		if p, ok := framework(f, dep); ok {
			return finishPython(f, dep, p), true
		}
	}
	script, ok := f.first("app.py", "main.py", "server.py", "bot.py", "run.py")
	if !ok || !declared {
		return Proposal{}, false
	}
	p := Proposal{Stack: "Python", Confidence: Maybe}
	p.evidence("", script, 0)
	processType := "web"
	if script == "bot.py" {
		processType = "worker"
	}
	p.process(processType, "python "+script, script)
	return finishPython(f, dep, p), true
}

func finishPython(f *folder, dep dependency, p Proposal) Proposal {
	p.addAddOns(dep, pythonDrivers)
	p.Env = append(p.Env, Env{"PYTHONUNBUFFERED", "1", "shows output at once"})
	if line := f.seek("alembic.ini", "script_location"); line > 0 && p.Stack != "Django" && !p.runs("release") {
		p.process("release", "alembic upgrade head", "alembic.ini")
	}
	return p
}

func (p *Proposal) runs(processType string) bool {
	for _, process := range p.Processes {
		if process.Type == processType {
			return true
		}
	}
	return false
}

// version is what a requirement pins, when it does.
func pythonVersion(f *folder, e Evidence) string {
	lines := f.read(e.File)
	if e.Line == 0 || e.Line > len(lines) {
		return ""
	}
	_, rest, _ := strings.Cut(strings.ToLower(lines[e.Line-1]), e.Text)
	return majorMinor(rest)
}

func django(f *folder, dep dependency) (Proposal, bool) {
	e, ok := dep("django")
	if !f.has("manage.py") {
		return Proposal{}, false
	}
	p := Proposal{Stack: "Django", Confidence: Maybe}
	p.evidence("", "manage.py", 0)
	why := "manage.py"
	if ok {
		p.Confidence, p.Version = Likely, pythonVersion(f, e)
		p.Evidence = append(p.Evidence, e)
		why += " and " + e.String()
	}
	p.process("web", "python manage.py runserver 127.0.0.1:$PORT", why)
	p.process("release", "python manage.py migrate --noinput", "Django")
	p.Notes = append(p.Notes, "runserver reloads by itself")
	djangoWorkers(f, dep, &p)
	wsgi := f.below(func(name string) bool { return name == "wsgi.py" })
	if e, ok := dep("gunicorn"); ok && len(wsgi) > 0 {
		module := strings.ReplaceAll(strings.TrimSuffix(wsgi[0], ".py"), "/", ".")
		p.Production = append(p.Production, Process{"web", "gunicorn " + module, e.String()})
	}
	return p, true
}

func djangoWorkers(f *folder, dep dependency, p *Proposal) {
	if e, ok := dep("celery"); ok {
		celery(f, dep, p, e)
	}
	for _, worker := range []struct{ name, command string }{
		{"django-rq", "python manage.py rqworker default"},
		{"django-dramatiq", "python manage.py rundramatiq"},
		{"huey", "python manage.py run_huey"},
		{"django-q2", "python manage.py qcluster"},
		{"django-q", "python manage.py qcluster"},
	} {
		if e, ok := dep(worker.name); ok && !p.runs("worker") {
			p.process("worker", worker.command, e.String())
		}
	}
}

// celery finds the module that holds the Celery app.
func celery(f *folder, dep dependency, p *Proposal, e Evidence) {
	files := f.below(func(name string) bool { return name == "celery.py" || name == "celery_app.py" || name == "tasks.py" })
	for _, file := range files {
		line, _ := f.find(file, regexp.MustCompile(`\bCelery\(`))
		if line == 0 {
			continue
		}
		app := strings.ReplaceAll(strings.TrimSuffix(file, ".py"), "/", ".")
		if path.Base(file) == "celery.py" && path.Dir(file) != "." {
			app = path.Dir(file)
		}
		p.process("worker", "celery -A "+app+" worker -l info", e.String()+", "+file)
		beat, scheduled := dep("django-celery-beat")
		if at, _ := f.find(file, regexp.MustCompile(`beat_schedule`)); at > 0 {
			beat, scheduled = Evidence{"beat_schedule", file, at}, true
		}
		if scheduled {
			p.process("clock", "celery -A "+app+" beat -l info", beat.String())
		}
		return
	}
}

var flaskApp = regexp.MustCompile(`^(\w+)\s*=\s*Flask\(|^def create_app\(`)

func flask(f *folder, dep dependency) (Proposal, bool) {
	e, ok := dep("flask")
	if !ok {
		return Proposal{}, false
	}
	p := Proposal{Stack: "Flask", Version: pythonVersion(f, e), Confidence: Maybe, Evidence: []Evidence{e}}
	module, file, variable := "app", "", "app"
	for _, name := range []string{"app.py", "wsgi.py", "main.py", "application.py", "server.py", "app/__init__.py"} {
		line, m := f.find(name, flaskApp)
		if line <= 0 {
			continue
		}
		file, module = name, strings.TrimSuffix(strings.TrimSuffix(name, ".py"), "/__init__")
		if m[1] != "" {
			variable = m[1]
		} else {
			variable = "create_app()"
		}
		p.Confidence = Likely
		p.evidence("Flask application", name, line)
		break
	}
	why := e.String()
	if file != "" {
		why += ", " + file
	}
	p.process("web", "flask --app "+module+" run --port $PORT --debug", why)
	if m, ok := dep("flask-migrate"); ok && f.hasDir("migrations") {
		p.process("release", "flask --app "+module+" db upgrade", m.String()+", migrations/")
	}
	pythonWorkers(f, dep, &p)
	if g, ok := dep("gunicorn"); ok {
		p.Production = append(p.Production, Process{"web", "gunicorn '" + module + ":" + variable + "'", g.String()})
	}
	return p, true
}

var fastAPIApp = regexp.MustCompile(`^(\w+)(?:\s*:\s*\w+)?\s*=\s*(?:FastAPI|Starlette)\(`)

func fastAPI(f *folder, dep dependency) (Proposal, bool) {
	e, ok := dep.any("fastapi", "starlette")
	if !ok {
		return Proposal{}, false
	}
	stack := "FastAPI"
	if e.Text == "starlette" {
		stack = "Starlette"
	}
	p := Proposal{Stack: stack, Version: pythonVersion(f, e), Confidence: Maybe, Evidence: []Evidence{e}}
	module, why := "main:app", e.String()
	for _, name := range []string{"main.py", "app.py", "app/main.py", "src/main.py", "server.py", "api/main.py"} {
		line, m := f.find(name, fastAPIApp)
		if line <= 0 {
			continue
		}
		module = strings.ReplaceAll(strings.TrimSuffix(name, ".py"), "/", ".") + ":" + m[1]
		why += ", " + name
		p.Confidence = Likely
		p.evidence(stack+" application", name, line)
		break
	}
	p.process("web", "uvicorn "+module+" --reload --port $PORT", why)
	pythonWorkers(f, dep, &p)
	p.Production = append(p.Production, Process{"web", "uvicorn " + module + " --host 0.0.0.0 --port $PORT", why})
	return p, true
}

func pythonWorkers(f *folder, dep dependency, p *Proposal) {
	if e, ok := dep("celery"); ok {
		celery(f, dep, p, e)
	}
	if e, ok := dep("rq"); ok && !p.runs("worker") {
		p.process("worker", "rq worker --url $REDIS_URL", e.String())
	}
}
