package detect

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
)

var nodeDrivers = []drivers{
	{postgres, []string{"pg", "postgres", "pg-promise", "@neondatabase/serverless", "@nestjs/typeorm"}},
	{redis, []string{"redis", "ioredis", "bullmq", "bull", "connect-redis"}},
	{bucket, []string{"@aws-sdk/client-s3", "aws-sdk", "minio", "multer-s3"}},
}

// nodePackage is the part of package.json that matters here.
type nodePackage struct {
	Main            string            `json:"main"`
	Scripts         map[string]string `json:"scripts"`
	Dependencies    map[string]string `json:"dependencies"`
	DevDependencies map[string]string `json:"devDependencies"`
}

const packageJSON = "package.json"

func (f *folder) packageJSON() (nodePackage, bool) {
	var p nodePackage
	if !f.has(packageJSON) {
		return p, false
	}
	// What does not decode stays empty; a package.json of any shape is one.
	_ = json.Unmarshal([]byte(f.text(packageJSON)), &p)
	return p, true
}

func (f *folder) keyIn(file, key string) int {
	line, _ := f.find(file, regexp.MustCompile(`"`+regexp.QuoteMeta(key)+`"\s*:`))
	return line
}

func nodeDependency(f *folder, pkg nodePackage) dependency {
	return func(name string) (Evidence, bool) {
		_, ok := pkg.Dependencies[name]
		if !ok {
			_, ok = pkg.DevDependencies[name]
		}
		return Evidence{name, packageJSON, f.keyIn(packageJSON, name)}, ok
	}
}

// runner writes commands for the package manager that the lock file names.
type runner struct{ tool string }

func (f *folder) runner() runner {
	for _, lock := range []struct{ file, tool string }{
		{"pnpm-lock.yaml", "pnpm"}, {"yarn.lock", "yarn"}, {"bun.lock", "bun"}, {"bun.lockb", "bun"},
	} {
		if f.has(lock.file) {
			return runner{lock.tool}
		}
	}
	return runner{"npm"}
}

func (r runner) run(script string, flags ...string) string {
	command := r.tool + " run " + script
	if r.tool == "npm" && script == "start" {
		command = "npm start"
	}
	if len(flags) == 0 {
		return command
	}
	if r.tool == "npm" {
		command += " --"
	}
	return command + " " + strings.Join(flags, " ")
}

// exec runs a program of a dependency.
func (r runner) exec(command string) string {
	switch r.tool {
	case "npm":
		return "npx " + command
	case "bun":
		return "bunx " + command
	default:
		return r.tool + " exec " + command
	}
}

// nodeFramework is a framework whose development server does not take $PORT by
// itself: flags hands it over.
type nodeFramework struct {
	name, dependency string
	flags            []string
}

// nodeFrameworks are looked for in this order, the first match counts.
var nodeFrameworks = []nodeFramework{
	{"Next.js", "next", []string{"--port", "$PORT"}},
	{"Nuxt", "nuxt", []string{"--port", "$PORT"}},
	{"Remix", "@remix-run/dev", []string{"--port", "$PORT"}},
	{"React Router", "@react-router/dev", []string{"--port", "$PORT", "--host", "127.0.0.1"}},
	{"SvelteKit", "@sveltejs/kit", []string{"--port", "$PORT", "--host", "127.0.0.1"}},
	{"Astro", "astro", []string{"--port", "$PORT", "--host", "127.0.0.1"}},
	{"Angular", "@angular/cli", []string{"--port", "$PORT", "--host", "127.0.0.1"}},
	{"Vite", "vite", []string{"--port", "$PORT", "--host", "127.0.0.1"}},
	{"NestJS", "@nestjs/core", nil},
	{"Express", "express", nil},
	{"Fastify", "fastify", nil},
	{"Koa", "koa", nil},
	{"Hono", "hono", nil},
}

func node(f *folder) (Proposal, bool) {
	pkg, ok := f.packageJSON()
	if !ok {
		return Proposal{}, false
	}
	dep := nodeDependency(f, pkg)
	run := f.runner()
	p := Proposal{Stack: "Node", Confidence: Maybe}
	flags := nodeStack(&p, dep, pkg)
	if !nodeWeb(f, &p, pkg, run, flags) {
		if len(p.Evidence) == 0 {
			return Proposal{}, false
		}
		p.Notes = append(p.Notes, "package.json has neither a dev nor a start script nor a main file")
	}
	for _, extra := range []struct{ script, processType string }{
		{"worker", "worker"}, {"clock", "clock"}, {"scheduler", "clock"}, {"cron", "clock"},
	} {
		if _, ok := pkg.Scripts[extra.script]; ok && !p.runs(extra.processType) {
			p.process(extra.processType, run.run(extra.script), scriptEvidence(f, extra.script))
		}
	}
	nodeRelease(f, &p, dep, pkg, run)
	if _, ok := pkg.Scripts["start"]; ok && p.runs("web") && p.Processes[0].Command != "npm start" {
		p.Production = append(p.Production, Process{"web", "npm start", "Heroku's default for Node"})
	}
	p.addAddOns(dep, nodeDrivers)
	nodePrisma(f, &p)
	return p, true
}

