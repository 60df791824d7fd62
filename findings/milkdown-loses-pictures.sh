#!/bin/sh
# milkdown 7.22.1 (@milkdown/kit with its presets for CommonMark and GFM): every picture without a
# title is gone when a text is opened and saved, `![x](u.png)` as `[![x](u.png)](u)`; a picture with a
# title stays. The title's attribute must be a string there and is null; what fails is left out, and
# only the console says so. Line breaks in HTML go too: `a<br>b` becomes `ab`.
# Needs node and npm. Fails when this behaviour changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --ignore-scripts \
    @milkdown/kit@7.22.1 happy-dom@20.0.10 >/dev/null
cat >save.mjs <<'SCRIPT'
import { readFileSync } from "node:fs"
import { Window } from "happy-dom"
const window = new Window()
for (const name of Object.getOwnPropertyNames(window))
  if (!(name in globalThis)) try { globalThis[name] = window[name] } catch {}
globalThis.window = window
const { Editor, rootCtx } = await import("@milkdown/kit/core")
const { commonmark } = await import("@milkdown/kit/preset/commonmark")
const { gfm } = await import("@milkdown/kit/preset/gfm")
const { getMarkdown, replaceAll } = await import("@milkdown/kit/utils")
const root = window.document.createElement("div")
window.document.body.append(root)
const editor = await Editor.make().config(ctx => ctx.set(rootCtx, root)).use(commonmark).use(gfm).create()
const kit = JSON.parse(readFileSync("node_modules/@milkdown/kit/package.json"))
console.log("@milkdown/kit", kit.version)
for (const text of ["see ![x](u.png) here", '[![x](u.png)](https://e.example)', 'see ![x](u.png "t") here', "a<br>b"]) {
  editor.action(replaceAll(text, true))
  console.log(JSON.stringify(text), "=>", JSON.stringify(editor.action(getMarkdown())))
}
process.exit(0)
SCRIPT
node save.mjs >output 2>errors
cat output
grep -m 1 "attribute title on type image" errors
grep -qF '"see ![x](u.png) here" => "see  here\n"' output
grep -qF '"a<br>b" => "ab\n"' output
