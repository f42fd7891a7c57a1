package main

import (
	"context"
	_ "embed"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/inshore-dev/inshore/emulator/problem"
)

// explanations is one page per error code: "== CODE title", then text.
//
//go:embed explain.txt
var explanations string

func (inv *invocation) explainCommand() *cli.Command {
	return &cli.Command{
		Name:      "explain",
		Category:  categoryOther,
		Usage:     "explain an error code",
		ArgsUsage: "[CODE]",
		UsageText: "inshore explain P002\ninshore explain",
		Action:    wrap(inv.explain),
	}
}

// page is what there is to say about a code.
type page struct {
	Code  string `json:"code"`
	Title string `json:"title"`
	Text  string `json:"text"`
}

// pages reads the explanations in the order of the file.
func pages() []page {
	var list []page
	for part := range strings.SplitSeq("\n"+explanations, "\n== ") {
		head, text, _ := strings.Cut(part, "\n")
		code, heading, ok := strings.Cut(head, " ")
		if ok {
			list = append(list, page{Code: code, Title: heading, Text: strings.TrimSpace(text)})
		}
	}
	return list
}

func (inv *invocation) explain(_ context.Context, c *cli.Context) error {
	list := pages()
	if !c.Args().Present() {
		if inv.json {
			return inv.out.json("explain", list)
		}
		rows := make([][]string, 0, len(list))
		for _, p := range list {
			rows = append(rows, []string{inv.out.paint("bold", p.Code), p.Title})
		}
		inv.out.table("", rows)
		return nil
	}
	code := strings.ToUpper(c.Args().First())
	i := slices.IndexFunc(list, func(p page) bool { return p.Code == code })
	if i < 0 {
		return problem.Newf("C014", "no error code %q", c.Args().First()).Fix("all codes: inshore explain")
	}
	if inv.json {
		return inv.out.json("explain", list[i])
	}
	inv.out.line("%s  %s\n\n%s", inv.out.paint("bold", list[i].Code), list[i].Title, list[i].Text)
	return nil
}
