package detect

import (
	"path"
	"regexp"
	"strings"
)

var dotnetDrivers = []drivers{
	{postgres, []string{"Npgsql"}},
	{redis, []string{"StackExchange.Redis", "Caching.StackExchangeRedis"}},
	{bucket, []string{"AWSSDK.S3"}},
}

// seeker is a dependency that is a piece of text in one file.
func seeker(f *folder, file string) dependency {
	return func(name string) (Evidence, bool) {
		line := f.seek(file, name)
		return Evidence{strings.Trim(name, `":`), file, line}, line > 0
	}
}

func dotnet(f *folder) (Proposal, bool) {
	projects := f.below(func(name string) bool {
		return strings.HasSuffix(name, ".csproj") || strings.HasSuffix(name, ".fsproj")
	})
	for _, project := range projects {
		line := f.seek(project, "Microsoft.NET.Sdk.Web")
		if line == 0 {
			continue
		}
		p := Proposal{Stack: ".NET", Confidence: Likely}
		p.evidence("Microsoft.NET.Sdk.Web", project, line)
		if _, m := f.find(project, regexp.MustCompile(`<TargetFramework>net([\d.]+)<`)); m != nil {
			p.Version = m[1]
		}
		command := "dotnet watch run --urls http://127.0.0.1:$PORT"
		if dir := path.Dir(project); dir != "." {
			command = "dotnet watch --project " + dir + " run --urls http://127.0.0.1:$PORT"
		}
		p.process("web", command, p.Evidence[0].String())
		p.Env = append(p.Env, Env{"ASPNETCORE_ENVIRONMENT", "Development", "this machine is no production"})
		p.addAddOns(seeker(f, project), dotnetDrivers)
		return p, true
	}
	return Proposal{}, false
}

var elixirDrivers = []drivers{
	{postgres, []string{":postgrex"}},
	{redis, []string{":redix"}},
	{bucket, []string{":ex_aws_s3"}},
}

func elixir(f *folder) (Proposal, bool) {
	if !f.has("mix.exs") {
		return Proposal{}, false
	}
	dep := seeker(f, "mix.exs")
	p := Proposal{Stack: "Elixir", Confidence: Maybe}
	if line, m := f.find("mix.exs", regexp.MustCompile(`:phoenix,\s*"([^"]*)"`)); line > 0 {
		p.Stack, p.Confidence, p.Version = "Phoenix", Likely, majorMinor(m[1])
		p.evidence("phoenix", "mix.exs", line)
		p.process("web", "mix phx.server", p.Evidence[0].String())
		p.Notes = append(p.Notes, "Phoenix reloads by itself; config/runtime.exs must read PORT")
	} else {
		p.evidence("", "mix.exs", 0)
		p.process("web", "mix run --no-halt", "mix.exs")
	}
	if e, ok := dep.any(":ecto_sql", ":phoenix_ecto"); ok {
		p.process("release", "mix ecto.migrate", e.String())
	}
	p.addAddOns(dep, elixirDrivers)
	return p, true
}

var rustDrivers = []drivers{
	{postgres, []string{"tokio-postgres", "postgres", "diesel", "sqlx", "sea-orm"}},
	{redis, []string{"redis", "fred", "deadpool-redis"}},
	{bucket, []string{"aws-sdk-s3", "rust-s3"}},
}

func rust(f *folder) (Proposal, bool) {
	if !f.has("Cargo.toml") {
		return Proposal{}, false
	}
	dep := dependency(func(name string) (Evidence, bool) {
		line, _ := f.find("Cargo.toml", regexp.MustCompile(`^\s*`+regexp.QuoteMeta(name)+`\s*[=.]`))
		return Evidence{name, "Cargo.toml", line}, line > 0
	})
	p := Proposal{Stack: "Rust", Confidence: Maybe}
	why := "Cargo.toml"
	if e, ok := dep.any("axum", "actix-web", "rocket", "warp", "poem", "tide", "salvo"); ok {
		p.Confidence = Likely
		p.Evidence = append(p.Evidence, e)
		why = e.String()
	} else {
		p.evidence("", "Cargo.toml", 0)
	}
	p.process("web", "cargo run", why)
	if f.has("src/bin/worker.rs") {
		p.Processes[0].Command = "cargo run --bin " + crate(f)
		p.process("worker", "cargo run --bin worker", "src/bin/worker.rs")
	}
	if _, m := f.find("Cargo.toml", regexp.MustCompile(`^\[workspace\]`)); m != nil {
		p.Confidence = Maybe
		p.Notes = append(p.Notes, "a workspace: name the package, as in cargo run -p web")
	}
	p.addAddOns(dep, rustDrivers)
	return p, true
}

func crate(f *folder) string {
	if _, m := f.find("Cargo.toml", regexp.MustCompile(`^name\s*=\s*"([\w-]+)"`)); m != nil {
		return m[1]
	}
	return "app"
}
