#!/bin/sh
# @tiptap/markdown 3.35.0: a text that is opened and saved is another one. The backtick at the end of
# code runs into its fence, so that the code ends elsewhere; the link around a picture is gone; the
# second line of a heading over two lines becomes a paragraph.
# Needs node and npm. Fails when this behaviour changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --ignore-scripts \
    @tiptap/core@3.35.0 @tiptap/pm@3.35.0 @tiptap/starter-kit@3.35.0 @tiptap/markdown@3.35.0 \
    @tiptap/extension-image@3.35.0 happy-dom@20.0.10 >/dev/null
cat >save.mjs <<'SCRIPT'
import { readFileSync } from "node:fs"
import { Window } from "happy-dom"
const window = new Window()
for (const name of Object.getOwnPropertyNames(window))
  if (!(name in globalThis)) try { globalThis[name] = window[name] } catch {}
globalThis.window = window
const { Editor } = await import("@tiptap/core")
const { default: StarterKit } = await import("@tiptap/starter-kit")
const { default: Image } = await import("@tiptap/extension-image")
const { Markdown } = await import("@tiptap/markdown")
const editor = new Editor({
  element: window.document.createElement("div"),
  extensions: [StarterKit, Image.configure({ inline: true }), Markdown],
})
const kit = JSON.parse(readFileSync("node_modules/@tiptap/markdown/package.json"))
console.log("@tiptap/markdown", kit.version)
for (const text of ["Use ``log --format=`%h` `` or `` ` `` alone.", "[![x](u.png)](https://e.example)", "A heading that\ngoes on\n==="]) {
  editor.commands.setContent(text, { contentType: "markdown" })
  console.log(JSON.stringify(text), "=>", JSON.stringify(editor.getMarkdown()))
}
process.exit(0)
SCRIPT
node save.mjs >output 2>/dev/null
cat output
grep -qF 'Use ``log --format=`%h```  or' output
grep -qF '=> "![x](u.png)"' output
grep -qF '=> "# A heading that\ngoes on' output
