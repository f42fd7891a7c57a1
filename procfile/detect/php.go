package detect

import "strings"

var phpDrivers = []drivers{
	{postgres, []string{"ext-pgsql", "ext-pdo_pgsql"}},
	{redis, []string{"predis/predis", "ext-redis", "laravel/horizon"}},
	{bucket, []string{"league/flysystem-aws-s3-v3", "aws/aws-sdk-php"}},
}

func phpDependency(f *folder) dependency {
	return func(name string) (Evidence, bool) {
		line := f.seek("composer.json", `"`+name+`"`)
		return Evidence{name, "composer.json", line}, line > 0
	}
}

func php(f *folder) (Proposal, bool) {
	dep := phpDependency(f)
	var p Proposal
	switch {
	case f.has("artisan"):
		p = laravel(f, dep)
	case f.has("composer.json") || f.has("index.php"):
		p = plainPHP(f, dep)
	default:
		return Proposal{}, false
	}
	p.addAddOns(dep, phpDrivers)
	return p, true
}

func laravel(f *folder, dep dependency) Proposal {
	p := Proposal{Stack: "Laravel", Confidence: Maybe}
	p.evidence("", "artisan", 0)
	why := "artisan"
	if e, ok := dep("laravel/framework"); ok {
		p.Confidence = Likely
		p.Evidence = append(p.Evidence, e)
		p.Version = majorMinor(f.read(e.File)[e.Line-1])
		why += " and " + e.String()
	}
	p.process("web", "php artisan serve --host=127.0.0.1 --port=$PORT", why)
	p.process("release", "php artisan migrate --force", "Laravel")
	if e, ok := dep("laravel/horizon"); ok {
		p.process("worker", "php artisan horizon", e.String())
	} else if f.hasDir("app/Jobs") {
		p.process("worker", "php artisan queue:work", "app/Jobs/")
	}
	for _, file := range []string{"routes/console.php", "app/Console/Kernel.php"} {
		for _, call := range []string{"Schedule::", "$schedule->"} {
			if line := f.seek(file, call); line > 0 && !p.runs("clock") {
				p.process("clock", "php artisan schedule:work", Evidence{call, file, line}.String())
			}
		}
	}
	if line := f.seek(".env.example", "DB_CONNECTION=pgsql"); line > 0 {
		p.AddOns = append(p.AddOns, AddOn{postgres, Evidence{"DB_CONNECTION=pgsql", ".env.example", line}.String()})
	}
	p.Production = append(p.Production, Process{"web", "heroku-php-apache2 public/", "exists only on Heroku"})
	return p
}

func plainPHP(f *folder, dep dependency) Proposal {
	p := Proposal{Stack: "PHP", Confidence: Maybe}
	root := "."
	for _, dir := range []string{"public", "web", "www", "htdocs"} {
		if f.has(dir + "/index.php") {
			root = dir
			break
		}
	}
	index := "index.php"
	if root != "." {
		index = root + "/index.php"
	}
	if f.has(index) {
		p.Confidence = Likely
		p.evidence("", index, 0)
	}
	if e, ok := dep("symfony/framework-bundle"); ok {
		p.Stack = "Symfony"
		p.Evidence = append(p.Evidence, e)
	}
	p.process("web", "php -S 127.0.0.1:$PORT -t "+root, index)
	p.Production = append(p.Production, Process{"web", strings.TrimSuffix("heroku-php-apache2 "+strings.TrimPrefix(root, "."), " "), "exists only on Heroku"})
	return p
}
