package detect

import "github.com/inshore-dev/inshore/procfile/herokuyml"

// herokuYML takes over what an app on Heroku's container stack declares there.
func herokuYML(f *folder) (Proposal, bool) {
	const name = "heroku.yml"
	if !f.has(name) {
		return Proposal{}, false
	}
	file, problems := herokuyml.Parse(name, []byte(f.text(name)))
	if problems.Failed() || len(file.Run) == 0 {
		return Proposal{}, false
	}
	p := Proposal{Stack: name, Confidence: Likely}
	p.evidence("", name, 0)
	for _, c := range file.Run {
		p.process(c.Type, c.Text, Evidence{"run." + c.Type, name, c.Place.Line}.String())
	}
	if file.Release.Text != "" {
		p.process("release", file.Release.Text, Evidence{"release", name, file.Release.Place.Line}.String())
	}
	for _, a := range file.AddOns {
		if !p.wants(a.Plan) {
			p.AddOns = append(p.AddOns, AddOn{a.Plan, Evidence{"setup.addons", name, a.Place.Line}.String()})
		}
	}
	for _, s := range file.Config {
		p.Env = append(p.Env, Env{s.Name, s.Value, Evidence{"setup.config", name, s.Place.Line}.String()})
	}
	p.Notes = append(p.Notes, "on Heroku these commands run inside the app's image; here their programs must be installed")
	return p, true
}
