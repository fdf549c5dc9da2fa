package playertest

import (
	"os"

	"github.com/godbus/dbus/v5"
)

// answerLocked carries out a method of org.freedesktop.DBus.
func (b *Bus) answerLocked(from *busPeer, m *dbus.Message) {
	member, _ := m.Headers[dbus.FieldMember].Value().(string)
	arg := ""
	if len(m.Body) > 0 {
		arg, _ = m.Body[0].(string)
	}
	switch member {
	case "Hello":
		from.send(reply(m, from.unique))
	case "RequestName":
		from.send(reply(m, b.requestLocked(from, arg)))
	case "ReleaseName":
		from.send(reply(m, b.releaseLocked(from, arg)))
	case "ListNames":
		from.send(reply(m, b.listLocked()))
	case "NameHasOwner":
		from.send(reply(m, b.ownerLocked(arg) != nil))
	case "GetNameOwner", "GetConnectionUnixProcessID", "GetConnectionUnixUser":
		from.send(b.whoLocked(m, member, arg))
	case "AddMatch", "RemoveMatch": // everybody hears everything
		from.send(reply(m))
	default:
		from.send(errorReply(m, "org.freedesktop.DBus.Error.UnknownMethod", member))
	}
}

// requestLocked gives a name to a peer: a free one, or one whose owner it
// replaces. Queues do not exist here.
func (b *Bus) requestLocked(from *busPeer, name string) uint32 {
	old := ""
	switch owner := b.names[name]; {
	case owner == from:
		return uint32(dbus.RequestNameReplyAlreadyOwner)
	case owner != nil:
		old = owner.unique
		owner.send(signal("/org/freedesktop/DBus", busName, "NameLost", name))
	}
	b.names[name] = from
	from.send(signal("/org/freedesktop/DBus", busName, "NameAcquired", name))
	b.ownerChangedLocked(name, old, from.unique)
	return uint32(dbus.RequestNameReplyPrimaryOwner)
}

func (b *Bus) releaseLocked(from *busPeer, name string) uint32 {
	if b.names[name] != from {
		return uint32(dbus.ReleaseNameReplyNotOwner)
	}
	delete(b.names, name)
	from.send(signal("/org/freedesktop/DBus", busName, "NameLost", name))
	b.ownerChangedLocked(name, from.unique, "")
	return uint32(dbus.ReleaseNameReplyReleased)
}

func (b *Bus) listLocked() []string {
	list := []string{busName}
	for n := range b.peers {
		list = append(list, n)
	}
	for n := range b.names {
		list = append(list, n)
	}
	return list
}

// whoLocked answers questions about a connection; all are of this process.
func (b *Bus) whoLocked(m *dbus.Message, member, name string) *dbus.Message {
	p := b.ownerLocked(name)
	switch {
	case p == nil:
		return errorReply(m, "org.freedesktop.DBus.Error.NameHasNoOwner", name)
	case member == "GetNameOwner":
		return reply(m, p.unique)
	case member == "GetConnectionUnixUser":
		return reply(m, uint32(os.Getuid()))
	}
	return reply(m, uint32(os.Getpid()))
}

func (b *Bus) ownerChangedLocked(name, old, owner string) {
	for _, p := range b.peers {
		p.send(signal("/org/freedesktop/DBus", busName, "NameOwnerChanged", name, old, owner))
	}
}

func reply(to *dbus.Message, body ...any) *dbus.Message {
	return message(dbus.TypeMethodReply, map[dbus.HeaderField]dbus.Variant{
		dbus.FieldReplySerial: dbus.MakeVariant(to.Serial()),
	}, body)
}

func errorReply(to *dbus.Message, name, text string) *dbus.Message {
	return message(dbus.TypeError, map[dbus.HeaderField]dbus.Variant{
		dbus.FieldReplySerial: dbus.MakeVariant(to.Serial()), dbus.FieldErrorName: dbus.MakeVariant(name),
	}, []any{text})
}

func signal(path dbus.ObjectPath, iface, member string, body ...any) *dbus.Message {
	return message(dbus.TypeSignal, map[dbus.HeaderField]dbus.Variant{
		dbus.FieldPath: dbus.MakeVariant(path), dbus.FieldInterface: dbus.MakeVariant(iface), dbus.FieldMember: dbus.MakeVariant(member),
	}, body)
}

// message makes a message from the bus itself. Its serial number is nobody's
// business, because the bus expects no replies.
func message(t dbus.Type, headers map[dbus.HeaderField]dbus.Variant, body []any) *dbus.Message {
	headers[dbus.FieldSender] = dbus.MakeVariant(busName)
	if len(body) > 0 {
		headers[dbus.FieldSignature] = dbus.MakeVariant(dbus.SignatureOf(body...))
	}
	return &dbus.Message{Type: t, Headers: headers, Body: body}
}
