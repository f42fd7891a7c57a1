package container

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/testcontainers/testcontainers-go"

	"github.com/inshore-dev/inshore/emulator/problem"
)

func (d *docker) Run(ctx context.Context, service Service, port int) (string, error) {
	if err := library.use(d.about.Endpoint); err != nil {
		return "", err
	}
	begun, cancel := lasting(ctx)
	defer cancel()
	id, err := d.run(begun, service, port)
	if err == nil && ctx.Err() == nil {
		return id, nil
	}
	if err == nil {
		err = context.Cause(ctx)
	}
	err = d.translate(err)
	if nameTaken(err) {
		return "", problem.Newf("D007", "the container name %s is used by a container that is not inshore's", service.Name()).
			Cause("its labels or its volume do not match, so it is left alone").
			Fix("rename or remove it: docker rm %s", service.Name()).Wrap(err)
	}
	return "", errors.Join(fmt.Errorf("run container: %w", err), d.sweep(ctx, service))
}

// lasting is a context that goes on for ten seconds after the given one has
// ended. An engine does not take back a request whose caller has gone: the
// container would appear after everything has been cleaned up.
func lasting(ctx context.Context) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(10*time.Second, cancel) })
	return longer, func() {
		stop()
		cancel()
	}
}

// sweep removes the container that a failed run may have left. The context of
// the run has perhaps ended, which must not keep it from being cleaned up.
func (d *docker) sweep(ctx context.Context, service Service) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
	defer cancel()
	left, err := d.Find(ctx, service.identity())
	if err != nil {
		return err
	}
	for _, i := range left {
		if service.owns(i) {
			err = errors.Join(err, d.Remove(ctx, i.ID))
		}
	}
	return err
}

// run hands the service to testcontainers, which panics in places when the
// engine is not as it expects.
func (d *docker) run(ctx context.Context, service Service, port int) (id string, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("internal error: testcontainers: %v", r)
		}
	}()
	options, err := d.options(service, port)
	if err != nil {
		return "", err
	}
	c, err := testcontainers.Run(ctx, service.Image, options...)
	if err != nil {
		return "", err
	}
	return c.ID, nil
}

func (d *docker) options(service Service, port int) ([]testcontainers.ContainerCustomizer, error) {
	options := []testcontainers.ContainerCustomizer{
		testcontainers.WithName(service.Name()),
		testcontainers.WithLabels(service.containerLabels(port)),
		testcontainers.WithEnv(service.Env),
		testcontainers.WithExposedPorts(fmt.Sprintf("127.0.0.1:%d:%d/tcp", port, service.Port)),
		testcontainers.WithMounts(testcontainers.VolumeMount(service.Name(), testcontainers.ContainerMountTarget(service.DataPath))),
		testcontainers.WithHostConfigModifier(service.confine),
		testcontainers.WithConfigModifier(func(c *container.Config) { c.StopSignal = service.StopSignal }),
	}
	if service.Entrypoint != nil {
		options = append(options, testcontainers.WithEntrypoint(service.Entrypoint...))
	}
	if service.Args != nil {
		options = append(options, testcontainers.WithCmd(service.Args...))
	}
	hooks, err := d.fillers(service)
	if err != nil {
		return nil, err
	}
	return append(options, testcontainers.WithLifecycleHooks(testcontainers.ContainerLifecycleHooks{PostCreates: hooks})), nil
}

// fillers put files and data into a container between its creation and its
// start.
func (d *docker) fillers(service Service) ([]testcontainers.ContainerHook, error) {
	var hooks []testcontainers.ContainerHook
	fill := func(dir string, content io.Reader) {
		hooks = append(hooks, func(ctx context.Context, c testcontainers.Container) error {
			return d.CopyTo(ctx, c.GetContainerID(), dir, content)
		})
	}
	if len(service.Files) > 0 {
		content, err := pack(service.Files)
		if err != nil {
			return nil, err
		}
		fill("/", content)
	}
	if service.seed.content != nil {
		fill(service.seed.dir, service.seed.content)
	}
	return hooks, nil
}

// confine takes from a container what a server of ours does not need.
func (s Service) confine(host *container.HostConfig) {
	host.Privileged = false
	host.CapDrop = []string{"ALL"}
	host.CapAdd = s.Capabilities
	host.SecurityOpt = []string{"no-new-privileges"}
	host.RestartPolicy = container.RestartPolicy{Name: container.RestartPolicyDisabled}
	host.ShmSize = s.SharedMemory
	host.Memory = s.memory()
	processes := s.Processes
	if processes == 0 {
		processes = 1024
	}
	host.PidsLimit = &processes
}

func nameTaken(err error) bool {
	return isConflict(err) && !errors.Is(err, ErrPortTaken)
}

// library prepares testcontainers, which reads its settings once in the life
// of a process and from the process's environment. It is the one piece of
// package state here because that of the library cannot be avoided.
var library testcontainersSettings

type testcontainersSettings struct {
	mutex sync.Mutex
	host  string // the engine that the library will talk to for ever
}

// use makes the library talk to the engine at the address and keeps it from
// starting a reaper of its own, which would want the engine's socket and an
// image more. The environment is as before when it returns, because dynos
// inherit it.
func (s *testcontainersSettings) use(host string) (err error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.host == host {
		return nil
	}
	if s.host != "" {
		return fmt.Errorf("internal error: engine %s in a process that uses %s", host, s.host)
	}
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("internal error: testcontainers: %v", r)
		}
	}()
	// Without a home the library does not read a properties file, which could
	// send it to another engine than the one that was found.
	undo, err := setenv(map[string]string{
		"DOCKER_HOST": host, "TESTCONTAINERS_RYUK_DISABLED": "true", "HOME": "/nonexistent",
	})
	defer func() { err = errors.Join(err, undo()) }()
	if err != nil {
		return err
	}
	provider, err := testcontainers.NewDockerProvider()
	if err != nil {
		return fmt.Errorf("use %s: %w", host, err)
	}
	s.host = host
	return provider.Close()
}

// setenv sets variables and returns what puts them back.
func setenv(values map[string]string) (undo func() error, err error) {
	var steps []func() error
	for name, value := range values {
		before, had := os.LookupEnv(name)
		steps = append(steps, func() error {
			if had {
				return os.Setenv(name, before)
			}
			return os.Unsetenv(name)
		})
		err = errors.Join(err, os.Setenv(name, value))
	}
	return func() error {
		var failed error
		for _, step := range steps {
			failed = errors.Join(failed, step())
		}
		return failed
	}, err
}
