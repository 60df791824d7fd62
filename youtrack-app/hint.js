/**
 * What is said of a change: which issue, what kind of change, when. What the values are now, the bridge
 * reads itself, with its own rights. Nothing here may stop what a user does: whatever goes wrong is
 * logged, and found by the bridge later.
 */
const http = require('@jetbrains/youtrack-scripting-api/http');
const connection = require('./connection');
const { hmac } = require('./hmac');

const TIMEOUT = 1500; // milliseconds that a user may wait, where the server knows no asynchronous requests
const REST = 30000; // milliseconds without requests after a failed one, there

/** By kind of change, what tells it. An older server may lack a property: that kind is then not told apart. */
const KINDS = {
  created: (issue) => issue.becomesReported,
  removed: (issue) => issue.becomesRemoved,
  moved: (issue) => issue.isChanged('project'),
  text: (issue) => issue.isChanged('summary') || issue.isChanged('description'),
  fields: (issue) => Object.keys(issue.fields).some((name) => attempt(() => issue.fields.isChanged(name))),
  comments: (issue) => changed(issue.comments) || issue.editedComments.isNotEmpty(),
  work: (issue) => changed(issue.workItems) || issue.editedWorkItems.isNotEmpty(),
  files: (issue) => changed(issue.attachments),
  tags: (issue) => changed(issue.tags),
  links: (issue) => Object.keys(issue.links).some((name) => attempt(() => changed(issue.links[name]))),
};

let restUntil = 0;

function attempt(look) {
  try {
    return Boolean(look());
  } catch (error) {
    return false;
  }
}

function changed(set) {
  return set.added.isNotEmpty() || set.removed.isNotEmpty();
}

/** @returns {string[]} the kinds of change; `other` where none is told apart, as a sprint's */
function kinds(issue) {
  const names = Object.keys(KINDS).filter((name) => attempt(() => KINDS[name](issue)));
  return names.length ? names : ['other'];
}

/** @returns {string} the hint as JSON: its issue by the readable id, and the time in milliseconds */
function body(ctx, now) {
  return JSON.stringify({
    v: 1,
    app: connection.VERSION,
    at: now,
    issue: String(ctx.issue.id),
    project: String(ctx.issue.project.key),
    kinds: kinds(ctx.issue),
  });
}

function open(message, now) {
  const opened = new http.Connection(connection.ADDRESS, null, TIMEOUT);
  opened.addHeader('Content-Type', 'application/json');
  opened.addHeader('X-B24bridge-Time', String(now));
  opened.addHeader('X-B24bridge-Signature', 'v1=' + hmac(connection.SECRET, now + '.' + message));
  return opened;
}

function report(response) {
  if (!response || !response.isSuccess) {
    const reason = response && (response.code || response.exception);
    console.warn('b24bridge does not answer; it will find the change itself: ' + reason);
    return false;
  }
  return true;
}

/** Whether a change is to be told: of a reported issue, made by anybody but the bridge. */
exports.isNews = (ctx) => {
  const login = ctx.currentUser && ctx.currentUser.login;
  const isPaused = Boolean(ctx.settings && ctx.settings.paused);
  return Boolean(connection.ADDRESS) && !isPaused && login !== connection.ACCOUNT &&
    Boolean(ctx.issue.isReported || ctx.issue.becomesReported || ctx.issue.becomesRemoved);
};

/** Send a hint. It raises nothing. */
exports.send = (ctx) => {
  try {
    const now = Date.now();
    const message = body(ctx, now);
    const opened = open(message, now);
    if (typeof opened.postAsync === 'function') {
      opened.postAsync('', [], message, 'answered');
    } else if (now >= restUntil) {
      restUntil = report(opened.postSync('', [], message)) ? 0 : Date.now() + REST;
    }
  } catch (error) {
    console.warn('b24bridge could not be told; it will find the change itself: ' + error);
  }
};

/** What runs after an asynchronous request. */
exports.asyncFunctions = { answered: (ctx) => report(ctx.response) };
