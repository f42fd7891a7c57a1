package router

import "sync"

// The two sizes of pooled buffers: nearly every head and small response fits
// in the first, bodies stream through the second.
const (
	smallBuffer = 8 << 10
	largeBuffer = 64 << 10
)

// buffers hands out and takes back read buffers of a router.
type buffers struct {
	small sync.Pool // of *[smallBuffer]byte
	large sync.Pool // of *[largeBuffer]byte
}

func (b *buffers) getSmall() []byte {
	if have, ok := b.small.Get().(*[smallBuffer]byte); ok {
		return have[:]
	}
	return new([smallBuffer]byte)[:]
}

func (b *buffers) getLarge() []byte {
	if have, ok := b.large.Get().(*[largeBuffer]byte); ok {
		return have[:]
	}
	return new([largeBuffer]byte)[:]
}

// put takes back any buffer; those that grew beyond the pooled sizes are left
// to the garbage collector.
func (b *buffers) put(buf []byte) {
	switch cap(buf) {
	case smallBuffer:
		b.small.Put((*[smallBuffer]byte)(buf[:smallBuffer]))
	case largeBuffer:
		b.large.Put((*[largeBuffer]byte)(buf[:largeBuffer]))
	}
}
