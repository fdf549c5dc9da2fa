"""Plays one film with GStreamer for the bench: playbin3 into sinks that show
nothing but keep time, paused while it buffers as its documentation asks for.

Reads the address from the first line of standard input and writes a line of
JSON every 50 ms: the place in seconds, whether a picture was shown, its height.
"""
import json
import sys

import gi

gi.require_version("Gst", "1.0")
from gi.repository import GLib, Gst  # noqa: E402

Gst.init(None)
loop = GLib.MainLoop()
play = Gst.ElementFactory.make("playbin3")
sinks = {name: Gst.ElementFactory.make("fakesink") for name in ("video-sink", "audio-sink")}
for name, sink in sinks.items():
    sink.set_property("sync", True)
    play.set_property(name, sink)
state = {"first": False, "ended": False, "buffering": False}


def message(_bus, m):
    if m.type == Gst.MessageType.BUFFERING:
        percent = m.parse_buffering()
        if percent < 100 and not state["buffering"]:
            state["buffering"] = True
            play.set_state(Gst.State.PAUSED)
        elif percent >= 100 and state["buffering"]:
            state["buffering"] = False
            play.set_state(Gst.State.PLAYING)
    elif m.type in (Gst.MessageType.ERROR, Gst.MessageType.EOS):
        state["ended"] = True
        if m.type == Gst.MessageType.ERROR:
            print(m.parse_error(), file=sys.stderr, flush=True)


def tick():
    known, place = play.query_position(Gst.Format.TIME)
    caps = sinks["video-sink"].get_static_pad("sink").get_current_caps()
    state["first"] = state["first"] or known and place > 0 and not state["buffering"]
    height = caps.get_structure(0).get_int("height").value if caps else 0
    print(json.dumps({"place": place / 1e9 if known else 0, "first": state["first"], "height": height, "ended": state["ended"]}), flush=True)
    return True


print("ready", flush=True)
play.set_property("uri", sys.stdin.readline().strip())
bus = play.get_bus()
bus.add_signal_watch()
bus.connect("message", message)
play.set_state(Gst.State.PLAYING)
GLib.timeout_add(50, tick)
loop.run()
