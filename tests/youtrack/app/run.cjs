// Runs the unpacked app with stubs of the script API that really run its rules. Reads cases as JSON
// from standard input, and writes what each did. Arguments: the app's folder.
const Module = require('node:module');
const path = require('node:path');

const APP = process.argv[2];
const load = Module._load;
let world;

class Set_ {
  constructor(items = [], added = [], removed = []) {
    this.items = items;
    if (added) {
      this.added = new Set_(added, null);
      this.removed = new Set_(removed, null);
    }
  }
  isNotEmpty() { return this.items.length > 0; }
  isEmpty() { return this.items.length === 0; }
  first() { return this.items[0]; }
}

class Connection {
  constructor(url, key, timeout) {
    Object.assign(this, { url, timeout, sent: {} });
    if (world.asynchronous) {
      this.postAsync = (uri, query, payload, name) => this.post(payload, name);
    }
  }
  addHeader(name, value) {
    if (name in this.sent) throw 'a header is added twice';
    this.sent[name] = value;
    return this;
  }
  postSync(uri, query, payload) { return this.post(payload, null); }
  post(payload, callback) {
    if (typeof payload !== 'string') throw 'arrays are not serialised';
    if (world.throws) throw new Error('no route');
    world.posts.push({ url: this.url, timeout: this.timeout, headers: this.sent, body: payload, callback });
    return world.answer;
  }
}

const people = () => Object.fromEntries(
  Object.entries(world.people || {}).map(([login, sees]) => [login, {
    login, isBanned: sees === 'banned', sees: sees === true, hasPermission: () => sees === true,
  }]),
);

class Issue {
  constructor(reporter, project, summary) {
    Object.assign(this, { id: `${project.key}-7`, reporter: reporter.login, summary, extensionProperties: {} });
    world.made.push(this);
  }
  static onChange(rule) { return rule; }
  static findByExtensionProperties(query) {
    return new Set_(world.made.filter((issue) => issue.extensionProperties.b24Key === query.b24Key));
  }
}

const API = {
  '@jetbrains/youtrack-scripting-api/http': { Connection },
  '@jetbrains/youtrack-scripting-api/entities': {
    Issue,
    User: { findByLogin: (login) => people()[login] || null },
  },
};
Module._load = (name, ...rest) => API[name] || load(name, ...rest);
console.warn = (text) => world.warnings.push(String(text));

function issueOf(spec) {
  const changed = new Set(spec.changed || []);
  const set = (name) => new Set_([], (spec.added || {})[name], (spec.removed || {})[name]);
  const issue = {
    id: spec.id || 'SHOP-12',
    project: { key: (spec.id || 'SHOP-12').split('-')[0], team: 'team' in spec ? spec.team : 'SHOP Team' },
    isReported: spec.isReported !== false,
    becomesReported: Boolean(spec.becomesReported),
    becomesRemoved: Boolean(spec.becomesRemoved),
    isChanged: (name) => changed.has(name),
    fields: { State: {}, 'Due Date': null, isChanged: (name) => changed.has(name) },
    comments: set('comments'), workItems: set('workItems'), attachments: set('attachments'), tags: set('tags'),
    editedComments: new Set_(spec.editedComments || []),
    editedWorkItems: new Set_(spec.editedWorkItems || []),
    links: { 'subtask of': set('links') },
    isVisibleTo: (user) => user.sees,
    extensionProperties: {}, written: [],
    addComment(text, author) {
      const comment = { text, author: author.login };
      this.written.push(comment);
      return { permittedGroups: { add: (group) => { comment.groups = [...(comment.groups || []), group]; } } };
    },
  };
  (spec.lacks || []).forEach((name) => delete issue[name]);
  return issue;
}

function change(test) {
  const rule = require(path.join(APP, 'on-change.js')).rule;
  const ctx = {
    issue: issueOf(test.issue || {}), currentUser: { login: test.user || 'ann' }, settings: test.settings || {},
  };
  (test.times || [0]).forEach((at) => {
    Date.now = () => 1700000000000 + at;
    if (rule.guard(ctx)) rule.action(ctx);
  });
  if (test.answered) rule.asyncFunctions.answered({ response: test.answered });
  return { runOn: rule.runOn };
}

function handle(test) {
  const endpoints = require(path.join(APP, 'bridge.js')).httpHandler.endpoints;
  const endpoint = endpoints.find((each) => each.method + ' ' + each.path === test.call);
  const answer = {};
  const ctx = {
    currentUser: { login: test.user || 'bridge' },
    project: { key: 'SHOP' }, issue: issueOf(test.issue || {}),
    request: { json: () => JSON.parse(test.body || '{}') },
    response: { code: 200, json: (body) => { answer.body = body; } },
  };
  (test.times || [0]).forEach(() => endpoint.handle(ctx));
  return { scope: endpoint.scope, code: ctx.response.code, ...answer, written: ctx.issue.written,
    made: world.made.map(({ id, reporter, summary, description, extensionProperties }) =>
      ({ id, reporter, summary, description, extensionProperties })) };
}

function play(test) {
  world = { posts: [], warnings: [], made: [], answer: { isSuccess: true, code: 200 }, ...test.world };
  Object.keys(require.cache).filter((name) => name.startsWith(APP)).forEach((name) => delete require.cache[name]);
  if (test.hmac) return { hmac: require(path.join(APP, 'hmac.js')).hmac(...test.hmac) };
  const done = test.call ? handle(test) : change(test);
  return { ...done, posts: world.posts, warnings: world.warnings };
}

const chunks = [];
process.stdin.on('data', (chunk) => chunks.push(chunk)).on('end', () => {
  process.stdout.write(JSON.stringify(JSON.parse(Buffer.concat(chunks)).map(play)));
});
