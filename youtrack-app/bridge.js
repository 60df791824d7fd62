/**
 * Writes of the bridge that the REST API cannot make: in the name of who wrote in Bitrix24. Only the
 * bridge's account may call. An issue is created once for the key that the bridge gives it; a comment
 * has its key in its text, by which the bridge finds it again.
 */
const entities = require('@jetbrains/youtrack-scripting-api/entities');
const connection = require('./connection');

class Refusal extends Error {
  constructor(code, error, message) {
    super(message);
    this.code = code;
    this.error = error;
  }
}

/** @returns what answers a request with JSON, and refuses whoever is not the bridge */
function answering(write) {
  return (ctx) => {
    try {
      if (!ctx.currentUser || ctx.currentUser.login !== connection.ACCOUNT) {
        throw new Refusal(403, 'not_the_bridge', 'Only the account ' + connection.ACCOUNT + ' may ask for this');
      }
      ctx.response.json(write(ctx));
    } catch (error) {
      if (!(error instanceof Refusal)) {
        throw error;
      }
      ctx.response.code = error.code;
      ctx.response.json({ error: error.error, error_description: error.message });
    }
  };
}

function text(value, name) {
  if (typeof value !== 'string' || !value.trim()) {
    throw new Refusal(400, 'no_' + name, 'The request has no ' + name);
  }
  return value;
}

/** @returns the user of a login who may see what is written. Throws Refusal. */
function person(login, sees) {
  const user = entities.User.findByLogin(text(login, 'author'));
  if (!user || user.isBanned) {
    throw new Refusal(422, 'no_such_person', 'There is no active user ' + login);
  }
  if (!sees(user)) {
    throw new Refusal(422, 'not_in_the_project', login + ' may not create issues here, or see this one');
  }
  return user;
}

function createIssue(ctx) {
  const asked = ctx.request.json();
  const key = text(asked.key, 'key');
  const earlier = entities.Issue.findByExtensionProperties({ b24Key: key });
  if (earlier.isNotEmpty()) {
    return { id: String(earlier.first().id), created: false };
  }
  const reporter = person(asked.author, (user) => user.hasPermission('CREATE_ISSUE', ctx.project));
  const issue = new entities.Issue(reporter, ctx.project, text(asked.summary, 'summary'));
  issue.description = asked.description || null;
  issue.extensionProperties.b24Key = key;
  issue.extensionProperties.b24Task = asked.task ? String(asked.task) : null;
  return { id: String(issue.id), created: true };
}

function addComment(ctx) {
  const asked = ctx.request.json();
  const author = person(asked.author, (user) => ctx.issue.isVisibleTo(user));
  ctx.issue.addComment(text(asked.text, 'text'), author);
  return { issue: String(ctx.issue.id) };
}

/** Write a comment that the project's team alone sees. Throws Refusal where the project shows no team. */
function addInternalComment(ctx) {
  const asked = ctx.request.json();
  const author = person(asked.author, (user) => ctx.issue.isVisibleTo(user));
  const words = text(asked.text, 'text');
  const team = ctx.issue.project.team;
  if (!team) {
    throw new Refusal(422, 'no_team', 'The project has no team that could see the comment');
  }
  ctx.issue.addComment(words, author).permittedGroups.add(team);
  return { issue: String(ctx.issue.id) };
}

function setTask(ctx) {
  const asked = ctx.request.json();
  ctx.issue.extensionProperties.b24Task = asked.task ? String(asked.task) : null;
  return { issue: String(ctx.issue.id), task: ctx.issue.extensionProperties.b24Task };
}

function about(ctx) {
  return { app: connection.VERSION, project: String(ctx.project.key), account: connection.ACCOUNT };
}

exports.httpHandler = {
  endpoints: [
    { scope: 'PROJECT', method: 'GET', path: 'about', handle: answering(about) },
    { scope: 'PROJECT', method: 'POST', path: 'issue', handle: answering(createIssue) },
    { scope: 'ISSUE', method: 'POST', path: 'comment', handle: answering(addComment) },
    { scope: 'ISSUE', method: 'POST', path: 'internal', handle: answering(addInternalComment) },
    { scope: 'ISSUE', method: 'POST', path: 'task', handle: answering(setTask) },
  ],
};
