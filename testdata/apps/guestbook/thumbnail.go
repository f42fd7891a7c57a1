package main

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	_ "image/gif" // readable format
	"image/jpeg"
	"image/png"

	"golang.org/x/image/draw"
	_ "golang.org/x/image/webp" // readable format
)

const (
	thumbnailSize = 240
	// maxPixels keeps a small file that unfolds to a huge picture from taking
	// all the memory of a dyno: 40 megapixels need 160 MB.
	maxPixels = 40_000_000
)

// errNotAPicture says that the bytes are not a picture this app reads.
var errNotAPicture = errors.New("not a picture")

// thumbnail makes a picture that fits into a square of thumbnailSize. It returns
// the encoded bytes with their content type: PNG where something shines through,
// else JPEG. A picture that cannot be read is an errNotAPicture.
func thumbnail(data []byte) (small []byte, contentType string, err error) {
	info, _, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, "", fmt.Errorf("%w: %w", errNotAPicture, err)
	}
	if info.Width <= 0 || info.Height <= 0 || info.Width > maxPixels/info.Height {
		return nil, "", fmt.Errorf("%w: %d x %d pixels", errNotAPicture, info.Width, info.Height)
	}
	source, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, "", fmt.Errorf("%w: %w", errNotAPicture, err)
	}
	bounds := source.Bounds()
	width, height := fit(bounds.Dx(), bounds.Dy(), thumbnailSize)
	target := image.NewRGBA(image.Rect(0, 0, width, height))
	draw.CatmullRom.Scale(target, target.Bounds(), source, bounds, draw.Src, nil)
	upright := rotate(target, orientation(data))

	var out bytes.Buffer
	if upright.Opaque() {
		err = jpeg.Encode(&out, upright, &jpeg.Options{Quality: 85})
		return out.Bytes(), "image/jpeg", err
	}
	err = png.Encode(&out, upright)
	return out.Bytes(), "image/png", err
}

// fit is the largest size with the proportions of width x height whose longer
// side is at most limit. Nothing is enlarged and no side becomes zero.
func fit(width, height, limit int) (fitWidth, fitHeight int) {
	longer := max(width, height)
	if longer <= limit {
		return width, height
	}
	scale := func(side int) int { return max(1, (side*limit+longer/2)/longer) }
	return scale(width), scale(height)
}
