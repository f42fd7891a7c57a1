// Package s3 is the object store behind add-ons such as bucketeer and cloudcube
// on this machine: versitygw with plain files below, as a child of our own
// binary (embedded), as an installed program (native) or as a container, which
// all answer alike.
//
// The server behind it changes the working directory of its process and allows
// one instance a process, so it never runs inside inshore itself: the hidden
// command "__s3" (Main) is that child. Metadata lie in files of their own beside
// the data, which works on every file system and makes a copy of the folder a
// complete backup. Every origin may use presigned URLs from a browser.
package s3

import (
	"net"
	"strconv"
	"strings"

	"github.com/inshore-dev/inshore/addons"
)

// slug and kind of the service.
const (
	slug = "bucketeer"
	kind = "s3"
)

// region is that of most add-ons and of SDKs without a setting.
const region = "us-east-1"

// Service describes bucketeer and its like with the drivers of this build.
func Service() *addons.Service {
	return &addons.Service{
		Slug:              slug,
		Aliases:           []string{"aws-s3"},
		Kind:              kind,
		Title:             "S3",
		DefaultAttachment: "BUCKETEER",
		Drivers:           drivers(),
		Vars:              Vars,
		VarNames:          func(attachment string) []string { return []string{attachment + "_BUCKET_NAME"} },
		UnavailableFix:    "install versitygw",
	}
}

// Cloudcube describes the add-on of that name, with the same drivers and other
// variables.
func Cloudcube() *addons.Service {
	s := Service()
	s.Slug, s.Aliases, s.Kind = "cloudcube", nil, "cloudcube"
	s.DefaultAttachment = "CLOUDCUBE"
	s.Drivers = driversAs("cloudcube")
	s.VarNames = func(attachment string) []string { return []string{attachment + "_URL"} }
	return s
}

// Vars are the config vars under an attachment name: those of the add-on, and
// those by which SDKs find an endpoint that is not Amazon's.
func Vars(attachment string, c addons.Credentials) []addons.Var {
	if attachment == "CLOUDCUBE" || strings.HasPrefix(attachment, "CLOUDCUBE_") {
		return append([]addons.Var{
			{Name: attachment + "_ACCESS_KEY_ID", Value: c.User},
			{Name: attachment + "_SECRET_ACCESS_KEY", Value: c.Password},
			{Name: attachment + "_URL", Value: Endpoint(c) + "/" + c.Database, Public: true},
		}, sdkVars(c)...)
	}
	return append([]addons.Var{
		{Name: attachment + "_AWS_ACCESS_KEY_ID", Value: c.User},
		{Name: attachment + "_AWS_REGION", Value: c.Region, Public: true},
		{Name: attachment + "_AWS_SECRET_ACCESS_KEY", Value: c.Password},
		{Name: attachment + "_BUCKET_NAME", Value: c.Database, Public: true},
	}, sdkVars(c)...)
}

// sdkVars are read by the SDKs of all languages; path-style addressing has no
// variable they agree on, so the usual one is set.
func sdkVars(c addons.Credentials) []addons.Var {
	return []addons.Var{
		{Name: "AWS_ACCESS_KEY_ID", Value: c.User},
		{Name: "AWS_ENDPOINT_URL", Value: Endpoint(c), Public: true},
		{Name: "AWS_ENDPOINT_URL_S3", Value: Endpoint(c), Public: true},
		{Name: "AWS_REGION", Value: c.Region, Public: true},
		{Name: "AWS_SECRET_ACCESS_KEY", Value: c.Password},
		{Name: "S3_BUCKET", Value: c.Database, Public: true},
		{Name: "S3_FORCE_PATH_STYLE", Value: "true", Public: true},
	}
}

// Endpoint is the URL of the server.
func Endpoint(c addons.Credentials) string {
	return "http://" + net.JoinHostPort(c.Host, strconv.Itoa(c.Port))
}
