import assert from "node:assert/strict";
import { test } from "node:test";
import { fits, readThumbs, thumbAt } from "../src/thumbs";

const base = "http://127.0.0.1:8788/s/abc/thumbs.vtt";
const file = (...cues: string[]): string => `WEBVTT\n\n${cues.join("\n\n")}\n`;
const cue = (from: string, to: string, name: string): string => `00:${from}.000 --> 00:${to}.000\n${name}`;

test("cues name parts of pictures, in any order", () => {
  const all = readThumbs(file(cue("00:04", "00:08", "/s/x/t.jpg#xywh=160,0,160,90"), "NOTE nothing", `1\n${cue("00:00", "00:04", "/s/x/t.jpg#xywh=0,0,160,90")}`), base);
  assert.deepEqual(all.map((t) => [t.from, t.to, t.box?.x]), [[0, 4000, 0], [4000, 8000, 160]]);
  assert.equal(all[0]?.url, "http://127.0.0.1:8788/s/x/t.jpg");
  assert.equal(thumbAt(all, 3999)?.box?.x, 0);
  assert.equal(thumbAt(all, 4000)?.box?.x, 160);
  assert.equal(thumbAt(all, 8000), undefined, "after the last");
  assert.equal(thumbAt([], 0), undefined);
});

test("what makes no sense gives no picture and does no harm", () => {
  for (const text of ["", "<html>", "WEBVTT", file("00:00.000 --> 00:04.000"), file(cue("00:04", "00:04", "/a.jpg")),
    file(cue("00:00", "00:04", "http://elsewhere.example/a.jpg")), file(cue("00:00", "00:04", "javascript:alert(1)")),
    file(cue("00:00", "00:04", "/a.jpg#xywh=0,0,0,90")), file(cue("00:00", "00:04", "/a.jpg#xywh=0,0,99999,90")),
    file(cue("00:00", "00:04", "/a.jpg#xywh=percent:0,0,50,50")), file("99:99 --> x\n/a.jpg")]) {
    assert.deepEqual(readThumbs(text, base), [], text);
  }
  const [t] = readThumbs(file(cue("00:00", "00:04", "/a.jpg#xywh=160,90,160,90")), base);
  assert.ok(t && fits(t, 320, 180) && !fits(t, 320, 179) && !fits(t, 0, 0), "parts beyond the picture");
});

test("Windows line ends, a mark at the beginning and hours are read", () => {
  const all = readThumbs(`\uFEFFWEBVTT\r\n\r\n01:00:00.000 --> 01:00:04.500\r\na.jpg\r\n`, base);
  assert.deepEqual([all[0]?.from, all[0]?.to, all[0]?.url], [3_600_000, 3_604_500, "http://127.0.0.1:8788/s/abc/a.jpg"]);
});
