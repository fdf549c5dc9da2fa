package rauctest

import "github.com/godbus/dbus/v5"

// install is InstallBundle: it comes back at once, and goes on.
func (s *Service) install(file string, _ map[string]dbus.Variant) *dbus.Error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.busy {
		return failed("Already processing a different method")
	}
	s.busy, s.operation, s.lastError = true, "installing", ""
	s.wg.Go(func() { s.write(file) })
	return nil
}

// write is an install, from its beginning to its end.
func (s *Service) write(file string) {
	version, bad := s.open(file)
	s.tell(0, "Installing")
	if bad != nil {
		s.end(1, bad.Error())
		return
	}
	s.box.begin()
	for percent := int32(20); percent < 100; percent += 20 {
		s.tell(percent, "Copying image to rootfs")
		if percent == 40 && s.quirks.Half != nil {
			s.quirks.Half()
		}
		if s.quirks.DiesAt > 0 && int(percent) >= s.quirks.DiesAt {
			_ = s.conn.Close() // as the kernel does for a process that was killed
			return
		}
	}
	if s.quirks.Refuses != "" {
		s.end(1, s.quirks.Refuses)
		return
	}
	s.box.finish(version)
	if s.quirks.DiesAt == 100 {
		_ = s.conn.Close()
		return
	}
	s.tell(100, "Installing done.")
	s.end(0, "")
}

// tell sets the progress, for those who listen.
func (s *Service) tell(percent int32, text string) {
	p := progress{percent, text, 1}
	s.set(func() { s.progress = p })
	_ = s.conn.Emit("/", properties+".PropertiesChanged", iface, map[string]dbus.Variant{"Progress": dbus.MakeVariant(p)}, []string{}) // the bus may be gone
}

// end ends an install.
func (s *Service) end(result int32, text string) {
	s.set(func() { s.lastError = text })
	if !s.quirks.Silent {
		_ = s.conn.Emit("/", iface+".Completed", result) // the bus may be gone
	}
	s.set(func() { s.busy, s.operation = false, "idle" })
}
