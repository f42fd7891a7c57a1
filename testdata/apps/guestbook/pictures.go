package main

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

const (
	maxPictureBytes = 5 << 20
	uploadTTL       = 10 * time.Minute // how long a visitor may take to upload
	showTTL         = time.Hour        // how long the links in a page work

	picturePrefix   = "pictures/"
	thumbnailPrefix = "thumbnails/"
)

// pictureTypes are the content types the worker can read.
var pictureTypes = []string{"image/jpeg", "image/png", "image/gif", "image/webp"}

// Pictures is the bucket.
type Pictures struct {
	client  *s3.Client
	presign *s3.PresignClient
	bucket  string
}

// newPictureKey is a name for a picture that nobody can guess.
func newPictureKey() string { return picturePrefix + rand.Text() }

// Ping asks whether the bucket is there.
func (p *Pictures) Ping(ctx context.Context) error {
	_, err := p.client.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &p.bucket})
	return err
}

// UploadURL lets whoever holds it put one picture of exactly this size and type.
func (p *Pictures) UploadURL(ctx context.Context, key, contentType string, size int64) (string, error) {
	request, err := p.presign.PresignPutObject(ctx, &s3.PutObjectInput{
		Bucket: &p.bucket, Key: &key, ContentType: &contentType, ContentLength: &size,
	}, s3.WithPresignExpires(uploadTTL))
	if err != nil {
		return "", err
	}
	return request.URL, nil
}

// ShowURL lets a page show one picture.
func (p *Pictures) ShowURL(ctx context.Context, key string) (string, error) {
	request, err := p.presign.PresignGetObject(ctx, &s3.GetObjectInput{Bucket: &p.bucket, Key: &key},
		s3.WithPresignExpires(showTTL))
	if err != nil {
		return "", err
	}
	return request.URL, nil
}

// Put stores a picture from the server's side.
func (p *Pictures) Put(ctx context.Context, key, contentType string, data []byte) error {
	_, err := p.client.PutObject(ctx, &s3.PutObjectInput{
		Bucket: &p.bucket, Key: &key, ContentType: &contentType, Body: bytes.NewReader(data),
	})
	return err
}

// errNoPicture says that nothing was uploaded under a key, or no longer exists.
var errNoPicture = errors.New("no such picture")

// Get fetches a picture of at most maxPictureBytes.
func (p *Pictures) Get(ctx context.Context, key string) ([]byte, error) {
	object, err := p.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &p.bucket, Key: &key})
	if isMissing(err) {
		return nil, errNoPicture
	}
	if err != nil {
		return nil, err
	}
	defer object.Body.Close()
	data, err := io.ReadAll(io.LimitReader(object.Body, maxPictureBytes+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxPictureBytes {
		return nil, fmt.Errorf("%w: larger than %d bytes", errNotAPicture, maxPictureBytes)
	}
	return data, nil
}

// Older lists the keys below prefix that are older than age.
func (p *Pictures) Older(ctx context.Context, prefix string, age time.Duration) ([]string, error) {
	var keys []string
	limit := time.Now().Add(-age)
	pages := s3.NewListObjectsV2Paginator(p.client, &s3.ListObjectsV2Input{Bucket: &p.bucket, Prefix: &prefix})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, object := range page.Contents {
			if aws.ToTime(object.LastModified).Before(limit) {
				keys = append(keys, aws.ToString(object.Key))
			}
		}
	}
	return keys, nil
}

// Delete removes a picture; one that is not there is no error.
func (p *Pictures) Delete(ctx context.Context, key string) error {
	_, err := p.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &p.bucket, Key: &key})
	return err
}

// AllowUploads lets pages of any origin use presigned URLs of this bucket: the
// signature, not the origin, is what protects it.
func (p *Pictures) AllowUploads(ctx context.Context) error {
	_, err := p.client.PutBucketCors(ctx, &s3.PutBucketCorsInput{
		Bucket: &p.bucket,
		CORSConfiguration: &types.CORSConfiguration{CORSRules: []types.CORSRule{{
			AllowedOrigins: []string{"*"},
			AllowedMethods: []string{"GET", "PUT"},
			AllowedHeaders: []string{"content-type"},
			MaxAgeSeconds:  aws.Int32(600),
		}}},
	})
	return err
}

func isMissing(err error) bool {
	var noKey *types.NoSuchKey
	var notFound *types.NotFound
	return errors.As(err, &noKey) || errors.As(err, &notFound)
}

// signKey makes the token with which a visitor names the picture they uploaded.
func signKey(secret, key string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(key))
	return key + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// openKey is the key inside a token that signKey made with the same secret.
func openKey(secret, token string) (string, bool) {
	key, _, found := strings.Cut(token, ".")
	if !found || !strings.HasPrefix(key, picturePrefix) || !hmac.Equal([]byte(signKey(secret, key)), []byte(token)) {
		return "", false
	}
	return key, true
}
