// Reads playlists with two parsers that are not Usher's. Each line of standard
// input is {"name", "original", "rewritten", "uris": {replacement: original}};
// each line of output says in what they differ, apart from the addresses, or
// why a parser failed on one and not on the other. No output: all agree.
import readline from 'node:readline';
import { Parser } from 'm3u8-parser';
import HLS from 'hls-parser';

HLS.setOptions({ silent: true });

const parsers = {
  'm3u8-parser': (text) => {
    const p = new Parser();
    p.push(text);
    p.end();
    return p.manifest;
  },
  'hls-parser': (text) => {
    const list = HLS.parse(text);
    list.source = undefined; // the text itself
    return list;
  },
};

// flat turns what a parser found into lines of path and value.
function flat(value, path, out, seen) {
  if (value === null || typeof value !== 'object') {
    if (value !== undefined) out.push(`${path} = ${String(value)}`);
    return;
  }
  if (seen.includes(value)) return; // segments refer to their parents
  if (value instanceof Date || ArrayBuffer.isView(value)) {
    out.push(`${path} = ${value instanceof Date ? value.toISOString() : Buffer.from(value.buffer).toString('hex')}`);
    return;
  }
  for (const key of Object.keys(value)) flat(value[key], `${path}.${key}`, out, [...seen, value]);
}

function read(parse, text, uris) {
  try {
    const out = [];
    flat(parse(text), '', out, []);
    let all = out.join('\n');
    for (const [from, to] of Object.entries(uris)) all = all.replaceAll(from, () => to);
    return all;
  } catch (err) {
    return `fails: ${err.message.split('\n')[0]}`.slice(0, 60);
  }
}

for await (const line of readline.createInterface({ input: process.stdin })) {
  const { name, original, rewritten, uris } = JSON.parse(line);
  for (const [parser, parse] of Object.entries(parsers)) {
    const want = read(parse, original, {}).split('\n');
    const got = read(parse, rewritten, uris).split('\n');
    const at = want.findIndex((l, i) => l !== got[i]);
    if (at >= 0 || want.length !== got.length) {
      console.log(`${name}: ${parser}: ${want[at] ?? 'end'} became ${got[at] ?? 'more'}`);
    } else if (process.env.COUNT) {
      console.error(`${name}: ${parser}: ${want.length} facts, first ${want[0]}`);
    }
  }
}
