package s3_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/inshore-dev/inshore/addons"
	"github.com/inshore-dev/inshore/addons/addonstest"
	driver "github.com/inshore-dev/inshore/addons/s3"
)

// origin is the page that uploads.
const origin = "http://localhost:5300"

// store provisions the embedded server.
func store(t *testing.T) addons.Resource {
	t.Helper()
	addonstest.Need(t, driver.Embedded())
	r, err := driver.Embedded().Provision(t.Context(), addonstest.NewHost(t).Host, addonstest.Spec())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return r
}

// ask sends a request as a page of the origin would and returns the answer's
// status and headers.
func ask(t *testing.T, method, url, body string, headers map[string]string) *http.Response {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Origin", origin)
	for name, value := range headers {
		request.Header.Set(name, value)
	}
	transport := &http.Transport{DisableKeepAlives: true}
	response, err := transport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		t.Fatal(err)
	}
	return response
}

func TestGateway_LetsAPageUploadWithAPresignedURL(t *testing.T) {
	r := store(t)
	c := r.Credentials()
	client := addonstest.S3{}.Open(c)
	signed, err := s3.NewPresignClient(client).PresignPutObject(t.Context(), &s3.PutObjectInput{
		Bucket: &c.Database, Key: aws.String("pictures/a b.png"), ContentType: aws.String("image/png"),
	}, s3.WithPresignExpires(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	preflight := ask(t, http.MethodOptions, signed.URL, "", map[string]string{
		"Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "content-type",
	})
	allowed := preflight.Header.Get("Access-Control-Allow-Origin")
	if preflight.StatusCode/100 != 2 || allowed != "*" && allowed != origin {
		t.Errorf("preflight: %d, %v", preflight.StatusCode, preflight.Header)
	}
	if methods := preflight.Header.Get("Access-Control-Allow-Methods"); !strings.Contains(methods, "PUT") {
		t.Errorf("preflight allows methods %q", methods)
	}
	if headers := strings.ToLower(preflight.Header.Get("Access-Control-Allow-Headers")); headers != "*" && !strings.Contains(headers, "content-type") {
		t.Errorf("preflight allows headers %q", headers)
	}
	put := ask(t, http.MethodPut, signed.URL, "picture", map[string]string{"Content-Type": "image/png"})
	if allowed := put.Header.Get("Access-Control-Allow-Origin"); put.StatusCode != http.StatusOK || allowed != "*" && allowed != origin {
		t.Errorf("put: %d, %v", put.StatusCode, put.Header)
	}
	if got, err := (addonstest.S3{}).Get(t.Context(), c, "pictures/a b.png"); got != "picture" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	tampered := strings.Replace(signed.URL, "a%20b", "c%20d", 1)
	if put := ask(t, http.MethodPut, tampered, "x", map[string]string{"Content-Type": "image/png"}); put.StatusCode != http.StatusForbidden {
		t.Errorf("a changed URL was answered with %d", put.StatusCode)
	}
}

func TestVars_HaveTheAddonsNamesAndThoseOfTheSDKs(t *testing.T) {
	c := addons.Credentials{Host: "127.0.0.1", Port: 7, User: "key", Password: "secret", Database: "shop-main", Region: "us-east-1"}
	want := map[string]string{
		"BUCKETEER_BUCKET_NAME": "shop-main", "BUCKETEER_AWS_ACCESS_KEY_ID": "key", "BUCKETEER_AWS_SECRET_ACCESS_KEY": "secret",
		"BUCKETEER_AWS_REGION": "us-east-1", "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:7", "S3_FORCE_PATH_STYLE": "true",
	}
	got := map[string]string{}
	for _, v := range driver.Vars("BUCKETEER", c) {
		got[v.Name] = v.Value
		if v.Public && (v.Value == "secret" || v.Value == "key") {
			t.Errorf("%s is called public", v.Name)
		}
	}
	for name, value := range want {
		if got[name] != value {
			t.Errorf("%s is %q, want %q", name, got[name], value)
		}
	}
	cube := driver.Cloudcube()
	if vars := cube.Vars("CLOUDCUBE", c); vars[2].Name != "CLOUDCUBE_URL" || vars[2].Value != "http://127.0.0.1:7/shop-main" {
		t.Errorf("cloudcube has %+v", vars)
	}
}
