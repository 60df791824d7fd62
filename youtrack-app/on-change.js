/** Hints at each change of an issue, and at its deletion. */
const entities = require('@jetbrains/youtrack-scripting-api/entities');
const hint = require('./hint');

const rule = {
  title: 'Tell b24bridge what changed',
  guard: hint.isNews,
  action: hint.send,
  runOn: { change: true, removal: true },
  asyncFunctions: hint.asyncFunctions, // since 2026.2; an older server does not look at it
  requirements: {},
};

exports.rule = entities.Issue.onChange(rule);
