// Package systemd speaks with the service manager: it says that the daemon is
// ready, alive, changing or stopping (sd_notify(3)), reads how often it has to
// say that it is alive (sd_watchdog_enabled(3)), and takes over sockets that
// were opened for it (sd_listen_fds(3)). The units that go with it are the
// other files of this folder.
//
// It guarantees that nothing happens and nothing fails where no such manager
// is: a [Notifier] without a socket is silent. A message is one datagram, sent
// at once or not at all; nothing blocks for longer than a second. The package
// reads the environment it is given, never that of the process, and changes
// neither.
package systemd
