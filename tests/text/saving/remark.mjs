// Opens Markdown in remark, which writes that of many web editors, and saves it.
import { remark } from "remark"
import gfm from "remark-gfm"
import { each } from "./texts.mjs"

const editor = remark().use(gfm)
await each(text => String(editor.processSync(text)))
