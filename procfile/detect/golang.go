package detect

import (
	"path"
	"regexp"
	"strings"
)

var goDrivers = []drivers{
	{postgres, []string{"github.com/jackc/pgx", "github.com/lib/pq", "gorm.io/driver/postgres", "github.com/uptrace/bun/driver/pgdriver"}},
	{redis, []string{"github.com/redis/go-redis", "github.com/go-redis/redis", "github.com/gomodule/redigo", "github.com/redis/rueidis", "github.com/hibiken/asynq"}},
	{bucket, []string{"github.com/aws/aws-sdk-go-v2/service/s3", "github.com/aws/aws-sdk-go ", "github.com/minio/minio-go"}},
}

func goDependency(f *folder) dependency {
	return func(name string) (Evidence, bool) {
		line := f.seek("go.mod", name)
		return Evidence{strings.TrimSpace(name), "go.mod", line}, line > 0
	}
}

var (
	goModule  = regexp.MustCompile(`^module\s+(\S+)`)
	goVersion = regexp.MustCompile(`^go\s+(\S+)`)
	goMain    = regexp.MustCompile(`^package main\b`)
)

func golang(f *folder) (Proposal, bool) {
	line, module := f.find("go.mod", goModule)
	if line == 0 {
		return Proposal{}, false
	}
	p := Proposal{Stack: "Go", Confidence: Likely}
	p.evidence("module", "go.mod", line)
	if _, m := f.find("go.mod", goVersion); m != nil {
		p.Version = majorMinor(m[1])
	}
	dep := goDependency(f)
	if file, at, ok := mainFile(f, "."); ok {
		why := Evidence{"package main", file, at}.String()
		p.process("web", "go run .", why)
		p.Production = append(p.Production, Process{"web", "bin/" + moduleBase(module[1]), "Heroku builds every main package into bin/"})
	}
	goCommands(f, &p, moduleBase(module[1]))
	if !p.runs("web") {
		p.Confidence = Maybe
		if len(p.Processes) == 0 {
			p.Notes = append(p.Notes, "no main package in the folder or in cmd/")
		}
	}
	p.addAddOns(dep, goDrivers)
	return p, true
}

// moduleBase is the name that go install gives the main package of a module.
func moduleBase(module string) string {
	base := path.Base(module)
	if regexp.MustCompile(`^v\d+$`).MatchString(base) {
		base = path.Base(path.Dir(module))
	}
	return base
}

func mainFile(f *folder, dir string) (file string, line int, ok bool) {
	for _, entry := range f.list(dir) {
		name := entry.Name()
		if entry.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			continue
		}
		file := path.Join(dir, name)
		if line, _ := f.find(file, goMain); line > 0 {
			return file, line, true
		}
	}
	return "", 0, false
}

// goCommands reads cmd/: names that are process types become such, and the only
// command, or the one called like the module, is web.
func goCommands(f *folder, p *Proposal, module string) {
	var commands []string
	where := make(map[string]string)
	for _, entry := range f.list("cmd") {
		if !entry.IsDir() {
			continue
		}
		dir := path.Join("cmd", entry.Name())
		if file, line, ok := mainFile(f, dir); ok {
			commands = append(commands, entry.Name())
			where[entry.Name()] = Evidence{"package main", file, line}.String()
		}
	}
	for _, name := range commands {
		processType, ok := commandType(name)
		if !ok && (name == module || len(commands) == 1) {
			processType, ok = "web", true
		}
		if !ok || p.runs(processType) {
			continue
		}
		p.process(processType, "go run ./cmd/"+name, where[name])
		if processType == "web" {
			p.Production = append(p.Production, Process{"web", "bin/" + name, "Heroku builds every main package into bin/"})
		}
	}
}

func commandType(name string) (string, bool) {
	switch name {
	case "web", "server", "api", "http", "app":
		return "web", true
	case "worker", "jobs":
		return "worker", true
	case "clock", "scheduler", "cron":
		return "clock", true
	case "release", "migrate", "migrations":
		return "release", true
	default:
		return "", false
	}
}
