package appjson

import "slices"

// Environment returns the manifest as Heroku CI ("test") or a review app
// ("review") sees it: env and scripts merged key by key, every other key
// replaced when the environment has it (Dev Center "app.json Schema",
// environments). An unknown name returns a manifest without environments that
// is otherwise the same. The receiver stays as it is.
func (m *Manifest) Environment(name string) *Manifest {
	merged := *m
	merged.Environments = nil
	merged.present = make(map[string]bool, len(m.present))
	for key := range m.present {
		merged.present[key] = key != "environments"
	}
	i := slices.IndexFunc(m.Environments, func(e Environment) bool { return e.Name == name })
	if i < 0 {
		return &merged
	}
	overlay := m.Environments[i].Manifest
	for key := range overlay.present {
		merged.present[key] = true
	}
	merged.Env = mergeEnv(m.Env, overlay.Env)
	merged.Scripts = mergeScripts(m.Scripts, overlay.Scripts)
	merged.replaceLists(overlay)
	merged.replaceTexts(overlay)
	return &merged
}

// replaceLists takes over the lists that the overlay has, empty ones included.
func (m *Manifest) replaceLists(o *Manifest) {
	if o.Has("addons") {
		m.AddOns = o.AddOns
	}
	if o.Has("formation") {
		m.Formation = o.Formation
	}
	if o.Has("buildpacks") {
		m.Buildpacks = o.Buildpacks
	}
	if o.Has("cron") {
		m.Cron = o.Cron
	}
	if o.Has("healthchecks") {
		m.Health = o.Health
	}
	if o.Has("keywords") {
		m.Keywords = o.Keywords
	}
	if o.Has("inshore") {
		m.Without = o.Without
	}
}

func (m *Manifest) replaceTexts(o *Manifest) {
	for key, field := range map[string]struct{ to, from *string }{
		"name":        {&m.Name, &o.Name},
		"description": {&m.Description, &o.Description},
		"website":     {&m.Website, &o.Website},
		"repository":  {&m.Repository, &o.Repository},
		"logo":        {&m.Logo, &o.Logo},
		"success_url": {&m.SuccessURL, &o.SuccessURL},
		"stack":       {&m.Stack, &o.Stack},
		"image":       {&m.Image, &o.Image},
	} {
		if o.Has(key) {
			*field.to = *field.from
		}
	}
}

// mergeEnv replaces entries of the same name and appends the others.
func mergeEnv(base, overlay []EnvVar) []EnvVar {
	merged := slices.Clone(base)
	for _, v := range overlay {
		i := slices.IndexFunc(merged, func(b EnvVar) bool { return b.Name == v.Name })
		if i < 0 {
			merged = append(merged, v)
			continue
		}
		merged[i] = v
	}
	return merged
}

func mergeScripts(base, overlay []Script) []Script {
	merged := slices.Clone(base)
	for _, s := range overlay {
		i := slices.IndexFunc(merged, func(b Script) bool { return b.Name == s.Name })
		if i < 0 {
			merged = append(merged, s)
			continue
		}
		merged[i] = s
	}
	return merged
}
