package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"testing"
)

func TestFit_KeepsProportionsAndNeverEnlarges(t *testing.T) {
	tests := []struct{ width, height, wantWidth, wantHeight int }{
		{800, 600, 240, 180},
		{600, 800, 180, 240},
		{240, 240, 240, 240},
		{241, 241, 240, 240},
		{100, 50, 100, 50},
		{1, 1, 1, 1},
		{10000, 1, 240, 1},
		{1, 10000, 1, 240},
		{481, 240, 240, 120},
	}
	for _, test := range tests {
		width, height := fit(test.width, test.height, thumbnailSize)
		if width != test.wantWidth || height != test.wantHeight {
			t.Errorf("%d x %d becomes %d x %d, want %d x %d", test.width, test.height, width, height, test.wantWidth, test.wantHeight)
		}
	}
}

func TestThumbnail_ReadsEachFormat(t *testing.T) {
	source := painted(640, 320, color.RGBA{200, 40, 40, 255})
	var jpegData, pngData, gifData bytes.Buffer
	if err := errors.Join(jpeg.Encode(&jpegData, source, nil), png.Encode(&pngData, source), gif.Encode(&gifData, source, nil)); err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{"jpeg": jpegData.Bytes(), "png": pngData.Bytes(), "gif": gifData.Bytes()} {
		small, contentType, err := thumbnail(data)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		info, _, err := image.DecodeConfig(bytes.NewReader(small))
		if err != nil || info.Width != 240 || info.Height != 120 || contentType != "image/jpeg" {
			t.Errorf("%s becomes %d x %d as %s, error %v", name, info.Width, info.Height, contentType, err)
		}
	}
}

func TestThumbnail_KeepsTransparency(t *testing.T) {
	var data bytes.Buffer
	if err := png.Encode(&data, painted(300, 300, color.RGBA{0, 0, 100, 100})); err != nil {
		t.Fatal(err)
	}
	_, contentType, err := thumbnail(data.Bytes())
	if err != nil || contentType != "image/png" {
		t.Errorf("content type is %s, error %v", contentType, err)
	}
}

func TestThumbnail_RefusesWhatIsNoPicture(t *testing.T) {
	var whole bytes.Buffer
	if err := png.Encode(&whole, painted(50, 50, color.RGBA{1, 2, 3, 255})); err != nil {
		t.Fatal(err)
	}
	huge := bytes.Clone(whole.Bytes())
	binary.BigEndian.PutUint32(huge[16:], 100_000) // width in the header
	binary.BigEndian.PutUint32(huge[20:], 100_000)
	for name, data := range map[string][]byte{
		"nothing":   nil,
		"text":      []byte("root:x:0:0"),
		"cut short": whole.Bytes()[:len(whole.Bytes())/2],
		"huge":      huge,
	} {
		if _, _, err := thumbnail(data); !errors.Is(err, errNotAPicture) {
			t.Errorf("%s: error is %v", name, err)
		}
	}
}

func TestThumbnail_PutsPhonePicturesUpright(t *testing.T) {
	// Red on top, blue below, taken with the camera turned: orientation 6.
	source := painted(400, 200, color.RGBA{0, 0, 255, 255})
	for x := range 400 {
		for y := range 100 {
			source.SetRGBA(x, y, color.RGBA{255, 0, 0, 255})
		}
	}
	var data bytes.Buffer
	if err := jpeg.Encode(&data, source, nil); err != nil {
		t.Fatal(err)
	}
	small, _, err := thumbnail(withOrientation(data.Bytes(), 6))
	if err != nil {
		t.Fatal(err)
	}
	got, _, err := image.Decode(bytes.NewReader(small))
	if err != nil {
		t.Fatal(err)
	}
	if size := got.Bounds().Size(); size != image.Pt(120, 240) {
		t.Fatalf("size is %v", size)
	}
	// Turned clockwise, the top of the source is on the right.
	if r, _, b, _ := got.At(110, 120).RGBA(); r < 0x8000 || b > 0x8000 {
		t.Errorf("the right side is not red: %v", got.At(110, 120))
	}
	if r, _, b, _ := got.At(10, 120).RGBA(); b < 0x8000 || r > 0x8000 {
		t.Errorf("the left side is not blue: %v", got.At(10, 120))
	}
}

func FuzzOrientation_NeverPanics(f *testing.F) {
	f.Add(withOrientation([]byte{0xff, 0xd8, 0xff, 0xd9}, 6))
	f.Add([]byte{0xff, 0xd8, 0xff, 0xe1, 0, 2})
	f.Fuzz(func(t *testing.T, data []byte) {
		if got := orientation(data); got < 1 || got > 8 {
			t.Errorf("orientation is %d", got)
		}
	})
}

func painted(width, height int, c color.RGBA) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			m.SetRGBA(x, y, c)
		}
	}
	return m
}

// withOrientation puts an Exif segment right behind the start of a JPEG.
func withOrientation(jpegData []byte, value byte) []byte {
	exif := append([]byte("Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00"), value, 0, 0, 0, 0, 0, 0)
	length := len(exif) + 2
	segment := append([]byte{0xff, 0xe1, byte(length >> 8), byte(length)}, exif...)
	return append(append(bytes.Clone(jpegData[:2]), segment...), jpegData[2:]...)
}
