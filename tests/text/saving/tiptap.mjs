// Opens Markdown in tiptap with its own Markdown extension, and saves it.
import { browse, each } from "./texts.mjs"

const window = await browse()
const { Editor } = await import("@tiptap/core")
const { default: StarterKit } = await import("@tiptap/starter-kit")
const { default: Image } = await import("@tiptap/extension-image")
const { TaskItem, TaskList } = await import("@tiptap/extension-list")
const { TableKit } = await import("@tiptap/extension-table")
const { Markdown } = await import("@tiptap/markdown")

const editor = new Editor({
  element: window.document.createElement("div"),
  extensions: [
    StarterKit,
    Image.configure({ inline: true }),
    TaskList,
    TaskItem.configure({ nested: true }),
    TableKit,
    Markdown,
  ],
})
await each(text => {
  editor.commands.setContent(text, { contentType: "markdown" })
  return editor.getMarkdown()
})
process.exit(0)
