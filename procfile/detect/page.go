package detect

import (
	"encoding/json"
	"regexp"
	"strings"
)

// deno reads deno.json, whose comments encoding/json would refuse, line by line.
func deno(f *folder) (Proposal, bool) {
	file, ok := f.first("deno.json", "deno.jsonc")
	if !ok {
		return Proposal{}, false
	}
	p := Proposal{Stack: "Deno", Confidence: Likely}
	p.evidence("", file, 0)
	for _, task := range []string{"dev", "start"} {
		if line := f.keyIn(file, task); line > 0 {
			p.process("web", "deno task "+task, Evidence{`task "` + task + `"`, file, line}.String())
			break
		}
	}
	if main, ok := f.first("main.ts", "server.ts", "mod.ts", "main.js"); ok && !p.runs("web") {
		p.process("web", "deno run --allow-net --allow-env --allow-read "+main, main)
	}
	if !p.runs("web") {
		p.Confidence = Maybe
	}
	p.addAddOns(seeker(f, file), []drivers{
		{postgres, []string{"deno-postgres", "@db/postgres", "npm:pg@", "npm:postgres@"}},
		{redis, []string{"@db/redis", "npm:ioredis"}},
		{bucket, []string{"client-s3"}},
	})
	return p, true
}

// static finds pages without a program behind them.
func static(f *folder) (Proposal, bool) {
	for _, root := range []string{".", "public", "dist", "site"} {
		index := strings.TrimPrefix(root+"/index.html", "./")
		if !f.has(index) {
			continue
		}
		p := Proposal{Stack: "static pages", Confidence: Maybe}
		p.evidence("", index, 0)
		p.process("web", "python3 -m http.server --bind 127.0.0.1 --directory "+root+" $PORT", index)
		return p, true
	}
	return Proposal{}, false
}

var dockerCommand = regexp.MustCompile(`^(?i:CMD|ENTRYPOINT)\s+(.+)$`)

// docker reads what a Dockerfile starts. Without a container the command needs
// its program on this machine, so it is only a guess.
func docker(f *folder) (Proposal, bool) {
	file, ok := f.first("Dockerfile", "Containerfile")
	compose, composed := f.first("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
	if !ok && !composed {
		return Proposal{}, false
	}
	p := Proposal{Stack: "Docker", Confidence: Maybe}
	if composed {
		p.evidence("", compose, 0)
		p.Notes = append(p.Notes, compose+" names services; those with a known image can become add-ons")
	}
	if !ok {
		return p, true
	}
	p.evidence("", file, 0)
	for i, line := range f.read(file) {
		m := dockerCommand.FindStringSubmatch(strings.TrimSpace(line))
		if m == nil {
			continue
		}
		why := Evidence{"CMD", file, i + 1}.String()
		if p.runs("web") { // the last stage counts
			p.Processes = nil
		}
		p.process("web", shellForm(m[1]), why)
	}
	return p, true
}

// shellForm turns the list form of CMD into a command line.
func shellForm(command string) string {
	var words []string
	if json.Unmarshal([]byte(command), &words) != nil {
		return command
	}
	for i, word := range words {
		if word == "" || strings.ContainsAny(word, " \t\"'`$&|;<>(){}*?#~\\") {
			words[i] = "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
		}
	}
	return strings.Join(words, " ")
}
