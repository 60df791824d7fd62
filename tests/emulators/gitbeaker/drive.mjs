// Gitbeaker lives through an issue's life and prints what it was answered, as JSON.
import { pathToFileURL } from "node:url";

const [entry, host, token] = process.argv.slice(2);
const { Gitlab } = await import(pathToFileURL(entry));
const api = new Gitlab({ host, token });
const project = 1;

const label = await api.ProjectLabels.create(project, "bug", "#ff0000", { description: "Broken" });
const upload = await api.ProjectMarkdownUploads.create(project, {
  content: new Blob(["\u0089PNG"]),
  filename: "shot.png",
});
const issue = await api.Issues.create(project, "  From Gitbeaker ", {
  description: `Look\r\n${upload.markdown}  `,
  labels: "bug,new one",
  assigneeIds: [2],
  dueDate: "2026-04-01",
});
const edited = await api.Issues.edit(project, issue.iid, {
  addLabels: "third",
  removeLabels: "bug",
  stateEvent: "close",
});
const first = await api.IssueNotes.create(project, issue.iid, "First");
const note = await api.IssueNotes.edit(project, issue.iid, first.id, { body: "First, edited" });
const secret = await api.IssueNotes.create(project, issue.iid, "Among us", { internal: true });
const thread = await api.IssueDiscussions.create(project, issue.iid, "Question");
const notes = await api.IssueNotes.all(project, issue.iid, { sort: "asc", orderBy: "created_at" });
await api.IssueNotes.remove(project, issue.iid, secret.id);
const spent = await api.Issues.addSpentTime(project, issue.iid, "1h 30m", { summary: "Tried" });
const estimate = await api.Issues.addTimeEstimate(project, issue.iid, "2h");
const reset = await api.Issues.resetSpentTime(project, issue.iid);
const other = await api.Issues.create(project, "Other");
const link = await api.IssueLinks.create(project, issue.iid, project, other.iid);
const links = await api.IssueLinks.all(project, other.iid);
await api.IssueLinks.remove(project, other.iid, links[0].issue_link_id);
const pages = await api.Issues.all({ projectId: project, perPage: 1, orderBy: "updated_at" });
const bytes = await (
  await api.ProjectMarkdownUploads.download(project, ...upload.url.split("/").slice(2))
).text();
const moved = await api.Issues.move(project, issue.iid, 2);
await api.Issues.remove(project, other.iid);
let refused = 0;
try {
  await api.Issues.show(other.iid, { projectId: project });
} catch (error) {
  refused = error.cause.response.status;
}
console.log(
  JSON.stringify({
    label, upload, issue, edited, note, secret, thread, notes, spent, estimate, reset, link, links,
    pages: pages.map((each) => each.title), bytes, moved, refused,
  }),
);
