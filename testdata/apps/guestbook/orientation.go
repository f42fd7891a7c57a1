package main

import (
	"bytes"
	"encoding/binary"
	"image"
)

// orientation reads how a camera was held from the Exif part of a JPEG: 1 is
// upright, 3 upside down, 6 and 8 lie on one side, the others are mirrored.
// Anything that cannot be read is 1.
func orientation(data []byte) int {
	if len(data) < 4 || data[0] != 0xff || data[1] != 0xd8 {
		return 1
	}
	for rest := data[2:]; len(rest) >= 4 && rest[0] == 0xff; {
		marker, length := rest[1], int(binary.BigEndian.Uint16(rest[2:]))
		if marker == 0xda || length < 2 || len(rest) < 2+length {
			return 1
		}
		segment := rest[4 : 2+length]
		if tiff, found := bytes.CutPrefix(segment, []byte("Exif\x00\x00")); marker == 0xe1 && found {
			return tiffOrientation(tiff)
		}
		rest = rest[2+length:]
	}
	return 1
}

// tiffOrientation looks for tag 0x0112 in the first directory of a TIFF header.
func tiffOrientation(tiff []byte) int {
	if len(tiff) < 8 {
		return 1
	}
	var order binary.ByteOrder = binary.LittleEndian
	if tiff[0] == 'M' {
		order = binary.BigEndian
	}
	start := int64(order.Uint32(tiff[4:]))
	if start+2 > int64(len(tiff)) {
		return 1
	}
	const fieldSize = 12
	count := int(order.Uint16(tiff[start:]))
	for fields := tiff[start+2:]; count > 0 && len(fields) >= fieldSize; count-- {
		if order.Uint16(fields) == 0x0112 {
			if value := int(order.Uint16(fields[8:])); value >= 1 && value <= 8 {
				return value
			}
			return 1
		}
		fields = fields[fieldSize:]
	}
	return 1
}

// rotate puts a picture upright that was taken with this orientation.
func rotate(source *image.RGBA, orientation int) *image.RGBA {
	w, h := source.Bounds().Dx(), source.Bounds().Dy()
	// from says which pixel of the source belongs at x, y of the result.
	from := map[int]func(x, y int) (int, int){
		2: func(x, y int) (int, int) { return w - 1 - x, y },
		3: func(x, y int) (int, int) { return w - 1 - x, h - 1 - y },
		4: func(x, y int) (int, int) { return x, h - 1 - y },
		5: func(x, y int) (int, int) { return y, x },
		6: func(x, y int) (int, int) { return y, h - 1 - x },
		7: func(x, y int) (int, int) { return w - 1 - y, h - 1 - x },
		8: func(x, y int) (int, int) { return w - 1 - y, x },
	}[orientation]
	if from == nil {
		return source
	}
	if orientation >= 5 {
		return remap(source, h, w, from) // lying down: the sides change places
	}
	return remap(source, w, h, from)
}

func remap(source *image.RGBA, width, height int, from func(x, y int) (int, int)) *image.RGBA {
	target := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			target.SetRGBA(x, y, source.RGBAAt(from(x, y)))
		}
	}
	return target
}
