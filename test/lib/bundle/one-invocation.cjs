// Runs one invocation in this process. Reports its result, which of Node's modules it loaded, and which files it looked for
// under the home directory. `fs` is wrapped before the bundle is loaded.
const fs = require('node:fs');

const looked = new Set();
for (const owner of [fs, fs.promises]) {
  for (const name of Object.keys(owner)) {
    const original = owner[name];
    if (typeof original !== 'function' || !/^(open|read|stat|lstat|access|exists)/.test(name)) continue;
    owner[name] = function (path, ...rest) {
      if (String(path).startsWith(process.env.HOME)) looked.add(String(path).slice(process.env.HOME.length));
      return original.call(this, path, ...rest);
    };
  }
}

// What the bundle has required by the time Node sends its first connection request.
const { Socket } = require('node:net');
const Module = require('node:module');
const required = new Set();
let requiredBeforeConnecting;
const load = Module._load;
Module._load = function (name, ...rest) {
  required.add(name);
  return load.call(this, name, ...rest);
};
const { emit } = Socket.prototype;
Socket.prototype.emit = function (event, ...args) {
  if (event === 'connectionAttempt') requiredBeforeConnecting ??= [...required];
  return emit.call(this, event, ...args);
};

const [, , bundle, event] = process.argv;
const context = { awsRequestId: 'request', getRemainingTimeInMillis: () => 60_000 };

async function invoke() {
  try {
    const { handler } = await import(bundle);
    return { returned: (await handler(JSON.parse(event), context)) ?? null };
  } catch (error) {
    return { thrown: error.name };
  }
}

invoke().then((result) => {
  const loaded = process.moduleLoadList.filter((each) => /undici|http2|zlib/.test(each));
  process.send({ ...result, loaded, looked: [...looked], requiredBeforeConnecting }, () => process.exit());
});
