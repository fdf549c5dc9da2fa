//go:build linux

package launch

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"runtime"
	"sync/atomic"
	"syscall"
	"time"

	"usher/player"
)

// grace is how long a process may take to end when asked to.
const grace = 2 * time.Second

// command is what to start.
type command struct {
	path    string
	args    []string
	env     []string // added to the environment of usherd
	user    uint32   // run as this user; 0: usherd's own
	limited bool     // it limits itself: see wrapped
}

// process keeps one program running.
type process struct {
	name   string                                 // for logs
	spec   func(context.Context) (command, error) // asked before every start; may wait for what it needs
	notify func(pid int, err error)               // pid > 0: started; err: why it does not run
	log    *slog.Logger
	// limited says that the limits of a player apply.
	limited bool
	pid     atomic.Int64 // 0 while it does not run
	hung    atomic.Bool  // it is being killed because it did not answer
}

// run starts the program, and starts it again whenever it ends, until ctx ends.
func (p *process) run(ctx context.Context) error {
	var b backoff
	for ctx.Err() == nil {
		begun := time.Now()
		err := p.once(ctx)
		if ctx.Err() != nil {
			break
		}
		wait := b.ended(time.Since(begun))
		p.log.Warn("Process ended", "name", p.name, "error", err, "restartIn", wait)
		p.notify(0, err)
		sleep(ctx, wait)
	}
	return context.Cause(ctx)
}

// once runs the program to its end.
func (p *process) once(ctx context.Context) error {
	c, err := p.spec(ctx)
	if err != nil {
		return err
	}
	// The kernel sends the death signal when the thread that forked ends, not
	// the process: keep this goroutine on its thread while the child lives.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cmd := p.build(ctx, c)
	lines := newLineLog(p.log, p.name)
	defer lines.flush()
	cmd.Stdout, cmd.Stderr = lines, lines
	if err := cmd.Start(); err != nil {
		return &Problem{
			Reason: player.ReasonNoPlayer, Err: err, Text: fmt.Sprintf("The program %s cannot be started: %v.", c.path, err),
			Hint: "Check that the file may be executed.",
		}
	}
	pid := cmd.Process.Pid
	if p.limited {
		if err := restrain(pid, c.limited); err != nil {
			p.log.Warn("Limits not set", "name", p.name, "error", err)
		}
	}
	p.pid.Store(int64(pid))
	defer p.pid.Store(0)
	p.log.Info("Process started", "name", p.name, "pid", pid)
	p.notify(pid, nil)
	err = cmd.Wait()
	_ = syscall.Kill(-pid, syscall.SIGKILL) // what it left behind in its group; mostly nothing
	return p.ended(ctx, err)
}

// build makes the command: own process group, dies with usherd, asked to end
// with SIGTERM and killed after the grace.
func (p *process) build(ctx context.Context, c command) *exec.Cmd {
	cmd := exec.CommandContext(ctx, c.path, c.args...)
	cmd.Env = append(os.Environ(), c.env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if c.user != 0 {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: c.user, Gid: c.user}
	}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	cmd.WaitDelay = grace
	return cmd
}

// ended says in words how the program ended.
func (p *process) ended(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	what, how := "ended by itself", Closed
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		what, how = "crashed ("+exit.String()+")", Crashed
	}
	if p.hung.Swap(false) {
		what, how = "did not answer and was ended", Hung
	}
	return &Problem{
		Reason: player.ReasonPlayerLost, Ended: how, Err: err, Text: fmt.Sprintf("The program %s %s.", p.name, what),
		Hint: "It is started again; if this repeats, see the log at debug level.",
	}
}

// kill ends the program's whole process group at once; run starts it again.
func (p *process) kill() {
	if pid := p.pid.Load(); pid > 1 {
		_ = syscall.Kill(-int(pid), syscall.SIGKILL) // gone already is as good
	}
}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
