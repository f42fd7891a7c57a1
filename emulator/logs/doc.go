// Package logs collects the output of dynos, router, add-ons and inshore itself:
// every line once, numbered, in order per stream, nothing lost at exit.
//
// Producers (a Pipe handed to a child, a Writer, Log) append batches of lines to
// one ring in memory under one lock. Consumers (the ring file of the run, a Sink
// that writes to the terminal, a Subscription) each own a cursor into that ring
// and copy whole batches out. A producer waits for a slow consumer for at most a
// second; after that the consumer loses its oldest lines, and because every line
// has a number it learns exactly how many.
//
//	hub := logs.New(logs.Options{Dir: ".inshore/logs"})
//	err := hub.Start()
//	sink := logs.NewSink(os.Stdout, logs.NewText(logs.TextOptions{}), logs.SinkOptions{})
//	sink.Start(hub)
//	pipe, err := hub.Pipe(logs.App, "web.1", logs.Stdout)
//	cmd.Stdout = pipe.File() // then cmd.Start(), pipe.Started(), cmd.Wait(), pipe.Finish(ctx)
//	sink.Close(ctx)
//	hub.Close(ctx)
package logs