// nodeStack names the framework and returns the flags its server needs.
func nodeStack(p *Proposal, dep dependency, pkg nodePackage) []string {
	for _, framework := range nodeFrameworks {
		e, ok := dep(framework.dependency)
		if !ok {
			continue
		}
		p.Stack, p.Confidence = framework.name, Likely
		p.Evidence = append(p.Evidence, e)
		version := pkg.Dependencies[framework.dependency]
		if version == "" {
			version = pkg.DevDependencies[framework.dependency]
		}
		p.Version = majorMinor(version)
		return framework.flags
	}
	return nil
}

func scriptEvidence(f *folder, script string) string {
	return Evidence{`script "` + script + `"`, packageJSON, f.keyIn(packageJSON, script)}.String()
}

// nodeWeb prefers the script for development, then the one that Heroku runs,
// then the main file.
func nodeWeb(f *folder, p *Proposal, pkg nodePackage, run runner, flags []string) bool {
	for _, script := range []string{"dev", "start:dev", "develop", "serve", "start"} {
		command, ok := pkg.Scripts[script]
		if !ok {
			continue
		}
		// A production server started by "start" knows $PORT, and a script that
		// names it already needs no flag.
		if script == "start" && p.Stack != "Angular" || strings.Contains(command, "PORT") {
			flags = nil
		}
		p.process("web", run.run(script, flags...), scriptEvidence(f, script))
		return true
	}
	main := strings.TrimPrefix(pkg.Main, "./")
	if file, ok := f.first(main, "server.js", "index.js", "app.js"); ok {
		p.process("web", "node "+file, file)
		return true
	}
	return false
}

func nodeRelease(f *folder, p *Proposal, dep dependency, pkg nodePackage, run runner) {
	for _, script := range []string{"release", "heroku-release", "db:migrate", "migrate", "migration:run"} {
		if _, ok := pkg.Scripts[script]; ok {
			p.process("release", run.run(script), scriptEvidence(f, script))
			return
		}
	}
	for _, tool := range []struct{ dependency, file, command string }{
		{"prisma", "prisma/migrations", "prisma migrate deploy"},
		{"knex", "knexfile.js", "knex migrate:latest"},
		{"knex", "knexfile.ts", "knex migrate:latest"},
		{"sequelize-cli", "migrations", "sequelize-cli db:migrate"},
		{"drizzle-kit", "drizzle.config.ts", "drizzle-kit migrate"},
	} {
		if e, ok := dep(tool.dependency); ok && (f.has(tool.file) || f.hasDir(tool.file)) {
			p.process("release", run.exec(tool.command), e.String()+", "+tool.file)
			return
		}
	}
}

func nodePrisma(f *folder, p *Proposal) {
	const schema = "prisma/schema.prisma"
	line, _ := f.find(schema, regexp.MustCompile(`provider\s*=\s*"postgresql"`))
	if line > 0 && !p.wants(postgres) {
		p.AddOns = append(p.AddOns, AddOn{postgres, Evidence{"postgresql", schema, line}.String()})
	}
}

// addAssets proposes to watch the assets of an app of another ecosystem that
// carries a package.json.
func (p *Proposal) addAssets(f *folder) {
	pkg, ok := f.packageJSON()
	isNode := slices.ContainsFunc(nodeFrameworks, func(n nodeFramework) bool { return n.name == p.Stack })
	if !ok || isNode || p.Stack == "Node" || p.Stack == "heroku.yml" {
		return
	}
	run := f.runner()
	if p.Stack == "Rails" {
		for _, asset := range []struct{ script, processType string }{{"build", "js"}, {"build:css", "css"}} {
			if _, ok := pkg.Scripts[asset.script]; ok && !p.runs(asset.processType) {
				p.process(asset.processType, run.run(asset.script, "--watch"), scriptEvidence(f, asset.script))
			}
		}
		return
	}
	for _, script := range []string{"dev", "watch"} {
		if _, ok := pkg.Scripts[script]; ok {
			p.process("assets", run.run(script), scriptEvidence(f, script))
			return
		}
	}
}
