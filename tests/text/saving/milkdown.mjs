// Opens Markdown in milkdown with its presets for CommonMark and GFM, and saves it.
import { browse, each } from "./texts.mjs"

const window = await browse()
const { Editor, rootCtx } = await import("@milkdown/kit/core")
const { commonmark } = await import("@milkdown/kit/preset/commonmark")
const { gfm } = await import("@milkdown/kit/preset/gfm")
const { getMarkdown, replaceAll } = await import("@milkdown/kit/utils")

const root = window.document.createElement("div")
window.document.body.append(root)
const editor = await Editor.make()
  .config(ctx => ctx.set(rootCtx, root))
  .use(commonmark)
  .use(gfm)
  .create()
await each(text => {
  editor.action(replaceAll(text, true))
  return editor.action(getMarkdown())
})
process.exit(0)
