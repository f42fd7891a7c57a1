package detect

import "regexp"

var rubyDrivers = []drivers{
	{postgres, []string{"pg"}},
	{redis, []string{"redis", "sidekiq", "resque", "redis-rails", "hiredis"}},
	{bucket, []string{"aws-sdk-s3"}},
}

func rubyDependency(f *folder) dependency {
	return func(name string) (Evidence, bool) {
		line, _ := f.find("Gemfile", regexp.MustCompile(`^\s*gem[\s(]+["']`+regexp.QuoteMeta(name)+`["']`))
		return Evidence{name, "Gemfile", line}, line > 0
	}
}

func ruby(f *folder) (Proposal, bool) {
	if !f.has("Gemfile") {
		return Proposal{}, false
	}
	dep := rubyDependency(f)
	var p Proposal
	if e, ok := dep.any("rails", "railties"); ok || f.has("bin/rails") {
		p = rails(f, dep, e)
	} else if f.has("config.ru") {
		p = rack(f, dep)
	} else {
		return Proposal{}, false
	}
	rubyWorkers(f, dep, &p)
	p.addAddOns(dep, rubyDrivers)
	return p, true
}

var lockedRails = regexp.MustCompile(`^ {4}rail(?:s|ties) \((\d[^)]*)\)`)

func rails(f *folder, dep dependency, e Evidence) Proposal {
	p := Proposal{Stack: "Rails", Confidence: Likely}
	if e.Line == 0 {
		p.Confidence, e = Maybe, Evidence{File: "bin/rails"}
	}
	p.Evidence = append(p.Evidence, e)
	if _, m := f.find("Gemfile.lock", lockedRails); m != nil {
		p.Version = majorMinor(m[1])
	}
	p.process("web", "bin/rails server -b 127.0.0.1 -p $PORT", e.String())
	p.process("release", "bin/rails db:prepare", "Rails")
	p.Env = append(p.Env, Env{"RAILS_ENV", "development", "this machine is no production"})
	p.Production = append(p.Production, Process{"web", "bin/rails server -p ${PORT:-5000} -e $RAILS_ENV", "Heroku's default for Rails"})
	if t, ok := dep.any("tailwindcss-rails", "dartsass-rails"); ok {
		task := map[string]string{"tailwindcss-rails": "tailwindcss:watch", "dartsass-rails": "dartsass:watch"}[t.Text]
		p.process("css", "bin/rails "+task, t.String())
	}
	return p
}

func rack(f *folder, dep dependency) Proposal {
	p := Proposal{Stack: "Rack", Confidence: Likely}
	p.evidence("", "config.ru", 0)
	why := "config.ru"
	if e, ok := dep.any("sinatra", "hanami", "roda", "rack"); ok {
		p.Evidence = append(p.Evidence, e)
		why += " and " + e.String()
		if e.Text == "sinatra" {
			p.Stack = "Sinatra"
		}
	} else {
		p.Confidence = Maybe
	}
	p.process("web", "bundle exec rackup -o 127.0.0.1 -p $PORT", why)
	p.Production = append(p.Production, Process{"web", "bundle exec rackup config.ru -p ${PORT:-5000}", "Heroku's default for Rack"})
	if e, ok := dep("sinatra-activerecord"); ok && f.hasDir("db/migrate") {
		p.process("release", "bundle exec rake db:migrate", e.String()+", db/migrate/")
	}
	return p
}

func rubyWorkers(f *folder, dep dependency, p *Proposal) {
	queue := "bundle exec rake solid_queue:start"
	if f.has("bin/jobs") {
		queue = "bin/jobs"
	}
	for _, worker := range []struct{ gem, command string }{
		{"sidekiq", "bundle exec sidekiq"},
		{"solid_queue", queue},
		{"good_job", "bundle exec good_job start"},
		{"delayed_job_active_record", "bundle exec rake jobs:work"},
		{"delayed_job", "bundle exec rake jobs:work"},
		{"resque", "bundle exec rake resque:work QUEUE=*"},
	} {
		if e, ok := dep(worker.gem); ok && !p.runs("worker") {
			p.process("worker", worker.command, e.String())
		}
	}
	if e, ok := dep("clockwork"); ok {
		if file, ok := f.first("clock.rb", "config/clock.rb", "lib/clock.rb"); ok {
			p.process("clock", "bundle exec clockwork "+file, e.String()+", "+file)
		}
	}
}
