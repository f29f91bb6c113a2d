// Finds leaks as an agent does: over the Model Context Protocol, with the official client.
//
//   npm install --prefix benches/mcp
//   node benches/mcp/agent.mjs HEAPGLASS TRUTH SNAPSHOTS [--root DIR]... [--only NAME]... [--show]
//
// HEAPGLASS is the program, TRUTH a truth.json in the format of tests/leaks, and SNAPSHOTS the folder with
// NAME-1.heapsnapshot to NAME-3.heapsnapshot. Each --root is given to the server, so that it can read source files.
//
// The agent knows nothing about a case. It calls open without arguments, then the first call that each answer names, and
// the first two that follow a leak. What it says is what it read about the first finding. Only then the truth is read: a
// leak is found if a class that leaks and all names on the path are in what it says, as in tests/leaks; a program that does
// not leak is right if it says that nothing leaks. Fails if a leak takes more than 6 calls or 6000 tokens of answers.
import { readFileSync, existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';

const MOST_CALLS = 6;
const MOST_TOKENS = 6000;

const values = { '--root': [], '--only': [] };
const positional = [];
let show = false;
for (let at = 2; at < process.argv.length; at++) {
  const word = process.argv[at];
  if (word === '--show') show = true;
  else if (values[word]) values[word].push(process.argv[++at]);
  else positional.push(word);
}
const [heapglass, truthFile, snapshots] = positional;
if (!snapshots) {
  console.error('usage: node agent.mjs HEAPGLASS TRUTH SNAPSHOTS [--root DIR]... [--only NAME]... [--show]');
  process.exit(2);
}

/** Returns the calls that an answer names: lines such as `next: retainers {"id":"@5"} - what keeps it alive`. */
function nextCalls(text) {
  const calls = [];
  for (const [, name, json] of text.matchAll(/^next: (\w+) (\{.*?\}) - /gm)) calls.push({ name, arguments: JSON.parse(json) });
  return calls;
}

/** Runs the agent on some files. Returns what it read and what that cost. */
async function investigate(files) {
  const roots = values['--root'].flatMap((root) => ['--root', root]);
  const transport = new StdioClientTransport({ command: heapglass, args: ['mcp', '--no-cache', ...roots, ...files], stderr: 'ignore' });
  const client = new Client({ name: 'heapglass-agent', version: '1' });
  await client.connect(transport);
  let calls = 0;
  const read = [];
  const call = async (next) => {
    calls++;
    const result = await client.callTool(next, undefined, { timeout: 600_000 });
    const text = result.content.map((part) => part.text).join('\n');
    if (result.isError) throw new Error(`${next.name}: ${text}`);
    read.push(text);
    return text;
  };
  try {
    const opened = await call({ name: 'open', arguments: {} });
    const found = await call(nextCalls(opened)[0]);
    const verdict = /^finding \S+: (\w+)/m.exec(found)?.[1] ?? 'none';
    const leaks = verdict === 'leak' || verdict === 'likely';
    if (leaks) for (const next of nextCalls(found).slice(0, 2)) await call(next);
    // Other findings are lines of their own, and not part of what the agent says.
    const said = read.slice(1).join('\n').split('\n').filter((line) => !/^f-\w+/.test(line)).join('\n');
    return { verdict, leaks, calls, said, read };
  } finally {
    await client.close();
  }
}

const asList = (value) => (Array.isArray(value) ? value : value === undefined ? [] : [value]);
const hasAll = (text, keywords) => keywords.every((keyword) => keyword.split('|').some((word) => text.includes(word)));

function namesLine(said, sites) {
  return sites.some((site) => said.includes(`${basename(site.file)}:${site.line}:`) || said.includes(`${basename(site.file)}:${site.line})`));
}

const cases = [];
for (const one of JSON.parse(readFileSync(truthFile, 'utf8'))) {
  cases.push(one);
  if (one.ok) cases.push({ name: one.ok, leaking: false });
}
const wanted = cases.filter((one) => values['--only'].length === 0 || values['--only'].includes(one.name));
const sums = { leaks: 0, found: 0, lines: 0, healthy: 0, alarms: 0, calls: 0, tokens: 0 };
console.log('| case | leaks | verdict | calls | tokens | found | line |\n|---|---|---|--:|--:|---|---|');
let failed = false;
for (const one of wanted) {
  const files = [1, 2, 3].map((at) => join(snapshots, `${one.name}-${at}.heapsnapshot`));
  if (!files.every(existsSync)) {
    console.log(`| ${one.name} | | no snapshots | | | | |`);
    continue;
  }
  const { verdict, leaks, calls, said, read } = await investigate(files);
  const tokens = Math.ceil(Buffer.byteLength(read.join('')) / 4);
  const isLeaking = one.leaking !== false;
  const names = [...asList(one.leaked_class), ...asList(one.companions)];
  const isFound = isLeaking ? leaks && names.some((name) => said.includes(name)) && hasAll(said, one.path_keywords) : !leaks;
  const hasLine = isLeaking && leaks && namesLine(said, one.sites ?? []);
  sums[isLeaking ? 'leaks' : 'healthy']++;
  if (isLeaking) {
    sums.found += isFound;
    sums.lines += hasLine;
  } else sums.alarms += !isFound;
  sums.calls = Math.max(sums.calls, calls);
  sums.tokens = Math.max(sums.tokens, tokens);
  failed ||= !isFound || calls > MOST_CALLS || tokens > MOST_TOKENS;
  console.log(`| ${one.name} | ${isLeaking ? 'yes' : 'no'} | ${verdict} | ${calls} | ${tokens} | ${isFound ? 'yes' : 'NO'} | ${isLeaking ? (hasLine ? 'yes' : 'no') : ''} |`);
  if (show) console.log(read.join('\n----\n'));
}
console.log(
  `\n${sums.found} of ${sums.leaks} leaks found, ${sums.lines} with a line of the truth; ${sums.alarms} of ${sums.healthy} healthy programs accused; ` +
    `at most ${sums.calls} calls and ${sums.tokens} tokens`,
);
process.exit(failed ? 1 : 0);
